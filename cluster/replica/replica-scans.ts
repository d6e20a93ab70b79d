import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';
import { type Partition, partitionOf, type Slot, slotOf } from '../ring/slots.js';
import { partitionRange, STORAGE_KIND, storageBound, storageKey } from '../storage/layout.js';
import type { Entry } from './entry.js';
import { scanMerged, scanOrder, type TakeRows } from './partition-scan.js';
import { isLiveRecord } from './record.js';
import type { Watermarks } from './watermarks.js';
import type { WriteQueue } from './write-queue.js';

/** Looks through all that a node holds of a partition: the rows of the store, and over them what it does not have yet. */
export class ReplicaScans {
  readonly #store: Store;
  readonly #log: Log;
  readonly #queue: WriteQueue;
  readonly #watermarks: Watermarks;
  readonly #partitionCount: number;

  constructor(store: Store, log: Log, queue: WriteQueue, watermarks: Watermarks, partitionCount: number) {
    this.#store = store;
    this.#log = log;
    this.#queue = queue;
    this.#watermarks = watermarks;
    this.#partitionCount = partitionCount;
  }

  /**
   * All records of a partition (tombstones too, nothing that was flushed) as they are at the call, in the order of (db, key), some at
   * a time; with `after`, those behind this key. Rejects with `StoreError`.
   */
  scanPartition(partition: Partition, takeRows: TakeRows, after?: { db: number; key: string }): Promise<void> {
    const { from, to } = partitionRange(STORAGE_KIND.data, partition);
    const unsettled = this.unsettledOf(partition);
    if (after === undefined) return this.#scan(from, to, unsettled, takeRows);
    const behind = storageKey(STORAGE_KIND.data, partition, after.db, `${after.key}\0`);
    const unsettledBehind = unsettled.filter((entry) => scanOrder(entry, after) > 0);
    return this.#scan(behind, to, unsettledBehind, takeRows);
  }

  /** As `scanPartition`, of one database. */
  scanDatabase(partition: Partition, db: number, takeRows: TakeRows): Promise<void> {
    const from = storageBound(STORAGE_KIND.data, partition, db);
    const to = storageBound(STORAGE_KIND.data, partition, db + 1);
    const unsettled = this.unsettledOf(partition).filter((entry) => entry.db === db);
    return this.#scan(from, to, unsettled, takeRows);
  }

  /** Up to `count` live keys of a slot, in their order. Rejects with `StoreError`. */
  async keysInSlot(db: number, slot: Slot, count: number): Promise<string[]> {
    const keys: string[] = [];
    if (count <= 0) return keys;
    await this.#scanSlot(db, slot, (key) => keys.push(key) < count);
    return keys;
  }

  /** Live keys of a slot. Rejects with `StoreError`. */
  async countKeysInSlot(db: number, slot: Slot): Promise<number> {
    let count = 0;
    await this.#scanSlot(db, slot, () => {
      count++;
      return true;
    });
    return count;
  }

  /** Entries of a partition that the store may not have yet. */
  unsettledOf(partition: Partition): Entry[] {
    const unsettled: Entry[] = [];
    this.#queue.forEachUnsettled(partition, (entry) => unsettled.push(entry));
    return unsettled;
  }

  #scan(from: Buffer, to: Buffer, unsettled: readonly Entry[], takeRows: TakeRows): Promise<void> {
    const shown = (db: number, record: Buffer): Buffer | undefined => this.#watermarks.survivorsOf(db, record);
    return scanMerged(this.#store, this.#log, from, to, unsettled, takeRows, shown);
  }

  async #scanSlot(db: number, slot: Slot, takeKey: (key: string) => boolean): Promise<void> {
    const partition = partitionOf(slot, this.#partitionCount);
    await this.scanDatabase(partition, db, (rows) => {
      for (const { key, record } of rows) {
        if (!isLiveRecord(record) || slotOf(Buffer.from(key, 'latin1')) !== slot) continue;
        if (!takeKey(key)) return false;
      }
      return true;
    });
  }
}
