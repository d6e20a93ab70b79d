import assert from 'node:assert/strict';

/** Keys of a partition that are kept in the order of their places at a time, and the bytes that they may have. */
export const WINDOW_KEYS_MAX = 16_384;
export const WINDOW_BYTES_MAX = 2 * 1024 * 1024;
/**
 * All windows of a node together, with what they take beside the bytes of their keys; beyond, those go that were not used
 * for longest, until so much of it is free again.
 */
export const WINDOWS_BYTES_MAX = 32 * 1024 * 1024;
export const WINDOWS_SHARE_KEPT = 0.75;
export const WINDOW_OVERHEAD_BYTES = 512;
export const WINDOW_KEY_OVERHEAD_BYTES = 80;
/** A window that was not used for so long goes. */
export const WINDOW_IDLE_US = 30_000_000;
export const WINDOW_SWEEP_MS = 5_000;
/** Windows that may wait to be made; a question for one more is told to come again. */
export const WINDOWS_WAITING_MAX = 64;

/** Partitions that one question may be about, and rows that it may want of each. */
export const QUESTION_PLACES_MAX = 128;
export const PAGE_ROWS_MAX = 1_024;
/** An answer ends with the row that goes over this. */
export const ANSWER_BYTES = 512 * 1024;
/** What is not there after so long is asked for again: a question may not outlive the request timeout. */
export const ANSWER_WAIT_MS = 100;
/** Keys that are read from the store at a time, for a page. */
export const STORE_READS_MAX = 32;

/** Keys that the steps of all walks may be about which begin in one turn of the event loop, or are under way; each counts as some at the least. */
export const WALK_KEYS_A_TURN = 10_000;
export const WALK_KEYS_AT_ONCE = 40_000;
export const WALK_KEYS_LEAST = 250;

/** A walk is given up when it has come no further in so many questions. */
export const FRUITLESS_MAX = 300;
/** A step ends when it has looked at so many keys for each one that it is to give (and at so many at the least), or partitions. */
export const LOOKED_A_KEY_MAX = 10;
export const LOOKED_MIN = 1_000;
export const PARTITIONS_A_STEP = 1_024;
/** Keys among which chance chooses once more: those behind a gap are likelier to be met. */
export const RANDOM_KEYS = 16;
/** Keys that differ between replicas and are read at a time. */
export const DOUBTFUL_READS_MAX = 64;

assert(PAGE_ROWS_MAX <= WINDOW_KEYS_MAX);
assert(2 * (WINDOW_BYTES_MAX + WINDOW_KEYS_MAX * WINDOW_KEY_OVERHEAD_BYTES) < WINDOWS_BYTES_MAX * WINDOWS_SHARE_KEPT);
