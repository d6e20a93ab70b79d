import assert from 'node:assert/strict';

/** An object counts its siblings in 16 bits. */
const ENCODABLE_SIBLINGS_MAX = 65_535;
/** And its clock entries in 8. */
const ENCODABLE_CLOCK_ENTRIES_MAX = 255;

/**
 * Siblings of one key. A put that would leave more, and more than there were, is refused: each one makes all further
 * puts, merges and reads of the key slower. Merges and repairs are never refused.
 */
export const SIBLINGS_MAX = 1_000;

/**
 * Clock entries that a put may leave. A clock keeps the actors of all siblings, whatever it is cut to; a put by one more
 * actor is refused beyond this, until the siblings are merged.
 */
export const CLOCK_ENTRIES_LEFT_MAX = 15;

/**
 * Coordinators that are given one operation, where those before have gone away with it or their stores have failed. Each may
 * take a request timeout.
 */
export const RUNS_MAX = 3;

/** The longest string that another node may have this one compute, in bytes; no `value-max-len` is longer. */
export const COMPUTED_BYTES_MAX = 512 * 2 ** 20;

/** Keys that a session remembers to have written last, for `WAIT`. */
export const LAST_WRITES_MAX = 32;
/** How often it is asked whether replicas hold them by now. */
export const HELD_PAUSE_MS = 20;

/** Changes of one key that wait and use one read, all of them in one turn perhaps. */
export const READ_SHARED_MAX = 128;

// Merges may bring together what as many nodes have let in.
assert(SIBLINGS_MAX * 16 < ENCODABLE_SIBLINGS_MAX);
assert(CLOCK_ENTRIES_LEFT_MAX * 16 < ENCODABLE_CLOCK_ENTRIES_MAX);
