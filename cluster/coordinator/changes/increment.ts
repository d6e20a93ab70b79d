/** What increments do to a value, and how a change of the expiry leaves what is counted as it is. Pure. */
import { type Counter, counterValue, encodeCounter, increment, TOTALS_MAX } from '../../version/counter.js';
import { countedOn, type FoldedSibling, startingAt } from '../../version/counter-fold.js';
import { type Decimal, decimalText, isInt64, parseDecimal, parseInteger, unitsAt } from '../../version/decimal.js';
import type { Written } from '../../version/encoded.js';
import { isLive } from '../../version/object.js';
import { type Applying, type Change, type ChangeOutcome, unchanged } from './change.js';

const NOT_AN_INTEGER = 'value is not an integer or out of range';
const NOT_A_FLOAT = 'value is not a valid float';
const WOULD_OVERFLOW = 'increment or decrement would overflow';
/** What Redis says where a long double ends; ours end earlier, at 10^200. */
const WOULD_BE_INFINITE = 'increment would produce NaN or Infinity';
const MAGNITUDE_MAX = 10n ** 200n;

/** Adds to `current`, the newest value of the key, live or not; undefined: there is none. */
export function applyIncrement(
  current: FoldedSibling | undefined,
  { by, isFloat }: Change & { kind: 'increment' },
  { nowMs, actor, absentEpoch }: Applying,
): ChangeOutcome {
  const isThere = current !== undefined && isLive(current, nowMs);
  if (isThere) {
    if (!isFloat && parseInteger(current.value) === undefined) return refused(NOT_AN_INTEGER);
    const number = parseDecimal(current.value);
    if (number === undefined) return refused(NOT_A_FLOAT);
    if (number === 'infinite') return refused(WOULD_BE_INFINITE);
  }
  const counter = (current && countedOn(current, nowMs)?.counter) ?? startingAt(absentEpoch);
  const after = increment(counter, actor, by);
  const value = counterValue(after);
  if (!isFloat && !isInt64(wholeUnits(value))) return refused(WOULD_OVERFLOW);
  if (isFloat && !isWithinBounds(after)) return refused(WOULD_BE_INFINITE);
  const written = asWritten(after, isThere ? current.expiryMs : 0);
  return { applied: true, previous: Buffer.from(decimalText(value), 'latin1'), written: [written], context: undefined };
}

/**
 * The value with another expiry. A number stays in its epoch, so that increments that are taken elsewhere meanwhile are not
 * lost to a mere change of the expiry.
 */
export function withExpiry(folded: FoldedSibling, expiryMs: number, nowMs: number): Written {
  const { value } = folded;
  const number = folded.counter === undefined ? parseDecimal(value) : undefined;
  const isNumber = number !== undefined && number !== 'infinite' && decimalText(number) === value.toString('latin1');
  const counter = folded.counter ?? (isNumber ? countedOn(folded, nowMs)?.counter : undefined);
  if (counter === undefined) return { tombstone: false, expiryMs, value };
  return asWritten({ ...counter, expirySetAt: Math.max(counter.expirySetAt + 1, nowMs * 1000) }, expiryMs);
}

/** A counter of too many actors, or of a number longer than counters hold, is written as its plain value: a new epoch. */
function asWritten(counter: Counter, expiryMs: number): Written {
  if (counter.totals.size <= TOTALS_MAX && isWithinBounds(counter)) {
    return { tombstone: false, isCounter: true, expiryMs, value: encodeCounter(counter) };
  }
  return { tombstone: false, expiryMs, value: Buffer.from(decimalText(counterValue(counter)), 'latin1') };
}

/** The same value as a plain string, for nodes that know no counters. */
export function withoutCounter(written: Written): Written {
  const { tombstone, isCounter, expiryMs, value } = written;
  return isCounter === true ? { tombstone, expiryMs, value: value.subarray(1, 1 + (value[0] ?? 0)) } : written;
}

function wholeUnits(value: Decimal): bigint {
  return value.scale === 0 ? value.units : BigInt(decimalText(value));
}

/** Whether what each actor counts, and what it counts from, is small enough that no merge can outgrow what can be written. */
function isWithinBounds({ base, totals, scale }: Counter): boolean {
  const bound = unitsAt({ units: MAGNITUDE_MAX, scale: 0 }, scale);
  const isSmall = (units: bigint): boolean => units < bound && units > -bound;
  return isSmall(base) && [...totals.values()].every(({ added, taken }) => isSmall(added) && isSmall(taken));
}

function refused(refusal: string): ChangeOutcome {
  return { ...unchanged(undefined), refusal };
}
