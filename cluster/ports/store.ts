/** One change of a batch. A missing value deletes the key. */
export interface StoreWrite {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** One row of a scan. The value of a row that is damaged is empty, which no value that is written is; its key may be wrong too. */
export interface StoreRow {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Reads rows in key order from a snapshot that was taken when the scan was opened: writes that come later are not
 * seen.
 */
export interface StoreScan {
  /** Gives up to `count` further rows; fewer than `count` means that the end was reached. Rejects with `StoreError`. */
  next(count: number): Promise<StoreRow[]>;
  /** Frees the snapshot. Must be called once, also after an error. */
  close(): Promise<void>;
}

/** A store that could not read, write or open. `message` is the engine's own reason. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** An ordered map from bytes to bytes on a disk (or, in tests, in memory). */
export interface Store {
  /** Reads one key; `value` is undefined where there is none. The buffer belongs to the caller. */
  get(key: Buffer, done: (error: StoreError | undefined, value: Buffer | undefined) => void): void;
  /**
   * Applies all writes or none. Done without `sync`: the batch survives the death of the process; with `sync`: the loss
   * of power as well. Batches take effect in the order of the calls. Keys and values are copied within the call.
   */
  write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void;
  /** Opens a scan of all keys k with `from` <= k < `to`. */
  scan(from: Buffer, to: Buffer): StoreScan;
  /** Waits for running writes and frees the store. */
  close(): Promise<void>;
}
