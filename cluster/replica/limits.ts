import assert from 'node:assert/strict';

/** A batch that is full is closed, and the next one begun: what one store call may take out of a turn. */
export const BATCH_ROWS_MAX = 1024;
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** Rows that the flush of the object buffer adds to one batch. */
export const FLUSH_ROWS_MAX = 256;
export const FLUSH_BYTES_MAX = 2 * 1024 * 1024;

/** Shares of memoryBytesMax that dirty records may take: from the first on, writers wait for the store; at the second they are refused. */
export const DIRTY_SHARE_SLOW = 0.5;
export const DIRTY_SHARE_MAX = 1;

/** Keys that may be on their way from the store at once, and the share of memoryBytesMax for writes that wait for them. */
export const LOADS_MAX = 65_536;
export const HELD_SHARE_MAX = 0.25;

/** What an entry costs beside its key and its record, about: map slot, entry, string header, buffer header. */
export const ENTRY_OVERHEAD_BYTES = 320;
/** V8's Map ends at 2^24 entries. */
export const ENTRIES_MAX = 2 ** 23;

/** Entries that one insertion may look at in search of one to evict, and one more for each so many bytes inserted. */
export const EVICTION_STEPS_MAX = 64;
export const EVICTION_BYTES_A_STEP = 256;

/** Share of memoryBytesMax up to which the warm-up fills the cache. */
export const WARM_SHARE_MAX = 0.9;
export const SCAN_ROWS = 256;
export const WARM_PAUSE_MS = 1;

/** A failed write of the object buffer is tried again after this long, twice as long after each further failure. */
export const RETRY_MIN_MS = 100;
export const RETRY_MAX_MS = 5_000;
/** A failing store is logged this often at most. */
export const FAILURE_LOG_PERIOD_US = 10_000_000;

assert(FLUSH_ROWS_MAX <= BATCH_ROWS_MAX);
assert(DIRTY_SHARE_SLOW < DIRTY_SHARE_MAX);
assert(WARM_SHARE_MAX < 1);
assert(RETRY_MIN_MS < RETRY_MAX_MS);
