import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { ObjectBytes } from '../version/codec.js';
import { withCountersMerged } from '../version/counter-fold.js';
import { shownSibling } from '../version/encoded.js';

/** Whether a plain read that found this would show a value. */
export function isShown(keyspaces: Keyspaces, key: string, object: ObjectBytes, nowMs: number): boolean {
  const newestDecides = keyspaces.of(key).reconcile === 'newest';
  return shownSibling(withCountersMerged(object, nowMs), nowMs, newestDecides) >= 0;
}
