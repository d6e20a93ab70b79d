/** Gives background work its share of the node (Dynamo §6.5). */

/** What runs behind the clients' requests. */
export const BACKGROUND_WORKS = ['hints', 'exchange', 'reaping', 'transfer', 'flushing'] as const;
export type BackgroundWork = (typeof BACKGROUND_WORKS)[number];

/**
 * Background work asks before each slice of itself: about `units` keys that it is going to read, send or write. It
 * resolves when the slice may run; `false`: the node stops, and so must the work. A slice of more than some dozens of keys
 * holds up the clients' requests that arrive while it runs.
 */
export interface Governor {
  admit(work: BackgroundWork, units: number): Promise<boolean>;
}
