import assert from 'node:assert/strict';

/** How often the governor looks, and how long one slice of what it has measured is. */
export const TICK_MS = 250;
/** The fast signal looks back over so many ticks (3 s), the slow one over so many such stretches (a minute). */
export const RECENT_TICKS = 12;
export const MINUTE_STRETCHES = 20;

/** A p99 of fewer samples is the whim of one of them; a p90 takes fewer, and serves where there are not enough. */
export const SAMPLES_MIN = 100;
export const FEW_SAMPLES_MIN = 20;
/** Fewer gets and puts than this in the recent window: there is no foreground to spare. */
export const QUIET_OPERATIONS = 10;

/** Target where none is set: so much of the p99 that the foreground has alone, within these bounds. */
export const TARGET_FACTOR = 1.5;
export const TARGET_US_MIN = 5_000;
export const TARGET_US_MAX = 100_000;

/** What the foreground has alone is its p99 over so many ticks without background work. */
export const ALONE_TICKS = 24;
/**
 * Where background work does not rest by itself, it goes at the lowest rate for so many ticks out of so many, to look what
 * the foreground has alone now (as BBR looks for the least round trip, Cardwell et al. 2016).
 */
export const LOOK_TICKS = 5;
export const LOOK_PERIOD_TICKS = 60;

/** The rate shrinks from this share of the target on, and grows only below the other. */
export const NEAR = 0.9;
export const EASY = 0.75;
/** The most that one step takes: to this share. */
export const SHRINK_MOST = 0.3;
/** After a step down, what is measured belongs to the lower rate; so many ticks pass before the next verdict. */
export const SETTLE_TICKS = 4;
/** Growth a tick: a tenth a second beside a foreground, doubling without one. */
export const GROWTH = 1.1 ** (TICK_MS / 1000);
export const QUIET_GROWTH = 2;
/** The rate grows only while so much of it is used: an unused one has proved nothing. */
export const USED_SHARE_MIN = 0.5;

/** Unwritten bytes at this share of `maxmemory` count as the target reached: far below where writers must wait. */
export const DIRTY_SHARE_TARGET = 0.25;

/** While background work runs, peers are asked how they bear it once in so many ticks; an answer is good for so long. */
export const STRAIN_PERIOD_TICKS = 4;
export const STRAIN_GOOD_US = 3_000_000;
/** Of more peers than this a part is asked each time, in turn: else all nodes of a large cluster would ask all others. */
export const STRAIN_ASKED_MAX = 16;

/** What was not used is kept for so long at most: after a stall, no flood. */
export const BURST_MS = 4;

/** A page of a partition that is pulled: it ends with the row that goes over either, or when so many rows were looked at. */
export const PULL_ROWS_MAX = 512;
export const PULL_BYTES_MAX = 1024 * 1024;
export const PULL_LOOKED_MAX = 8_192;

assert(PULL_ROWS_MAX < PULL_LOOKED_MAX);
assert(EASY < NEAR && NEAR < 1);
assert(SHRINK_MOST < NEAR);
assert(FEW_SAMPLES_MIN < SAMPLES_MIN);
assert(LOOK_TICKS * 4 < LOOK_PERIOD_TICKS);
assert(SETTLE_TICKS < RECENT_TICKS);
assert(TARGET_US_MIN < TARGET_US_MAX);
