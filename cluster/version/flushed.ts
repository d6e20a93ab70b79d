/**
 * HOT PATH. What a flush of a database leaves of an object: the siblings whose counters are above its watermark. The clock
 * stays as it is. An object of which no sibling is left is not there any more.
 *
 * The newest sibling of an object has the highest counter of its clock: whoever superseded a write had observed its counter.
 * So an object without siblings left names nothing but writes that the flush has done away with, and to forget it whole
 * forgets nothing that a merge could need. That is why this commutes with `join` (a property test says so).
 */
import { ACTOR_BYTES } from './actor.js';
import { type ObjectBytes, SIBLING_HEADER_BYTES, siblingValueBytes } from './codec.js';
import { objectLength, siblingCount, siblingsOffset } from './encoded.js';
import { readU64 } from './words.js';

/** Whether all of the object was written before the flush: no sibling is above the watermark `upTo`. */
export function isFlushed(object: ObjectBytes, upTo: number): boolean {
  // Siblings are ordered newest first.
  return siblingCount(object) > 0 && counterAt(object, siblingsOffset(object)) <= upTo;
}

/**
 * The object without the siblings up to the watermark: itself where all are above it, undefined where none is, else a new
 * one. What follows the object's bytes (the note of a record) follows those of the new one too.
 */
export function survivorsOf(object: ObjectBytes, upTo: number): ObjectBytes | undefined {
  const count = siblingCount(object);
  let at = siblingsOffset(object);
  for (let kept = 0; kept < count; kept++) {
    if (counterAt(object, at) <= upTo) return kept === 0 ? undefined : cutTo(object, kept, at);
    at += SIBLING_HEADER_BYTES + siblingValueBytes(object, at);
  }
  return object;
}

/** The first `kept` siblings, which end at `end`. */
function cutTo(object: ObjectBytes, kept: number, end: number): ObjectBytes {
  const tailAt = objectLength(object);
  const cut = Buffer.allocUnsafe(end + object.length - tailAt);
  object.copy(cut, 0, 0, end);
  object.copy(cut, end, tailAt);
  cut.writeUInt16LE(kept, 2);
  return cut;
}

function counterAt(object: ObjectBytes, sibling: number): number {
  return readU64(object, sibling + ACTOR_BYTES);
}
