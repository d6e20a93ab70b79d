import assert from 'node:assert/strict';

/** A batch that is full is closed, and the next one begun: what one store call may take out of a turn. */
export const BATCH_ROWS_MAX = 1024;
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** Entries that the flush of the object buffer adds to one batch. */
export const FLUSH_ROWS_MAX = 512;
export const FLUSH_BYTES_MAX = 2 * 1024 * 1024;

/** A longer record is not journaled where it can go to its own row at once: its bytes cost more than its row. */
export const JOURNALED_RECORD_MAX = 2048;
/** A generation of the journal with so many bytes or of this age is closed. There are up to three, and as much to read after a crash. */
export const GENERATION_BYTES = 64 * 1024 * 1024;
export const GENERATION_AGE_US = 30_000_000;
/** Share of memoryBytesMax that records may take which the journal holds; beyond, others are not journaled and it is settled. */
export const JOURNAL_SHARE_MAX = 0.6;
/** With more generations than this the journal is settled as fast as the clients allow; else as fast as the open one fills. */
export const GENERATIONS_MAX = 3;
/** Rows of one step of settling, and the pause between two steps; rows of one step while memory or somebody waits for it. */
export const SETTLE_ROWS_MAX = 128;
export const SETTLE_PAUSE_MS = 2;
/** The pause where settling is ahead: the keys that are written meanwhile need no row of their own. */
export const SETTLE_AHEAD_PAUSE_MS = 20;
export const HURRIED_ROWS_MAX = 1024;
/** Journal rows that one step deletes. */
export const TRIM_ROWS = 512;

/** Journal rows that a recovery takes at once, and after how many it says how far it is. */
export const RECOVERY_ROWS = 16;
export const RECOVERY_LOG_ROWS = 1024;
/** Where not all rows fit into memory the oldest are settled: rows of so many bytes at once, of their latest records. */
export const RECOVERY_WINDOW_BYTES = 32 * 1024 * 1024;
/** Between one partition and the next that is brought into memory from recovered rows. */
export const BRING_IN_PAUSE_MS = 1;

/** Share of memoryBytesMax that records may take which can't leave memory, dirty or in the journal: beyond, writers wait for the store. */
export const HELD_FAST_SHARE_MAX = 0.8;
/** Share that dirty records may take: beyond, writes are refused. */
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

/** Shorter runs of bytes are copied one by one. */
export const COPIED_SHORT_MAX = 48;

/** Share of memoryBytesMax up to which the warm-up fills the cache. */
export const WARM_SHARE_MAX = 0.9;
export const SCAN_ROWS = 256;
export const WARM_PAUSE_MS = 1;

/** Keys that one look for times to live passes. */
export const EXPIRY_SAMPLE_STEPS = 500;

/** A failed write of the object buffer is tried again after this long, twice as long after each further failure. */
export const RETRY_MIN_MS = 100;
export const RETRY_MAX_MS = 5_000;
/** A failing store is logged this often at most. */
export const FAILURE_LOG_PERIOD_US = 10_000_000;

assert(FLUSH_ROWS_MAX <= BATCH_ROWS_MAX);
assert(JOURNAL_SHARE_MAX < HELD_FAST_SHARE_MAX && HELD_FAST_SHARE_MAX < DIRTY_SHARE_MAX);
assert(WARM_SHARE_MAX < 1);
assert(RETRY_MIN_MS < RETRY_MAX_MS);
