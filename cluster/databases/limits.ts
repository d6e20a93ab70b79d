import assert from 'node:assert/strict';

/**
 * A watermark lies so far ahead of the clock: then all that nodes write until they hear of the flush is below it, and each of
 * them parts what was written before from what comes after at the moment when it hears. No further than this share of what
 * clocks may be apart.
 */
export const AHEAD_MS = 500;
export const AHEAD_SHARE_OF_DRIFT = 1 / 8;

/** What could not be taken, as a clock is wrong, or not be stored, is tried again so often. */
export const RETRY_MS = 1_000;

/** Keys that the sweep lets go together: one slice of background work. */
export const SWEEP_KEYS = 64;
/** Where keys were on their way to the store, or it failed, the sweep of a partition begins anew after so long. */
export const SWEEP_AGAIN_MS = 500;

assert(AHEAD_SHARE_OF_DRIFT < 1 / 4);
