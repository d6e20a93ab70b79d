/**
 * A counter inside a sibling: increments that are taken at several nodes at once add up. It counts from its epoch, the last
 * write before the increments (a `SET`, a deletion, an expiry), and keeps what every actor has added and taken away since,
 * each a total that only grows, so that two copies merge by the maximum (a PN-counter).
 *
 * An increment is a write like any other: it has a dot, and supersedes what its coordinator has seen. So objects join as
 * they always do; counters of one epoch that stand beside each other are merged where they are read or changed. An actor's
 * totals rest on the rule of dots: it goes on only while it has held the object without a gap.
 *
 * ```
 *   value of a sibling:  length u8 | that many bytes: the value as clients read it
 *                        scale u8 (0, 17) | knows its epoch u8 | epoch: actor 8 bytes, counter u64
 *                        expiry set at u64 | base
 *                        E u8 | E × (actor 8 bytes | added | taken)              ordered by actor
 *   base, added, taken:  length u8 (bit 7: negative) | magnitude, little-endian, without leading zero bytes
 * ```
 */
import { ACTOR_BYTES, type ActorId, actorBytes, readActor } from './actor.js';
import { type Decimal, decimalText, type Scale, unitsAt } from './decimal.js';
import type { Dot } from './object.js';
import { readU64, writeU64 } from './words.js';

/** What one actor has added and taken away since the epoch: both only grow. */
export interface Totals {
  readonly added: bigint;
  readonly taken: bigint;
}

export interface Counter {
  /**
   * The write that the counter counts from. undefined: its actor could not know, since it could reach no node that holds the
   * key; the totals belong to whatever epoch the key turns out to be in.
   */
  readonly epoch: Dot | undefined;
  /** Of `base` and the totals. */
  readonly scale: Scale;
  /** What the epoch's write left. */
  readonly base: bigint;
  readonly totals: ReadonlyMap<ActorId, Totals>;
  /** When the expiry was last set, as the counter of a dot: the latest decides. */
  readonly expirySetAt: number;
}

const NO_ACTOR = '0'.repeat(2 * ACTOR_BYTES) as ActorId;
/** The epoch of a key that was never written, as far as its replicas know. */
export const NEVER_WRITTEN: Dot = { actor: NO_ACTOR, counter: 0 };

/** Totals that one counter may keep; the coordinator begins a new epoch with a plain value beyond. */
export const TOTALS_MAX = 64;
/** Longer values are refused: their length must fit a byte. */
const TEXT_BYTES_MAX = 255;

const HEADER_BYTES = 2 + ACTOR_BYTES + 8 + 8;
const NEGATIVE = 0x80;
const MAGNITUDE_BYTES_MAX = 0x7f;
const NOTHING: Totals = { added: 0n, taken: 0n };

/**
 * The epoch that the expiry of a value begins whose write had the counter `writtenAt`: it follows from the expired value alone, so
 * all nodes agree on it. A value can be written when it has expired already; what is counted then comes after it all the same.
 */
export function epochOfExpiry(writtenAt: number, expiryMs: number): Dot {
  return { actor: NO_ACTOR, counter: Math.min(Math.max(expiryMs * 1000, writtenAt + 1), Number.MAX_SAFE_INTEGER) };
}

/** The epoch of a key that was not written since its database was flushed up to the counter `upTo` (0: never). */
export function epochOfFlush(upTo: number): Dot {
  return { actor: NO_ACTOR, counter: upTo };
}

/** What the counter stands at. */
export function counterValue({ base, totals, scale }: Counter): Decimal {
  let units = base;
  for (const { added, taken } of totals.values()) units += added - taken;
  return { units, scale };
}

/** The counter after `actor` has added `by`, which may be negative. */
export function increment(counter: Counter, actor: ActorId, by: Decimal): Counter {
  const scaled = rescale(counter, by.scale);
  const units = unitsAt(by, scaled.scale);
  const { added, taken } = scaled.totals.get(actor) ?? NOTHING;
  const totals = new Map(scaled.totals);
  totals.set(actor, units >= 0n ? { added: added + units, taken } : { added, taken: taken - units });
  return { ...scaled, totals };
}

/** Merges two counters of one epoch, or one of an epoch with one that knows of none. Commutative, associative, idempotent. */
export function mergeCounters(a: Counter, b: Counter): Counter {
  const scale: Scale = a.scale === 0 ? b.scale : a.scale;
  const [x, y] = [rescale(a, scale), rescale(b, scale)];
  const totals = new Map(x.totals);
  for (const [actor, theirs] of y.totals) {
    const ours = totals.get(actor) ?? NOTHING;
    totals.set(actor, { added: max(ours.added, theirs.added), taken: max(ours.taken, theirs.taken) });
  }
  const known = x.epoch === undefined ? y : x;
  return { epoch: known.epoch, scale, base: known.base, totals, expirySetAt: Math.max(x.expirySetAt, y.expirySetAt) };
}

