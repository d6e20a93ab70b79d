import type { Store } from '../ports/store.js';
import type { Partition } from '../ring/slots.js';
import type { Identity } from '../storage/identity.js';
import { STORAGE_KIND, storageKey } from '../storage/layout.js';
import { readRow, writeRows } from '../storage/store-calls.js';
import { readU64, writeU64 } from '../version/words.js';

/**
 * Since when this node has served each partition: since it is back, or, after it had started over, since the partition was
 * settled. That stands in the store, row `settled` of the partition and kind meta (u64 ms): a restart does not make
 * the node one that was never away.
 */
export class ServingTimes {
  readonly #store: Store;
  readonly #identity: Identity;
  readonly #settledMs = new Map<Partition, number>();

  constructor(store: Store, identity: Identity) {
    this.#store = store;
    this.#identity = identity;
  }

  /** Rejects with `StoreError`. */
  async load(partitionCount: number): Promise<void> {
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition as Partition);
    const rows = await Promise.all(partitions.map((partition) => readRow(this.#store, settledKey(partition))));
    for (const partition of partitions) {
      const row = rows[partition];
      if (row !== undefined) this.#settledMs.set(partition, readU64(row, 0));
    }
  }

  since(partition: Partition): number {
    return Math.max(this.#identity.gap.toMs, this.#settledMs.get(partition) ?? 0);
  }

  /** Rejects with `StoreError`. */
  async settled(partition: Partition, nowMs: number): Promise<void> {
    const value = Buffer.alloc(8);
    writeU64(value, 0, nowMs);
    await writeRows(this.#store, [{ key: settledKey(partition), value }], true);
    this.#settledMs.set(partition, nowMs);
  }
}

function settledKey(partition: Partition): Buffer {
  return storageKey(STORAGE_KIND.meta, partition, 0, 'settled');
}
