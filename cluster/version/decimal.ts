/**
 * Exact decimal numbers as Redis reads and prints them: integers, and fixed-point numbers of 17 digits behind the point, as
 * many as `INCRBYFLOAT` prints.
 */

/** Digits behind the point: 0 for integers. */
export type Scale = 0 | 17;

/** `units` × 10^-`scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: Scale;
}

const FRACTION_DIGITS = 17;
const ONE = 10n ** 17n;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** Larger exponents are refused before their digits are written out. */
const EXPONENT_MAX = 400;
/** Longer texts are no numbers, as in Redis. */
const TEXT_BYTES_MAX = 5119;

/** A 64-bit integer in the one form that Redis takes: no spaces, no plus, no leading zeros. undefined: it is none. */
export function parseInteger(text: Buffer): bigint | undefined {
  if (text.length === 0 || text.length > 20) return undefined;
  const digits = text.toString('latin1');
  if (!/^(?:0|-?[1-9]\d*)$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return isInt64(value) ? value : undefined;
}

export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/**
 * A decimal number, with an exponent perhaps, rounded to 17 digits behind the point. 'infinite' for what C calls so;
 * undefined: it is no number.
 */
export function parseDecimal(text: Buffer): Decimal | 'infinite' | undefined {
  if (text.length > TEXT_BYTES_MAX) return undefined;
  const written = text.toString('latin1');
  if (/^[+-]?inf(?:inity)?$/i.test(written)) return 'infinite';
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,5}))?$/i.exec(written);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const exponent = Number(exponentText);
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return { units: 0n, scale: 0 };
  if (exponent > EXPONENT_MAX) return 'infinite';
  const places = fraction.length - exponent;
  const negative = sign === '-' ? -1n : 1n;
  if (places <= 0) return { units: negative * digits * 10n ** BigInt(-places), scale: 0 };
  if (places <= FRACTION_DIGITS) return reduced(negative * digits * 10n ** BigInt(FRACTION_DIGITS - places));
  if (places - FRACTION_DIGITS > digits.toString().length) return { units: 0n, scale: 0 };
  const divisor = 10n ** BigInt(places - FRACTION_DIGITS);
  return reduced(negative * ((digits + divisor / 2n) / divisor));
}

/** The units of `decimal` at a scale that is not below its own. */
export function unitsAt(decimal: Decimal, scale: Scale): bigint {
  return decimal.scale === scale ? decimal.units : decimal.units * ONE;
}

/** As Redis prints it: no exponent, no trailing zeros. */
export function decimalText({ units, scale }: Decimal): string {
  if (scale === 0) return units.toString();
  const magnitude = units < 0n ? -units : units;
  const fraction = (magnitude % ONE).toString().padStart(FRACTION_DIGITS, '0').replace(/0+$/, '');
  const text = fraction === '' ? `${magnitude / ONE}` : `${magnitude / ONE}.${fraction}`;
  return units < 0n ? `-${text}` : text;
}

/** The same number as an integer where it is one. */
function reduced(units: bigint): Decimal {
  return units % ONE === 0n ? { units: units / ONE, scale: 0 } : { units, scale: FRACTION_DIGITS };
}
