import assert from 'node:assert/strict';

/** What a hint costs in memory beside its key, about: map slot, hint, string headers, time. */
export const HINT_OVERHEAD_BYTES = 240;

/** Rows that the store takes in one batch, and that a scan gives at once. */
export const BATCH_ROWS_MAX = 1_024;
export const LOAD_ROWS = 1_024;

/** A store that failed is tried again after this long, twice as long after each further failure. */
export const RETRY_MIN_MS = 100;
export const RETRY_MAX_MS = 5_000;

/** Hints that one slice of a delivery reads and sends: so many requests to one node are in flight. */
export const SLICE_HINTS = 64;
/** Objects in flight to one node are not more than this, or one. */
export const SLICE_BYTES_MAX = 4 * 1024 * 1024;

/** How often it is looked for hints that wait for a node which can be reached. */
export const WAKE_PERIOD_MS = 1_000;
/** A node that answers with errors is left alone for this long, twice as long after each further time. */
export const BACK_OFF_MIN_MS = 1_000;
export const BACK_OFF_MAX_MS = 60_000;

/** It is looked for hints that are too old so often in a window, and at most once in so many ms. */
export const EXPIRIES_A_WINDOW = 10;
export const EXPIRY_PERIOD_MIN_MS = 100;
export const EXPIRY_PERIOD_MAX_MS = 60_000;
/** Hints that are looked at in one go. */
export const EXPIRY_SLICE_HINTS = 4_096;

/** A copy that can't leave yet is looked at again after this long, so often at most; the orphan sweep takes the rest. */
export const LEAVE_PERIOD_MS = 200;
export const LEAVE_ATTEMPTS_MAX = 25;
/** Copies that wait to leave; more are left to the orphan sweep. */
export const LEAVING_MAX = 65_536;

/** Between one partition of an orphan sweep and the next. */
export const SWEEP_PAUSE_MS = 200;
/** So long where all that come next hold nothing: those are passed over. */
export const SWEEP_REST_MS = 4_000;
/** So much longer for each row that was there: at most 2,000 rows a second are read. */
export const SWEEP_PAUSE_A_ROW_MS = 0.5;
/** Orphans that are handed over at a time, and about the bytes of their objects. */
export const SWEEP_ORPHANS = 64;
export const SWEEP_BYTES_MAX = 4 * 1024 * 1024;

/** Stores that fail are logged this often at most, ... */
export const LOG_PERIOD_US = 10_000_000;
/** ... hints that are dropped this often, with their number. */
export const DROPPED_LOG_PERIOD_US = 60_000_000;

assert(RETRY_MIN_MS < RETRY_MAX_MS);
assert(BACK_OFF_MIN_MS < BACK_OFF_MAX_MS);
assert(EXPIRY_PERIOD_MIN_MS < EXPIRY_PERIOD_MAX_MS);
