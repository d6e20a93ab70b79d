/** How long work that could take seconds may keep the event loop at a time. */

/** A request of more arguments than this runs by itself on its connection, and a bit in each turn. */
export const LONG_REQUEST_ARGUMENTS = 1024;
/** What all long work of a node may take of one turn, in µs; a step that has begun ends. */
export const TURN_US = 1000;
/** What the short requests of one client may take at a stretch, in µs, and those of all clients in one turn; a request that has begun ends. */
export const CLIENT_TURN_US = 2_500;
export const CLIENTS_TURN_US = 20_000;
/** Steps in one turn, at the most: for clocks that stand still. */
export const TURN_STEPS_MAX = 64;
/** Arguments that one step looks at, copies, or writes. */
export const STEP_ARGUMENTS = 256;
/** Bytes that one step copies, or looks at in some costly way. */
export const STEP_BYTES = 256 * 1024;
export const STEP_BYTES_COSTLY = 16 * 1024;
/** Keys that one step asks the cluster for. */
export const STEP_KEYS = 32;
/** Keys of one long request that are asked for at a time: what other nodes get of it at once. */
export const KEYS_UNDER_WAY_MAX = 256;
/** Bytes that those keys may have, going by the ones that came before. Of a short request too, if it asks for many long values. */
export const BYTES_UNDER_WAY_MAX = 4 * 1024 * 1024;
/** What a value of many is taken to have until those of the same client have told better, and what it is taken to have at the least. */
export const VALUE_BYTES_GUESSED = 256 * 1024;
export const VALUE_BYTES_GUESSED_MIN = 32 * 1024;
/** Requests that waited for an earlier one, handed on in one step. */
export const STEP_REQUESTS = 32;

/** Arguments of requests longer than the first figure that are in memory at a time; one request may be longer than that. */
export const LONG_ARGUMENTS_FREE = 16 * 1024;
export const LONG_ARGUMENTS_AT_ONCE = 2 * 1024 * 1024;
