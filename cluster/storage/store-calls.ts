/** Reads and writes of a store as promises, for what is not on the path of a request. */
import type { Store, StoreWrite } from '../ports/store.js';

/** The value of one key, undefined where there is none. Rejects with `StoreError`. */
export function readRow(store: Store, key: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    store.get(key, (error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

/** Applies all writes or none; `sync`: they survive the loss of power. Rejects with `StoreError`. */
export function writeRows(store: Store, writes: readonly StoreWrite[], sync: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    store.write(writes, sync, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
