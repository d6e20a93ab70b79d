/**
 * The bytes of an object, on the wire and on disk alike. Little-endian; append-only: a new layout is a new format byte.
 *
 * ```
 *   0      1      2          4
 *   +------+------+----------+---------------------------+-----------------------------
 *   |format|  V   |  S  u16  | V × clock entry           | S × sibling
 *   +------+------+----------+---------------------------+-----------------------------
 *   clock entry:  actor 8 bytes | counter u64                                  ordered by actor
 *   sibling:      actor 8 bytes | counter u64 | flags u8 | expiry u64 ms | length u32 | value    newest first
 *   flags:        bit 0 tombstone, bit 1 the value is a counter (counter.ts); never both
 * ```
 *
 * The order makes the bytes canonical: two replicas hold the same object if and only if they hold the same bytes.
 */
import assert from 'node:assert';
import { ACTOR_BYTES, type ActorId, readActor } from './actor.js';
import { counterFault } from './counter.js';
import { newerDotFirst, type Sibling, type VersionedObject, type VersionVector } from './object.js';
import { copyShort, readU32, readU64, readWord, writeU32, writeU64 } from './words.js';

/** An encoded object that begins at offset 0. Bytes may follow it (a stored record's note does). */
export type ObjectBytes = Buffer;

export const FORMAT = 1;
export const OBJECT_HEADER_BYTES = 4;
export const CLOCK_ENTRY_BYTES = 16;
export const SIBLING_HEADER_BYTES = 29;
export const FLAG_TOMBSTONE = 1;
const FLAG_COUNTER = 2;
const CLOCK_ENTRIES_MAX = 255;
const SIBLINGS_MAX = 65_535;

const FLAGS_OFFSET = 16;
const EXPIRY_OFFSET = 17;
const LENGTH_OFFSET = 25;
/** The high word of the largest u64 that a number holds exactly. */
const SAFE_HIGH_WORD_MAX = 2 ** 21 - 1;

/** Writes a sibling's header at `offset`; the value belongs right behind it. */
export function writeSiblingHeader(
  bytes: Buffer,
  offset: number,
  actor: Buffer,
  counter: number,
  flags: number,
  expiryMs: number,
  valueBytes: number,
): void {
  copyShort(actor, 0, bytes, offset, ACTOR_BYTES);
  writeU64(bytes, offset + ACTOR_BYTES, counter);
  bytes[offset + FLAGS_OFFSET] = flags;
  writeU64(bytes, offset + EXPIRY_OFFSET, expiryMs);
  writeU32(bytes, offset + LENGTH_OFFSET, valueBytes);
}

export function siblingIsTombstone(bytes: Buffer, offset: number): boolean {
  return (bytes[offset + FLAGS_OFFSET] & FLAG_TOMBSTONE) !== 0;
}

export function siblingIsCounter(bytes: Buffer, offset: number): boolean {
  return (bytes[offset + FLAGS_OFFSET] & FLAG_COUNTER) !== 0;
}

/** The flags of a sibling as they are stored. */
export function flagsOf({ tombstone, isCounter }: { tombstone: boolean; isCounter?: boolean }): number {
  return tombstone ? FLAG_TOMBSTONE : isCounter === true ? FLAG_COUNTER : 0;
}

/** Absolute expiry in ms, 0: never, of the sibling at `offset`. */
export function siblingExpiryMs(bytes: Buffer, offset: number): number {
  return readU64(bytes, offset + EXPIRY_OFFSET);
}

/** The length of what is stored as its value. */
export function siblingValueBytes(bytes: Buffer, offset: number): number {
  return readU32(bytes, offset + LENGTH_OFFSET);
}

/** The object as bytes. */
export function encodeObject(object: VersionedObject): ObjectBytes {
  assert(object.clock.size <= CLOCK_ENTRIES_MAX, 'more clock entries than an object can count');
  assert(object.siblings.length <= SIBLINGS_MAX, 'more siblings than an object can count');
  let size = OBJECT_HEADER_BYTES + object.clock.size * CLOCK_ENTRY_BYTES;
  for (const sibling of object.siblings) size += SIBLING_HEADER_BYTES + sibling.value.length;
  const bytes = Buffer.alloc(size);
  bytes[0] = FORMAT;
  bytes[1] = object.clock.size;
  bytes.writeUInt16LE(object.siblings.length, 2);
  let at = OBJECT_HEADER_BYTES;
  for (const [actor, counter] of [...object.clock].sort(([a], [b]) => (a < b ? -1 : 1))) {
    bytes.write(actor, at, 'hex');
    writeU64(bytes, at + ACTOR_BYTES, counter);
    at += CLOCK_ENTRY_BYTES;
  }
  for (const sibling of object.siblings) {
    const { dot, expiryMs, value } = sibling;
    const actor = Buffer.from(dot.actor, 'hex');
    writeSiblingHeader(bytes, at, actor, dot.counter, flagsOf(sibling), expiryMs, value.length);
    bytes.set(value, at + SIBLING_HEADER_BYTES);
    at += SIBLING_HEADER_BYTES + value.length;
  }
  return bytes;
}

