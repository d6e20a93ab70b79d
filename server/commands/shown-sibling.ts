import type { ObjectBytes } from '../../cluster/version/codec.js';
import { withCountersMerged } from '../../cluster/version/counter-fold.js';
import { shownSibling, siblingCount, siblingValue } from '../../cluster/version/encoded.js';
import type { Server } from '../server.js';

/** Whether concurrent writes of the key are all kept for the application to merge; else the newest one counts. */
export function keepsSiblings(server: Server, key: string): boolean {
  return server.node.keyspaces.of(key).reconcile === 'siblings';
}

/**
 * HOT PATH. What replicas hold of a key, as it is read: counters that were added to at several nodes at once are merged.
 * Almost always the object itself.
 */
export function readable(server: Server, object: ObjectBytes | undefined): ObjectBytes | undefined {
  if (object === undefined || siblingCount(object) === 1) return object;
  return withCountersMerged(object, server.clock.nowMs());
}

/** HOT PATH. Offset of the sibling of `object` (see `readable`) that a plain read of the key shows now; -1: nothing is there. */
export function shownAt(server: Server, key: string, object: ObjectBytes | undefined): number {
  return object === undefined ? -1 : shownSibling(object, server.clock.nowMs(), !keepsSiblings(server, key));
}

/** What a plain read of the key shows now, a slice of `object`; undefined: nothing is there. */
export function shownValue(server: Server, key: string, object: ObjectBytes | undefined): Buffer | undefined {
  const read = readable(server, object);
  const at = shownAt(server, key, read);
  return read === undefined || at < 0 ? undefined : siblingValue(read, at);
}
