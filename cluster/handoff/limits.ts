import assert from 'node:assert/strict';

/** What a hint costs in memory beside its key, about: map slot, hint, string header. */
export const HINT_OVERHEAD_BYTES = 200;

/** Rows that the store takes in one batch, and that a scan gives at once. */
export const BATCH_ROWS_MAX = 1_024;
export const LOAD_ROWS = 1_024;

/** A store that failed is tried again after this long, twice as long after each further failure. */
export const RETRY_MIN_MS = 100;
export const RETRY_MAX_MS = 5_000;

/** Hints that are dropped, and stores that fail, are logged this often at most. */
export const LOG_PERIOD_US = 10_000_000;

assert(RETRY_MIN_MS < RETRY_MAX_MS);
