/** A row of kind meta, `synced`: when the store was last made durable by order, in ms since 1970 (f64). */
import type { Store } from '../ports/store.js';
import { STORAGE_KIND, storageKey } from './layout.js';

const ROW_KEY = storageKey(STORAGE_KIND.meta, 0, 0, 'synced');

/** Resolves when all batches that were written before are safe from a loss of power. Rejects with `StoreError`. */
export function syncStore(store: Pick<Store, 'write'>, nowMs: number): Promise<void> {
  const value = Buffer.alloc(Float64Array.BYTES_PER_ELEMENT);
  value.writeDoubleLE(nowMs);
  return new Promise((resolve, reject) => {
    // A batch that is synced syncs those before it; an empty one would not reach the disk at all.
    store.write([{ key: ROW_KEY, value }], true, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
