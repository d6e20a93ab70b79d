import assert from 'node:assert/strict';

/** One question about reaping: so many keys, and about so many bytes of them; one key of any length always fits. */
export const REAP_KEYS_MAX = 128;
export const REAP_KEY_BYTES_MAX = 64 * 1024;

/** A whole scan begins this often: a part of the grace, within bounds. */
export const SCANS_A_GRACE = 24;
export const SCAN_PERIOD_MIN_MS = 1_000;
export const SCAN_PERIOD_MAX_MS = 3_600_000;

/** Signs of life are written this often: a part of the grace, within bounds. */
export const SIGNS_A_GRACE = 10;
export const SIGN_PERIOD_MIN_MS = 100;
export const SIGN_PERIOD_MAX_MS = 10_000;

assert(SCAN_PERIOD_MIN_MS < SCAN_PERIOD_MAX_MS);
assert(SIGN_PERIOD_MIN_MS < SIGN_PERIOD_MAX_MS);

/** `durationMs` as a part of the grace, within bounds. */
export function partOfGrace(graceMs: number, parts: number, minMs: number, maxMs: number): number {
  return Math.min(maxMs, Math.max(minMs, Math.floor(graceMs / parts)));
}

/** Rows that are set aside, thrown away or merged back in one batch. */
export const ASIDE_ROWS = 256;
/** A line of the log for so many rows that were set aside. */
export const ASIDE_LOG_ROWS = 100_000;

/** How often a node that has set rows aside asks the others, and how often it says that it waits. */
export const SETTLE_PERIOD_MS = 1_000;
export const WAITING_LOG_PERIOD_MS = 60_000;
