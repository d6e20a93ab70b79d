/** How much of what two nodes' keyspaces differ in is logged and kept, in chars. */
export const KEYSPACE_DIFFERENCE_CHARS_MAX = 2_000;
