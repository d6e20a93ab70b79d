/**
 * What must come true of the membership by itself once nobody comes or goes: all nodes name the same members, on the same
 * ring; each partition is held by its primaries and by nobody else, as every node has heard; and nothing is on its way.
 */
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import type { Membership } from '../../cluster/membership/membership.js';
import type { Partition } from '../../cluster/ring/slots.js';
import type { Cluster } from './cluster.js';

/** What is not so yet; empty: all is. */
export function membershipLeft(cluster: Cluster, rows: readonly KeyspaceRow[]): string[] {
  const left: string[] = [];
  const hosts = hostsIn(cluster.machines);
  const ring = cluster.membership().ring();
  const ns = new Set(rows.map(({ n }) => n));
  for (const { host, node } of cluster.machines) {
    if (node === undefined) {
      left.push(`not open: ${host}`);
      continue;
    }
    const { membership } = node;
    const known = hostsIn(membership.nodes());
    if (known !== hosts) left.push(`other members: ${host} knows of ${known}, and there are ${hosts}`);
    const differs = membership.ring().owners.some((id, partition) => id !== ring.owners[partition]);
    if (differs) left.push(`another ring: ${host}`);
    const { receiving = 0, retiring = 0, clearing = 0 } = node.transfer?.figures() ?? {};
    if (receiving + retiring + clearing > 0)
      left.push(`on its way: ${host} receives ${receiving}, retires from ${retiring}, clears ${clearing}`);
    for (const n of ns) left.push(...heldWrongly(membership, n).map((what) => `${what}, says ${host}`));
  }
  return left;
}

function heldWrongly(membership: Membership, n: number): string[] {
  const wrong: string[] = [];
  const ring = membership.ring();
  for (let i = 0; i < ring.partitionCount; i++) {
    const partition = i as Partition;
    const wanted = ring.firstOf(partition, n);
    for (const { id, host } of membership.nodes()) {
      const holds = membership.holds(id, partition, n);
      if (holds === wanted.includes(id)) continue;
      wrong.push(`held wrongly: ${host} ${holds ? 'holds' : 'does not hold'} partition ${partition} of N = ${n}`);
    }
  }
  return wrong;
}

function hostsIn(nodes: readonly { readonly host: string }[]): string {
  return nodes
    .map(({ host }) => host)
    .sort()
    .join(' ');
}
