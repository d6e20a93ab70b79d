import assert from 'node:assert/strict';

/** Partitions that are pulled at a time. */
export const PULLS_MAX = 4;
/** Rows that are merged in one go. */
export const MERGE_ROWS = 64;
/** Partitions that are compared with the primaries, and declared, at a time. */
export const CHECK_PLACES = 64;
/** A partition is compared no earlier than this part of the time till retirements after it has to be received: others hear of it. */
export const CHECKS_A_RETIREMENT = 6;

/** How often it is looked for something to receive: while there is, and while there is not. At most so often is anything declared. */
export const BUSY_PERIOD_MS = 250;
export const IDLE_PERIOD_MS = 1_000;

/** A partition that could not be pulled or compared is left alone for this long, twice as long after each further time. */
export const RETRY_MIN_MS = 500;
export const RETRY_MAX_MS = 10_000;

/** Between giving up a partition and dropping its first row: who did not know yet may ask for it. */
export const DROP_AFTER_MS = 5_000;
/** How often it is looked for what can be given up, and dropped. */
export const RETIRE_PERIOD_MS = 1_000;
/** Partitions that are given up in one declaration. */
export const RETIRE_PLACES = 256;
/** Places whose rows are dropped at a time. */
export const CLEARINGS_MAX = 4;
/** Rows that are dropped in one go. */
export const DROP_ROWS = 64;

/** A node that leaves waits so long for nodes that it has hints for; what they miss is then left to anti-entropy. */
export const HINTS_WAIT_MS = 60_000;

/** A node that is down and is to take something over from this one is named in the log after so long, ... */
export const AWAITED_LOG_AFTER_MS = 5_000;
/** ... and again each time that this has passed. */
export const AWAITED_LOG_PERIOD_MS = 60_000;

/** The rate of a transfer is that of so many seconds. */
export const RATE_SECONDS = 10;

assert(RETRY_MIN_MS < RETRY_MAX_MS);
assert(BUSY_PERIOD_MS < IDLE_PERIOD_MS);