/** The decoded object. The values are slices of `bytes`. The bytes must be an object (see `objectFault`). */
export function decodeObject(bytes: ObjectBytes): VersionedObject {
  const clock = new Map<ActorId, number>();
  const entries = bytes.readUInt8(1);
  let at = OBJECT_HEADER_BYTES;
  for (let i = 0; i < entries; i++, at += CLOCK_ENTRY_BYTES) {
    clock.set(readActor(bytes, at), readU64(bytes, at + ACTOR_BYTES));
  }
  const siblings: Sibling[] = [];
  for (let left = bytes.readUInt16LE(2); left > 0; left--) {
    const valueAt = at + SIBLING_HEADER_BYTES;
    const valueEnd = valueAt + siblingValueBytes(bytes, at);
    siblings.push({
      dot: { actor: readActor(bytes, at), counter: readU64(bytes, at + ACTOR_BYTES) },
      tombstone: siblingIsTombstone(bytes, at),
      ...(siblingIsCounter(bytes, at) ? { isCounter: true } : undefined),
      expiryMs: siblingExpiryMs(bytes, at),
      value: bytes.subarray(valueAt, valueEnd),
    });
    at = valueEnd;
  }
  return { clock, siblings };
}

/** The bytes of a version vector alone: u8 count, then its entries ordered by actor. */
export function encodeClock(clock: VersionVector): Buffer {
  // An object without siblings is its clock; the byte before that is not needed any more.
  const bytes = encodeObject({ clock, siblings: [] }).subarray(OBJECT_HEADER_BYTES - 1);
  bytes[0] = clock.size;
  return bytes;
}

/** The version vector that `encodeClock` wrote, or undefined where the bytes are not one, whole and exact. */
export function decodeClock(bytes: Buffer): VersionVector | undefined {
  if (bytes.length === 0 || bytes.length !== 1 + bytes.readUInt8(0) * CLOCK_ENTRY_BYTES) return undefined;
  const clock = new Map<ActorId, number>();
  for (let at = 1; at < bytes.length; at += CLOCK_ENTRY_BYTES) {
    clock.set(readActor(bytes, at), readU64(bytes, at + ACTOR_BYTES));
  }
  return clock;
}

/**
 * Why `bytes` is not exactly one well-formed object, or undefined if it is. Everything that comes from a peer or a disk
 * passes here before anything else reads it. The orders are checked too: they are what makes the bytes canonical. A
 * sibling that its own clock has not seen would make merges depend on their order.
 */
export function objectFault(bytes: Buffer): string | undefined {
  if (bytes.length < OBJECT_HEADER_BYTES) return 'shorter than an object header';
  if (bytes.readUInt8(0) !== FORMAT) return `object format ${bytes.readUInt8(0)} is not known`;
  const clockEnd = OBJECT_HEADER_BYTES + bytes.readUInt8(1) * CLOCK_ENTRY_BYTES;
  if (bytes.length < clockEnd) return 'clock is cut off';
  for (let at = OBJECT_HEADER_BYTES; at < clockEnd; at += CLOCK_ENTRY_BYTES) {
    if (readU32(bytes, at + ACTOR_BYTES + 4) > SAFE_HIGH_WORD_MAX) return 'counter is too large';
    const next = at + CLOCK_ENTRY_BYTES;
    if (next < clockEnd && !actorsAscend(bytes, at, next)) return 'clock is out of order';
  }
  let at = clockEnd;
  let previous: Sibling['dot'] | undefined;
  const siblings = bytes.readUInt16LE(2);
  for (let i = 0; i < siblings; i++) {
    if (bytes.length < at + SIBLING_HEADER_BYTES) return 'sibling is cut off';
    if (!clockHasSeen(bytes, clockEnd, at)) return 'sibling is not in the clock';
    const flags = bytes.readUInt8(at + FLAGS_OFFSET);
    if (flags > FLAG_COUNTER) return 'sibling has unknown flags';
    if (readU32(bytes, at + EXPIRY_OFFSET + 4) > SAFE_HIGH_WORD_MAX) return 'expiry is too large';
    if (siblings > 1) {
      const dot = { actor: readActor(bytes, at), counter: readU64(bytes, at + ACTOR_BYTES) };
      if (previous !== undefined && newerDotFirst(previous, dot) >= 0) return 'siblings are out of order';
      previous = dot;
    }
    const valueAt = at + SIBLING_HEADER_BYTES;
    at = valueAt + siblingValueBytes(bytes, at);
    if (bytes.length < at) return 'value is cut off';
    if (flags === FLAG_COUNTER) {
      const fault = counterFault(bytes.subarray(valueAt, at));
      if (fault !== undefined) return fault;
    }
  }
  return at === bytes.length ? undefined : 'bytes follow the object';
}

function actorsAscend(bytes: Buffer, at: number, next: number): boolean {
  const high = bytes.readUInt32BE(at);
  const nextHigh = bytes.readUInt32BE(next);
  return high < nextHigh || (high === nextHigh && bytes.readUInt32BE(at + 4) < bytes.readUInt32BE(next + 4));
}

function clockHasSeen(bytes: Buffer, clockEnd: number, dotAt: number): boolean {
  const low = readWord(bytes, dotAt);
  const high = readWord(bytes, dotAt + 4);
  for (let at = OBJECT_HEADER_BYTES; at < clockEnd; at += CLOCK_ENTRY_BYTES) {
    if (readWord(bytes, at) === low && readWord(bytes, at + 4) === high) {
      return readU64(bytes, at + ACTOR_BYTES) >= readU64(bytes, dotAt + ACTOR_BYTES);
    }
  }
  return false;
}
