import type { NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';

/** A node that founded the cluster and has said nothing yet is presumed to hold what the founders' ring makes it a primary of. */
export function isPresumedToHold(ring: Ring, id: NodeId, partition: Partition, n: number): boolean {
  return ring.firstOf(partition, n).includes(id);
}
