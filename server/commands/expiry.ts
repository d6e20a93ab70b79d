/** Expiry times as Redis commands give them, and as the store keeps them: absolute ms, 0 for never. */

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
