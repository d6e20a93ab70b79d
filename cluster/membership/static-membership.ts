/** A cluster whose members are a fixed list that every node reads from its configuration. */
import assert from 'node:assert';
import { claim } from '../ring/claim.js';
import { type NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Member, Membership } from './membership.js';
import { nodeIdOf } from './node-id.js';
import { normalHost } from './peer-text.js';
import { isPresumedToHold } from './presumed.js';

export { nodeIdOf } from './node-id.js';
export { type PeerText, parsePeer } from './peer-text.js';

/** A node as a fixed list knows it. */
export interface ListedNode {
  readonly host: string;
  /** For clients (RESP). */
  readonly port: number;
  readonly peerPort: number;
  readonly zone?: string;
}

/**
 * Why these can't be one cluster; undefined when they can. Zones shape the ring, on which all nodes must agree: with
 * zones each node must be in the list, with the same zone in the list of every node.
 */
export function peerListFault(self: ListedNode, peers: readonly ListedNode[]): string | undefined {
  const ports = new Map<string, number>([[addressOf(self), self.port]]);
  for (const peer of peers) {
    const other = ports.get(addressOf(peer));
    if (other !== undefined && other !== peer.port)
      return `${addressOf(peer)} is named with the ports ${other} and ${peer.port}`;
    ports.set(addressOf(peer), peer.port);
  }
  return peers.length === 0 ? undefined : zoneFault(self, peers);
}

function zoneFault(self: ListedNode, peers: readonly ListedNode[]): string | undefined {
  const zones = new Map<string, string>();
  for (const peer of peers) {
    const zone = peer.zone ?? '';
    const other = zones.get(addressOf(peer)) ?? zone;
    if (other !== zone) return `${addressOf(peer)} is named with the zones '${other}' and '${zone}'`;
    zones.set(addressOf(peer), zone);
  }
  const listed = zones.get(addressOf(self));
  const own = self.zone ?? '';
  if (listed === undefined && (own !== '' || [...zones.values()].some((zone) => zone !== '')))
    return `a list with zones must name this node too: ${addressOf(self)}`;
  if (listed !== undefined && own !== '' && own !== listed)
    return `this node is in the zone '${own}', and in '${listed}' by the list`;
  return undefined;
}

function addressOf({ host, peerPort }: ListedNode): string {
  return `${normalHost(host)}:${peerPort}`;
}

export class StaticMembership implements Membership {
  readonly self: Member;
  readonly #members: readonly Member[];
  readonly #ring: Ring;

  /**
   * @param peers all nodes, in any order; `self` may be among them. Throws where `peerListFault` has a reason.
   * @param partitionCount the same on every node: a power of two
   */
  constructor(self: ListedNode, peers: readonly ListedNode[], partitionCount: number) {
    const fault = peerListFault(self, peers);
    assert(fault === undefined, fault);
    const byId = new Map<NodeId, Member>();
    // What the list says of this node comes last: it may name the zone.
    for (const listed of [self, ...peers]) {
      const member = memberOf(listed);
      byId.set(member.id, member);
    }
    this.#members = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.self = byId.get(nodeIdOf(self.host, self.peerPort)) ?? memberOf(self);
    this.#ring = new Ring(claim(partitionCount, this.#members), this.#members);
  }

  members(): readonly Member[] {
    return this.#members;
  }

  nodes(): readonly Member[] {
    return this.#members;
  }

  ring(): Ring {
    return this.#ring;
  }

  /** Each node is presumed to hold what the ring makes it a primary of. */
  holds(id: NodeId, partition: Partition, n: number): boolean {
    return isPresumedToHold(this.#ring, id, partition, n);
  }

  onChange(): void {
    // A fixed list never changes.
  }
}

function memberOf(listed: ListedNode): Member {
  const host = normalHost(listed.host);
  return {
    id: nodeIdOf(host, listed.peerPort),
    host,
    port: listed.port,
    peerPort: listed.peerPort,
    zone: listed.zone ?? '',
    weight: 1,
  };
}
