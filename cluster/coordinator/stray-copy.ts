import type { ObjectBytes } from '../version/codec.js';
import { highestCounter } from '../version/encoded.js';
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';
import type { Coordination } from './coordination.js';

/**
 * Whether the primaries may have deleted the key, and forgotten that, since a fallback came to hold this copy. Handing it to
 * them would bring the key back; what they lack of it for another reason is the orphan sweep's to find out.
 */
export function mayBeForgotten(node: Coordination, copy: ObjectBytes): boolean {
  return node.world.clock.nowMs() - highestCounter(copy) / COUNTERS_PER_MS > node.strayCopyMaxMs;
}
