import type { ObjectBytes } from '../../cluster/version/codec.js';
import { shownSibling, siblingValue } from '../../cluster/version/encoded.js';
import type { Server } from '../server.js';

/** Whether concurrent writes of the key are all kept for the application to merge; else the newest one counts. */
export function keepsSiblings(server: Server, key: string): boolean {
  return server.node.keyspaces.of(key).reconcile === 'siblings';
}

/** HOT PATH. Offset of the sibling of `object` that a plain read of the key shows now; -1: nothing is there. */
export function shownAt(server: Server, key: string, object: ObjectBytes | undefined): number {
  return object === undefined ? -1 : shownSibling(object, server.clock.nowMs(), !keepsSiblings(server, key));
}

/** What a plain read of the key shows now, a slice of `object`; undefined: nothing is there. */
export function shownValue(server: Server, key: string, object: ObjectBytes | undefined): Buffer | undefined {
  const at = shownAt(server, key, object);
  return object === undefined || at < 0 ? undefined : siblingValue(object, at);
}
