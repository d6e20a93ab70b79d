import assert from 'node:assert/strict';

/** An object counts its siblings in 16 bits. */
const ENCODABLE_SIBLINGS_MAX = 65_535;

/**
 * Siblings of one key. A put that would leave more, and more than there were, is refused: each one makes all further
 * puts, merges and reads of the key slower. Merges and repairs are never refused.
 */
export const SIBLINGS_MAX = 1_000;

// Merges may bring together what as many nodes have let in.
assert(SIBLINGS_MAX * 16 < ENCODABLE_SIBLINGS_MAX);
