/**
 * A record is what a replica keeps of a key: the object, then the note, which is never replicated or hashed.
 *
 * ```
 *   0                 length - 8         length
 *   +-----------------+------------------+
 *   | object          | actor, 8 bytes   |     the actor under which this node has held the key without a gap
 *   +-----------------+------------------+
 * ```
 */
import { ACTOR_BYTES } from '../version/actor.js';
import { objectFault, siblingExpiryMs } from '../version/codec.js';
import { newestLiveSibling } from '../version/encoded.js';
import { copyShort, readWord } from '../version/words.js';

export const RECORD_NOTE_BYTES = ACTOR_BYTES;

/** Life is the first six bytes of an actor, the epoch the last two. */
const HIGH_OFFSET = 4;

/** Whether the note of `record` is of the life of `actor`: the node has held the key ever since. */
export function noteIsOfLife(record: Buffer, actor: Buffer): boolean {
  const at = record.length - RECORD_NOTE_BYTES;
  return (
    readWord(record, at) === readWord(actor, 0) &&
    record[at + HIGH_OFFSET] === actor[HIGH_OFFSET] &&
    record[at + HIGH_OFFSET + 1] === actor[HIGH_OFFSET + 1]
  );
}

/** Whether the note of `record` is `actor` itself. */
export function noteIsActor(record: Buffer, actor: Buffer): boolean {
  const at = record.length - RECORD_NOTE_BYTES;
  return (
    readWord(record, at) === readWord(actor, 0) && readWord(record, at + HIGH_OFFSET) === readWord(actor, HIGH_OFFSET)
  );
}

/** The note of `record`: a slice of it. */
export function noteOf(record: Buffer): Buffer {
  return record.subarray(record.length - RECORD_NOTE_BYTES);
}

/** Writes the note of `record`: that of the record it replaces (perhaps the same memory) while that is of `actor`'s life, else `actor`. */
export function fillNote(record: Buffer, replaced: Buffer | undefined, actor: Buffer): void {
  const at = record.length - RECORD_NOTE_BYTES;
  const kept = replaced !== undefined && noteIsOfLife(replaced, actor);
  const note = kept ? replaced : actor;
  const from = kept ? replaced.length - RECORD_NOTE_BYTES : 0;
  copyShort(note, from, record, at, RECORD_NOTE_BYTES);
}

/** How a key counts: nothing but tombstones, there, there and with an expiry. Expiry is left to reads and the reaper. */
export type Standing = typeof DEAD | typeof LIVE | typeof EXPIRING;
export const DEAD = 0;
export const LIVE = 1;
export const EXPIRING = 2;

export function standingOf(record: Buffer): Standing {
  const at = newestLiveSibling(record, 0);
  if (at < 0) return DEAD;
  return siblingExpiryMs(record, at) === 0 ? LIVE : EXPIRING;
}

/** Whether the key counts as there: some sibling is no tombstone. */
export function isLiveRecord(record: Buffer): boolean {
  return newestLiveSibling(record, 0) >= 0;
}

/** Why `record`, read from a store, is not one; undefined if it is. */
export function recordFault(record: Buffer): string | undefined {
  if (record.length < RECORD_NOTE_BYTES) return 'shorter than a note';
  return objectFault(record.subarray(0, record.length - RECORD_NOTE_BYTES));
}
