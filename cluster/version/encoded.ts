/**
 * HOT PATH. What a put, a merge and a read need of an object, done on its bytes without decoding it. The common cases
 * (one sibling, few clock entries) allocate at most the result; the rest goes through the model in `object.ts`.
 */
import { ACTOR_BYTES } from './actor.js';
import {
  CLOCK_ENTRY_BYTES,
  decodeObject,
  encodeObject,
  FORMAT,
  flagsOf,
  OBJECT_HEADER_BYTES,
  type ObjectBytes,
  SIBLING_HEADER_BYTES,
  siblingExpiryMs,
  siblingIsCounter,
  siblingIsTombstone,
  siblingValueBytes,
  writeSiblingHeader,
} from './codec.js';
import { join } from './object.js';
import { copyShort, readU64, readWord, writeU64 } from './words.js';

/** What a coordinator writes. */
export interface Written {
  readonly tombstone: boolean;
  /** Whether `value` is a counter (`counter.ts`). */
  readonly isCounter?: boolean;
  /** Absolute, ms since 1970; 0: never. */
  readonly expiryMs: number;
  readonly value: Uint8Array;
}

/** Offset of the first sibling. */
export function siblingsOffset(object: ObjectBytes): number {
  return OBJECT_HEADER_BYTES + object[1] * CLOCK_ENTRY_BYTES;
}

export function siblingCount(object: ObjectBytes): number {
  return object[2] | (object[3] << 8);
}

/** Length of the object alone, without what follows it. */
export function objectLength(object: ObjectBytes): number {
  let at = siblingsOffset(object);
  for (let left = siblingCount(object); left > 0; left--) at += SIBLING_HEADER_BYTES + siblingValueBytes(object, at);
  return at;
}

/**
 * Offset of the sibling that a plain read at `nowMs` shows; -1 where there is none. With `newestDecides` it is the newest or
 * nothing: what was deleted or has expired does not give way to what it was written after.
 */
export function shownSibling(object: ObjectBytes, nowMs: number, newestDecides: boolean): number {
  const at = newestLiveSibling(object, nowMs);
  return newestDecides && at !== siblingsOffset(object) ? -1 : at;
}

/** Offset of the newest sibling that is live at `nowMs`; -1 where there is none. */
export function newestLiveSibling(object: ObjectBytes, nowMs: number): number {
  let at = siblingsOffset(object);
  for (let left = siblingCount(object); left > 0; left--) {
    if (!siblingIsTombstone(object, at)) {
      const expiryMs = siblingExpiryMs(object, at);
      if (expiryMs === 0 || expiryMs > nowMs) return at;
    }
    at += SIBLING_HEADER_BYTES + siblingValueBytes(object, at);
  }
  return -1;
}

/** Where the sibling after the one at `offset` begins. */
export function siblingEnd(object: ObjectBytes, offset: number): number {
  return offset + SIBLING_HEADER_BYTES + siblingValueBytes(object, offset);
}

/** Where the value of the sibling at `offset` begins, as clients read it. */
export function shownValueStart(object: ObjectBytes, offset: number): number {
  return offset + SIBLING_HEADER_BYTES + (siblingIsCounter(object, offset) ? 1 : 0);
}

/** How long the value of the sibling at `offset` is, as clients read it: a counter begins with its text. */
export function shownValueBytes(object: ObjectBytes, offset: number): number {
  return siblingIsCounter(object, offset) ? object[offset + SIBLING_HEADER_BYTES] : siblingValueBytes(object, offset);
}

/** The value of the sibling at `offset` as clients read it: a slice of the object. */
export function siblingValue(object: ObjectBytes, offset: number): Buffer {
  const start = shownValueStart(object, offset);
  return object.subarray(start, start + shownValueBytes(object, offset));
}

/** The highest counter in the clock: how far ahead of us the writer's clock is, at most. */
export function highestCounter(object: ObjectBytes): number {
  let highest = 0;
  const end = siblingsOffset(object);
  for (let at = OBJECT_HEADER_BYTES + ACTOR_BYTES; at < end; at += CLOCK_ENTRY_BYTES) {
    const counter = readU64(object, at);
    if (counter > highest) highest = counter;
  }
  return highest;
}

export function clockEntryCount(object: ObjectBytes): number {
  return object[1];
}

/** Whether the clock has an entry of this actor (8 bytes). */
export function clockHasActor(object: ObjectBytes, actor: Buffer): boolean {
  return findActor(object, actor) >= 0;
}

/**
 * The object after a put whose context is all that `current` has seen: one sibling, and the clock of `current` with the
 * new dot in it.
 */
export function encodeReplacing(
  current: ObjectBytes | undefined,
  actor: Buffer,
  counter: number,
  written: Written,
): ObjectBytes {
  const known = current === undefined ? -1 : findActor(current, actor);
  const entries = (current === undefined ? 0 : clockEntryCount(current)) + (known < 0 ? 1 : 0);
  const siblingAt = OBJECT_HEADER_BYTES + entries * CLOCK_ENTRY_BYTES;
  const { value } = written;
  const bytes = Buffer.allocUnsafe(siblingAt + SIBLING_HEADER_BYTES + value.length);
  bytes[0] = FORMAT;
  bytes[1] = entries;
  bytes[2] = 1;
  bytes[3] = 0;
  if (current === undefined) {
    copyShort(actor, 0, bytes, OBJECT_HEADER_BYTES, ACTOR_BYTES);
    writeU64(bytes, OBJECT_HEADER_BYTES + ACTOR_BYTES, counter);
  } else if (known >= 0) {
    copyShort(current, OBJECT_HEADER_BYTES, bytes, OBJECT_HEADER_BYTES, siblingAt - OBJECT_HEADER_BYTES);
    writeU64(bytes, known + ACTOR_BYTES, counter);
  } else {
    const at = insertionPoint(current, actor);
    copyShort(current, OBJECT_HEADER_BYTES, bytes, OBJECT_HEADER_BYTES, at - OBJECT_HEADER_BYTES);
    copyShort(actor, 0, bytes, at, ACTOR_BYTES);
    writeU64(bytes, at + ACTOR_BYTES, counter);
    copyShort(current, at, bytes, at + CLOCK_ENTRY_BYTES, siblingAt - CLOCK_ENTRY_BYTES - at);
  }
  writeSiblingHeader(bytes, siblingAt, actor, counter, flagsOf(written), written.expiryMs, value.length);
  bytes.set(value, siblingAt + SIBLING_HEADER_BYTES);
  return bytes;
}

