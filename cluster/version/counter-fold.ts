/**
 * What the siblings of an object come to where counters are among them: increments that were taken at once add up, and
 * against other writes an increment counts as old as its epoch, since it belongs to the value that it was taken on.
 */

import { decodeObject, encodeObject, type ObjectBytes, siblingIsCounter } from './codec.js';
import { type Counter, counterValue, decodeCounter, epochOfExpiry, mergeCounters, NEVER_WRITTEN } from './counter.js';
import { decimalText, parseDecimal } from './decimal.js';
import { siblingCount, siblingEnd, siblingsOffset } from './encoded.js';
import { type Dot, isLive, newerDotFirst, type Sibling } from './object.js';

/** A value that a read may show: one sibling, or all that count from one epoch. */
export interface FoldedSibling {
  /** Where it stands among the others: its dot, or the epoch that it counts from. */
  readonly dot: Dot;
  readonly tombstone: boolean;
  /** Absolute, ms; 0: never. */
  readonly expiryMs: number;
  /** As clients read it. */
  readonly value: Buffer;
  readonly counter: Counter | undefined;
}

/** The values that `siblings` come to at `nowMs`, the newest first. Pure. */
export function foldSiblings(siblings: readonly Sibling[], nowMs: number): readonly FoldedSibling[] {
  const values: FoldedSibling[] = [];
  let unattached: FoldedSibling | undefined;
  for (const { dot, tombstone, expiryMs, value, isCounter } of siblings) {
    if (isCounter !== true) {
      values.push({ dot, tombstone, expiryMs, value, counter: undefined });
      continue;
    }
    const counter = decodeCounter(value);
    const counted = shownCounter(counter, expiryMs);
    if (counter.epoch === undefined) {
      unattached = unattached === undefined ? counted : merged(unattached, counted);
      continue;
    }
    const at = values.findIndex((other) => newerDotFirst(other.dot, counted.dot) === 0);
    const same = values[at];
    if (same === undefined) values.push(counted);
    else values[at] = same.counter === undefined ? counted : merged(same, counted);
  }
  values.sort((a, b) => newerDotFirst(a.dot, b.dot));
  if (unattached === undefined) return values;
  const [newest, ...older] = values;
  if (newest === undefined) return [unattached];
  const onto = countedOn(newest, nowMs);
  // A string that is no number can't be added to.
  return onto === undefined ? values : [merged(onto, unattached), ...older];
}

/**
 * What an increment of this value counts from: the value where it is a number, nothing where it is deleted or has expired.
 * undefined: it is no number.
 */
export function countedOn(folded: FoldedSibling, nowMs: number): FoldedSibling | undefined {
  const { dot, tombstone, expiryMs, value, counter } = folded;
  if (!isLive(folded, nowMs))
    return shownCounter(startingAt(tombstone ? dot : epochOfExpiry(dot.counter, expiryMs)), 0);
  if (counter !== undefined) return folded;
  const number = parseDecimal(value);
  if (number === undefined || number === 'infinite') return undefined;
  return {
    dot,
    tombstone,
    expiryMs,
    value,
    counter: { ...startingAt(dot), base: number.units, scale: number.scale, expirySetAt: dot.counter },
  };
}

/** A counter at zero. `epoch` undefined: it can't be known. */
export function startingAt(epoch: Dot | undefined): Counter {
  return { epoch, scale: 0, base: 0n, totals: new Map(), expirySetAt: 0 };
}

/** The same object, or one for reading only where counters among its siblings had to be merged. */
export function withCountersMerged(object: ObjectBytes, nowMs: number): ObjectBytes {
  const count = siblingCount(object);
  if (count <= 1) return object;
  let at = siblingsOffset(object);
  for (let i = 0; i < count; i++) {
    if (siblingIsCounter(object, at)) {
      const { clock, siblings } = decodeObject(object);
      return encodeObject({ clock, siblings: foldSiblings(siblings, nowMs) });
    }
    at = siblingEnd(object, at);
  }
  return object;
}

function shownCounter(counter: Counter, expiryMs: number): FoldedSibling {
  const value = Buffer.from(decimalText(counterValue(counter)), 'latin1');
  return { dot: counter.epoch ?? NEVER_WRITTEN, tombstone: false, expiryMs, value, counter };
}

function merged(a: FoldedSibling, b: FoldedSibling): FoldedSibling {
  if (a.counter === undefined || b.counter === undefined) throw new Error('only counters merge');
  const [earlier, later] = a.counter.expirySetAt < b.counter.expirySetAt ? [a, b] : [b, a];
  const isTie = a.counter.expirySetAt === b.counter.expirySetAt;
  const expiryMs = isTie ? Math.max(earlier.expiryMs, later.expiryMs) : later.expiryMs;
  return shownCounter(mergeCounters(a.counter, b.counter), expiryMs);
}
