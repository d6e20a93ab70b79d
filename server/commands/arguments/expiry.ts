/** Expiry times as Redis commands give them, and as the store keeps them: absolute ms, 0 for never. */
import { NOT_AN_INTEGER } from '../error-text.js';
import { parseInt64 } from './integer-argument.js';

export type ExpiryUnit = 'seconds' | 'milliseconds';
const INT64_MAX = 2n ** 63n - 1n;
const MS_IN_SECOND = 1000n;
/** The latest instant that the store can tell from another (the year 287396). */
const LATEST_MS = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The absolute time in ms of an expiry argument, or undefined where it overflows 64 bits as Redis counts
 * (`invalid expire time`). Times before 1970 become 1, the earliest that the store can keep.
 */
export function absoluteExpiryMs(
  value: bigint,
  unit: ExpiryUnit,
  isAbsolute: boolean,
  nowMs: number,
): number | undefined {
  const ms = unit === 'seconds' ? value * MS_IN_SECOND : value;
  const absolute = isAbsolute ? ms : ms + BigInt(nowMs);
  if (ms > INT64_MAX || ms < -INT64_MAX - 1n || absolute > INT64_MAX) return undefined;
  if (absolute < 1n) return 1;
  return Number(absolute > LATEST_MS ? LATEST_MS : absolute);
}

/** As a command gives it behind an option such as `PXAT`, or by its own name, as `PSETEX` does. */
export interface GivenExpiry {
  readonly argument: Buffer;
  readonly unit: ExpiryUnit;
  readonly isAbsolute: boolean;
}

/** The absolute time in ms of an expiry that must be positive, or the text of the error of that command. */
export function positiveExpiryMs(
  { argument, unit, isAbsolute }: GivenExpiry,
  command: string,
  nowMs: number,
): number | string {
  const value = parseInt64(argument);
  if (value === undefined) return NOT_AN_INTEGER;
  const expiryMs = value <= 0n ? undefined : absoluteExpiryMs(value, unit, isAbsolute, nowMs);
  return expiryMs ?? `ERR invalid expire time in '${command}' command`;
}

/** Options that are followed by an expiry. */
export const EXPIRY_OPTIONS: ReadonlyMap<string, Omit<GivenExpiry, 'argument'>> = new Map([
  ['EX', { unit: 'seconds', isAbsolute: false }],
  ['PX', { unit: 'milliseconds', isAbsolute: false }],
  ['EXAT', { unit: 'seconds', isAbsolute: true }],
  ['PXAT', { unit: 'milliseconds', isAbsolute: true }],
]);