/**
 * Merges two objects (`join` of the model). Answers `local` itself where `incoming` adds nothing, `incoming` itself where
 * it supersedes or equals all of `local`, else a new object without tail.
 */
export function joinBytes(local: ObjectBytes, incoming: ObjectBytes): ObjectBytes {
  if (siblingCount(local) === 1 && siblingCount(incoming) === 1) {
    const localAt = siblingsOffset(local);
    const incomingAt = siblingsOffset(incoming);
    const sameDot = dotsEqual(local, localAt, incoming, incomingAt);
    if (clockCovers(incoming, local) && (sameDot || !hasSeenDot(local, incoming, incomingAt))) {
      return sameDot && clockCovers(local, incoming) ? local : incoming;
    }
    if (clockCovers(local, incoming) && (sameDot || !hasSeenDot(incoming, local, localAt))) return local;
  }
  const joined = encodeObject(join(decodeObject(local), decodeObject(incoming)));
  const { length } = joined;
  if (objectLength(local) === length && local.compare(joined, 0, length, 0, length) === 0) return local;
  if (objectLength(incoming) === length && incoming.compare(joined, 0, length, 0, length) === 0) return incoming;
  return joined;
}

/** Whether two objects are the same, whatever follows them. */
export function sameObject(a: ObjectBytes, b: ObjectBytes): boolean {
  const length = objectLength(a);
  return objectLength(b) === length && a.compare(b, 0, length, 0, length) === 0;
}

/**
 * 32 bits (MurmurHash3) of what tells versions apart: the clock and the dots, not the values. Two replicas that differ
 * have the same fingerprint once in 2^32; then a read takes the other replica for equal, this once.
 */
export function versionFingerprint(object: ObjectBytes): number {
  let hash = siblingCount(object) | (clockEntryCount(object) << 16);
  let at = OBJECT_HEADER_BYTES;
  const clockEnd = siblingsOffset(object);
  for (; at < clockEnd; at += 4) hash = mixWord(hash, readWord(object, at));
  for (let left = siblingCount(object); left > 0; left--) {
    hash = mixWord(hash, readWord(object, at));
    hash = mixWord(hash, readWord(object, at + 4));
    hash = mixWord(hash, readWord(object, at + 8));
    hash = mixWord(hash, readWord(object, at + 12));
    at += SIBLING_HEADER_BYTES + siblingValueBytes(object, at);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  // 0 is kept for "holds nothing".
  return (hash ^ (hash >>> 16)) >>> 0 || 1;
}

function mixWord(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function findActor(object: ObjectBytes, actor: Buffer): number {
  const low = readWord(actor, 0);
  const high = readWord(actor, 4);
  const end = siblingsOffset(object);
  for (let at = OBJECT_HEADER_BYTES; at < end; at += CLOCK_ENTRY_BYTES) {
    if (readWord(object, at) === low && readWord(object, at + 4) === high) return at;
  }
  return -1;
}

function insertionPoint(object: ObjectBytes, actor: Buffer): number {
  const end = siblingsOffset(object);
  let at = OBJECT_HEADER_BYTES;
  while (at < end && object.compare(actor, 0, ACTOR_BYTES, at, at + ACTOR_BYTES) < 0) at += CLOCK_ENTRY_BYTES;
  return at;
}

function sameActor(a: Buffer, aAt: number, b: Buffer, bAt: number): boolean {
  return readWord(a, aAt) === readWord(b, bAt) && readWord(a, aAt + 4) === readWord(b, bAt + 4);
}

function dotsEqual(a: Buffer, aAt: number, b: Buffer, bAt: number): boolean {
  return (
    sameActor(a, aAt, b, bAt) &&
    readWord(a, aAt + 8) === readWord(b, bAt + 8) &&
    readWord(a, aAt + 12) === readWord(b, bAt + 12)
  );
}

/** Whether the clock of `object` has seen the dot that stands at `dotAt` in `bytes`. */
function hasSeenDot(object: ObjectBytes, bytes: Buffer, dotAt: number): boolean {
  const end = siblingsOffset(object);
  for (let at = OBJECT_HEADER_BYTES; at < end; at += CLOCK_ENTRY_BYTES) {
    if (sameActor(object, at, bytes, dotAt)) {
      return readU64(object, at + ACTOR_BYTES) >= readU64(bytes, dotAt + ACTOR_BYTES);
    }
  }
  return false;
}

/** Whether the clock of `a` includes that of `b`. */
function clockCovers(a: ObjectBytes, b: ObjectBytes): boolean {
  const end = siblingsOffset(b);
  for (let at = OBJECT_HEADER_BYTES; at < end; at += CLOCK_ENTRY_BYTES) if (!hasSeenDot(a, b, at)) return false;
  return true;
}
