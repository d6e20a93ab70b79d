import assert from 'node:assert/strict';
import { BATCH_BYTES_MAX, DIRTY_SHARE_MAX, HELD_FAST_SHARE_MAX } from '../replica/limits.js';
import { OUTSTANDING_MAX } from '../wire/limits.js';

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

/**
 * Bytes of values that may be on their way from one coordinator to the replicas: further writes of its clients wait. Two batches of
 * the store, so that one fills while the other is written; more would only make each wait longer, and peers give up on what waits for long.
 */
export const WRITE_BYTES_UNDER_WAY_MAX = 2 * BATCH_BYTES_MAX;
/** And the share of memoryBytesMax that they may take: what three coordinators send fits beside what is held fast. */
export const WRITE_SHARE_MAX = (DIRTY_SHARE_MAX - HELD_FAST_SHARE_MAX) / 3;
/** There is always room for so many, and for one write of any length. */
export const WRITE_BYTES_UNDER_WAY_MIN = 1024 * 1024;
/** With writes that take a longer share of the request timeout the room shrinks to that share of what it was; else each adds some bytes. */
export const WRITE_TIMEOUT_SHARE = 0.25;
export const WRITE_ROOM_SHRINKS_TO = 0.7;
export const WRITE_ROOM_GROWTH = 16 * 1024;
/** What a write counts beside its value. Fewer short ones are under way than a peer's table of requests takes. */
export const WRITE_BYTES_BESIDE = 64;

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
assert(WRITE_BYTES_UNDER_WAY_MIN < WRITE_BYTES_UNDER_WAY_MAX);
assert(WRITE_BYTES_UNDER_WAY_MAX / WRITE_BYTES_BESIDE < OUTSTANDING_MAX);
