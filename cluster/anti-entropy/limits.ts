import assert from 'node:assert/strict';

/** Nodes of trees that one question may ask for; each is answered with up to 32 hashes of 8 bytes. */
export const TREE_NODES_MAX = 512;

/** A page of keys ends after so many keys were looked at, about so many bytes of records read, or of the answer written. */
export const PAGE_KEYS = 1_024;
export const PAGE_RECORD_BYTES = 4 * 1024 * 1024;
export const PAGE_ANSWER_BYTES = 128 * 1024;

/** How long a question for a page waits for the governor; then it is answered with "busy", and asked again after the pause. */
export const ANSWER_WAIT_MS = 200;
export const BUSY_PAUSE_MS = 100;
/** A peer that says "busy" so often, one time after another, is left for another exchange. */
export const BUSY_MAX = 300;

/** Leaves that differ are compared again after this long: what was only on its way has come by then. */
export const SETTLE_MS = 500;
/** Versions that were written within this time are left for another exchange: they may still be on their way. */
export const RECENT_MS = 2_000;

/** Keys that are repaired at a time, and about the bytes of their objects. */
export const REPAIR_KEYS = 32;
export const REPAIR_BYTES = 4 * 1024 * 1024;

/** Trees that the store takes in one batch, and that a scan gives at once. */
export const SAVE_TREES = 64;

assert(ANSWER_WAIT_MS < SETTLE_MS && SETTLE_MS < RECENT_MS);
