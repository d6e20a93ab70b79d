/** What may be forgotten. Pure; a record's note may follow the object's bytes. */
import {
  type ObjectBytes,
  SIBLING_HEADER_BYTES,
  siblingExpiryMs,
  siblingIsTombstone,
  siblingValueBytes,
} from '../version/codec.js';
import { highestCounter, newestLiveSibling, siblingCount, siblingsOffset } from '../version/encoded.js';
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';

/**
 * How old a deletion must be, by this node's clock, before it is reaped: the grace, and what may lie between this clock,
 * that of the writer, and that of a node which finds out that it was away for as long as the grace.
 */
export function reapingAgeMs(graceMs: number, clockDriftMaxMs: number): number {
  return graceMs + 2 * clockDriftMaxMs;
}

/** What a client would find: nothing, as all siblings are tombstones (`deleted`) or some of them have expired. */
export function fateOf(object: ObjectBytes, nowMs: number): 'live' | 'deleted' | 'expired' {
  if (newestLiveSibling(object, nowMs) >= 0) return 'live';
  // At time 0 nothing has expired.
  return newestLiveSibling(object, 0) >= 0 ? 'expired' : 'deleted';
}

/**
 * Whether nothing is left of the object but tombstones and expired siblings, and all that it knows of (the writes in its
 * clock, which are times, and the expiries) is older than `ageMs`.
 */
export function isReapable(object: ObjectBytes, nowMs: number, ageMs: number): boolean {
  const beforeMs = nowMs - ageMs;
  if (highestCounter(object) >= beforeMs * COUNTERS_PER_MS) return false;
  let at = siblingsOffset(object);
  for (let left = siblingCount(object); left > 0; left--) {
    const expiryMs = siblingExpiryMs(object, at);
    if (!siblingIsTombstone(object, at) && (expiryMs === 0 || expiryMs >= beforeMs)) return false;
    at += SIBLING_HEADER_BYTES + siblingValueBytes(object, at);
  }
  return true;
}
