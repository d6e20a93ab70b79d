/**
 * HOT PATH. What a flush of a database leaves of an object: the siblings whose counters are above its watermark. The clock
 * stays as it is. An object of which no sibling is left is not there any more.
 *
 * The newest sibling of an object has the highest counter of its clock: whoever superseded a write had observed its counter.
 * So an object without siblings left names nothing but writes that the flush has done away with, and to forget it whole
 * forgets nothing that a merge could need. That is why this commutes with `join` (a property test says so).
 *
 * A counter goes with the write that it counts from: increments that were taken on a flushed value by a node that did not know
 * of the flush would bring that value back. Nothing that is left can have been superseded by one, since an increment counts
 * from the newest write that it has seen.
 */
import { ACTOR_BYTES } from './actor.js';
import { type ObjectBytes, SIBLING_HEADER_BYTES, siblingIsCounter } from './codec.js';
import { epochCounterIn } from './counter.js';
import { objectLength, siblingCount, siblingEnd, siblingsOffset } from './encoded.js';
import { readU64 } from './words.js';

/** Whether all of the object was written before the flush: no sibling is above the watermark `upTo`. */
export function isFlushed(object: ObjectBytes, upTo: number): boolean {
  const count = siblingCount(object);
  if (count === 0) return false;
  let at = siblingsOffset(object);
  // Siblings are ordered newest first.
  if (counterAt(object, at) <= upTo) return true;
  for (let left = count; left > 0; left--) {
    if (!isGone(object, at, upTo)) return false;
    at = siblingEnd(object, at);
  }
  return true;
}

/**
 * The object without the siblings up to the watermark: itself where all are above it, undefined where none is, else a new
 * one. What follows the object's bytes (the note of a record) follows those of the new one too.
 */
export function survivorsOf(object: ObjectBytes, upTo: number): ObjectBytes | undefined {
  const count = siblingCount(object);
  let at = siblingsOffset(object);
  let gone = 0;
  for (let left = count; left > 0; left--) {
    if (isGone(object, at, upTo)) gone++;
    at = siblingEnd(object, at);
  }
  if (gone === 0) return object;
  return gone === count ? undefined : without(object, upTo, count - gone);
}

/** The `kept` siblings that are not gone, in their order. */
function without(object: ObjectBytes, upTo: number, kept: number): ObjectBytes {
  let at = siblingsOffset(object);
  const parts = [object.subarray(0, at)];
  for (let left = siblingCount(object); left > 0; left--) {
    const end = siblingEnd(object, at);
    if (!isGone(object, at, upTo)) parts.push(object.subarray(at, end));
    at = end;
  }
  const cut = Buffer.concat([...parts, object.subarray(objectLength(object))]);
  cut.writeUInt16LE(kept, 2);
  return cut;
}

/** Whether a flush has done away with the sibling. */
function isGone(object: ObjectBytes, sibling: number, upTo: number): boolean {
  if (counterAt(object, sibling) <= upTo) return true;
  return siblingIsCounter(object, sibling) && epochCounterIn(object, sibling + SIBLING_HEADER_BYTES) < upTo;
}

function counterAt(object: ObjectBytes, sibling: number): number {
  return readU64(object, sibling + ACTOR_BYTES);
}
