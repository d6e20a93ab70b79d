import type { NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';

/** A node that founded the cluster and has said nothing yet is presumed to hold what the founders' ring makes it a primary of. */
export function isPresumedToHold(ring: Ring, id: NodeId, partition: Partition, n: number): boolean {
  const list = ring.preferenceList(partition);
  for (let place = 0; place < n && place < list.length; place++) if (list[place] === id) return true;
  return false;
}
