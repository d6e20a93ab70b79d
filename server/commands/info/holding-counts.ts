/** How many partitions nodes hold, and how many are on their way, as far as this node has heard. */
import type { Member, Membership } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';

/** Of one node. A partition counts where it is so for the keys of some keyspace. */
export interface HoldingCounts {
  /** Partitions whose token it has: its share of the ring. */
  readonly tokens: number;
  readonly held: number;
  /** It is to be a primary of them, and does not hold them yet. */
  readonly toReceive: number;
  /** It holds them and is to be a primary no longer. */
  readonly toHandOver: number;
}

/** Of each of these nodes. `ns`: the N of the keyspaces, each once. */
export function holdingCounts(
  membership: Membership,
  nodes: readonly Member[],
  ns: readonly number[],
): Map<NodeId, HoldingCounts> {
  const ring = membership.ring();
  const memberCount = membership.members().length;
  const nMax = Math.min(Math.max(0, ...ns), memberCount);
  const counts = new Map(nodes.map(({ id }) => [id, { tokens: 0, held: 0, toReceive: 0, toHandOver: 0 }]));
  for (let index = 0; index < ring.partitionCount; index++) {
    const partition = index as Partition;
    const wanted = ring.firstOf(partition, nMax);
    for (const [id, count] of counts) {
      const place = wanted.indexOf(id);
      let isHeld = false;
      let isToCome = false;
      let isToGo = false;
      for (const n of ns) {
        const isWanted = place >= 0 && place < n;
        const holds = membership.holds(id, partition, n);
        isHeld ||= holds;
        isToCome ||= isWanted && !holds;
        isToGo ||= holds && !isWanted;
      }
      if (isHeld) count.held++;
      if (isToCome) count.toReceive++;
      if (isToGo) count.toHandOver++;
    }
  }
  for (const owner of ring.owners) {
    const count = counts.get(owner);
    if (count !== undefined) count.tokens++;
  }
  return counts;
}