/** The value of a sibling that holds the counter. The text of the counter's value must be at most TEXT_BYTES_MAX long. */
export function encodeCounter(counter: Counter): Buffer {
  const text = Buffer.from(decimalText(counterValue(counter)), 'latin1');
  if (text.length > TEXT_BYTES_MAX) throw new Error('the value of a counter is too long');
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = counter.scale;
  if (counter.epoch !== undefined) {
    header[1] = 1;
    header.set(actorBytes(counter.epoch.actor), 2);
    writeU64(header, 2 + ACTOR_BYTES, counter.epoch.counter);
  }
  writeU64(header, HEADER_BYTES - 8, counter.expirySetAt);
  const parts = [Buffer.of(text.length), text, header, encodeUnits(counter.base), Buffer.of(counter.totals.size)];
  for (const [actor, { added, taken }] of [...counter.totals].sort(([a], [b]) => (a < b ? -1 : 1))) {
    parts.push(actorBytes(actor), encodeUnits(added), encodeUnits(taken));
  }
  return Buffer.concat(parts);
}

/** The counter in the value of a sibling (see `counterFault`). */
export function decodeCounter(value: Buffer): Counter {
  let at = 1 + value.readUInt8(0);
  const scale: Scale = value.readUInt8(at) === 0 ? 0 : 17;
  const knowsEpoch = value.readUInt8(at + 1) === 1;
  const epoch = { actor: readActor(value, at + 2), counter: readU64(value, at + 2 + ACTOR_BYTES) };
  const expirySetAt = readU64(value, at + HEADER_BYTES - 8);
  at += HEADER_BYTES;
  const base = decodeUnits(value, at);
  at = unitsEnd(value, at);
  const totals = new Map<ActorId, Totals>();
  let left = value.readUInt8(at++);
  for (; left > 0; left--) {
    const actor = readActor(value, at);
    const addedAt = at + ACTOR_BYTES;
    const takenAt = unitsEnd(value, addedAt);
    totals.set(actor, { added: decodeUnits(value, addedAt), taken: decodeUnits(value, takenAt) });
    at = unitsEnd(value, takenAt);
  }
  return { epoch: knowsEpoch ? epoch : undefined, scale, base, totals, expirySetAt };
}

/** The counter of the epoch, of the counter that begins at `at`; infinite where it knows of none. */
export function epochCounterIn(bytes: Buffer, at: number): number {
  const header = at + 1 + bytes.readUInt8(at);
  return bytes.readUInt8(header + 1) === 1 ? readU64(bytes, header + 2 + ACTOR_BYTES) : Number.POSITIVE_INFINITY;
}

/** Why the value of a sibling is no counter, or undefined if it is one, in its one form. */
export function counterFault(value: Buffer): string | undefined {
  if (value.length === 0) return 'counter is cut off';
  let at = 1 + value.readUInt8(0);
  if (value.length < at + HEADER_BYTES) return 'counter is cut off';
  const scale = value.readUInt8(at);
  if ((scale !== 0 && scale !== 17) || value.readUInt8(at + 1) > 1) return 'counter has unknown flags';
  for (const word of [at + 2 + ACTOR_BYTES, at + HEADER_BYTES - 8]) {
    if (readU64(value, word) > Number.MAX_SAFE_INTEGER) return 'counter has a time that is too large';
  }
  at = unitsEnd(value, at + HEADER_BYTES);
  if (value.length < at + 1) return 'counter is cut off';
  const entries = value.readUInt8(at++);
  for (let i = 0; i < entries; i++) {
    if (value.length < at + ACTOR_BYTES) return 'counter is cut off';
    at = unitsEnd(value, unitsEnd(value, at + ACTOR_BYTES));
    if (value.length < at) return 'counter is cut off';
  }
  if (at !== value.length) return 'bytes follow the counter';
  const counter = decodeCounter(value);
  for (const { added, taken } of counter.totals.values()) {
    if (added < 0n || taken < 0n) return 'counter has a negative total';
  }
  if (decimalText(counterValue(counter)).length > TEXT_BYTES_MAX) return 'counter is too large';
  return encodeCounter(counter).equals(value) ? undefined : 'counter is not in its one form';
}

function rescale(counter: Counter, scale: Scale): Counter {
  if (counter.scale >= scale) return counter;
  const at = (units: bigint): bigint => unitsAt({ units, scale: counter.scale }, scale);
  const totals = new Map<ActorId, Totals>();
  for (const [actor, { added, taken }] of counter.totals) totals.set(actor, { added: at(added), taken: at(taken) });
  return { ...counter, scale, base: at(counter.base), totals };
}

function encodeUnits(units: bigint): Buffer {
  if (units === 0n) return Buffer.of(0);
  const digits = (units < 0n ? -units : units).toString(16);
  const magnitude = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').reverse();
  if (magnitude.length > MAGNITUDE_BYTES_MAX) throw new Error('a number of a counter is too large');
  return Buffer.concat([Buffer.of(magnitude.length | (units < 0n ? NEGATIVE : 0)), magnitude]);
}

function decodeUnits(bytes: Buffer, at: number): bigint {
  const end = unitsEnd(bytes, at);
  if (end === at + 1) return 0n;
  const magnitude = BigInt(
    `0x${Buffer.from(bytes.subarray(at + 1, end))
      .reverse()
      .toString('hex')}`,
  );
  return (bytes.readUInt8(at) & NEGATIVE) === 0 ? magnitude : -magnitude;
}

/** Where the number that begins at `at` ends; beyond the bytes where it is cut off. */
function unitsEnd(bytes: Buffer, at: number): number {
  return at >= bytes.length ? at + 1 : at + 1 + (bytes.readUInt8(at) & MAGNITUDE_BYTES_MAX);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
