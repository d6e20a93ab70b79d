import { type Store, StoreError, type StoreScan } from '../ports/store.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import type { Partition } from '../ring/slots.js';
import { kindRange, partitionRange, STORAGE_KIND } from '../storage/layout.js';
import { LOG } from './entry.js';
import type { KeyCounts } from './key-counts.js';
import { RETRY_MAX_MS, RETRY_MIN_MS, SCAN_ROWS, WARM_PAUSE_MS } from './limits.js';
import type { ObjectCache } from './object-cache.js';
import { readRow } from './partition-scan.js';
import { standingOf } from './record.js';
import type { RecordObserver } from './record-observer.js';
import type { Watermarks } from './watermarks.js';
import type { WriteQueue } from './write-queue.js';

/**
 * Reads the store once, behind, after the start: counts the keys, tells the observer of all records (flushed ones too, as they
 * leave the store later), and fills the cache
 * while there is room. One partition after the other, each from a snapshot of its own. Clients write meanwhile. So, for a
 * partition:
 *
 * - the keys that are dirty when its snapshot is taken count, and are told, as they are in memory, and not as they are in
 *   the snapshot;
 * - every later write changes the count by the difference to the record before it, and is told as that difference;
 * - a row goes into the cache only while nothing of the partition has been evicted since the snapshot: what is not in
 *   the cache then can't have been written since, and the row is the latest record.
 */
export class WarmUp {
  warm = false;

  readonly #world: Pick<World, 'timers' | 'log'>;
  readonly #store: Store;
  readonly #cache: ObjectCache;
  readonly #counts: KeyCounts;
  readonly #queue: WriteQueue;
  readonly #observer: RecordObserver;
  readonly #watermarks: Watermarks;
  readonly #partitionCount: number;
  readonly #running: Promise<void>;
  readonly #waiting: (() => void)[] = [];
  #pause: { readonly timer: Timer; readonly resolve: () => void } | undefined;
  #stopped = false;
  #next = 0;

  /** `mayBeEmpty`: where the store has no rows of records there are no records. */
  constructor(
    world: Pick<World, 'timers' | 'log'>,
    store: Store,
    cache: ObjectCache,
    counts: KeyCounts,
    queue: WriteQueue,
    observer: RecordObserver,
    watermarks: Watermarks,
    partitionCount: number,
    mayBeEmpty: boolean,
  ) {
    this.#world = world;
    this.#store = store;
    this.#cache = cache;
    this.#counts = counts;
    this.#queue = queue;
    this.#observer = observer;
    this.#watermarks = watermarks;
    this.#partitionCount = partitionCount;
    this.#running = this.#run(mayBeEmpty);
  }

  /** Resolves when all is counted, or when the warm-up was stopped. */
  whenWarm(): Promise<void> {
    if (this.warm || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Ends the warm-up; resolves when its snapshot is freed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause?.timer.stop();
    this.#pause?.resolve();
    await this.#running;
  }

  async #run(mayBeEmpty: boolean): Promise<void> {
    let retryMs = RETRY_MIN_MS;
    let emptyChecked = !mayBeEmpty;
    while (!this.#stopped && !this.warm) {
      try {
        if (!emptyChecked) await this.#tryEmpty();
        emptyChecked = true;
        while (!this.#stopped && this.#next < this.#partitionCount) {
          await this.#scanPartition(this.#next as Partition);
          this.#next++;
        }
        this.warm = this.#next >= this.#partitionCount;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#world.log.error({ reason: error.message, retryMs }, 'the warm-up could not read the store');
        emptyChecked = true;
        await this.#sleep(retryMs);
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
      }
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** A new folder is the common case of tests and first starts: one look replaces a scan of each partition. */
  async #tryEmpty(): Promise<void> {
    const { from, to } = kindRange(STORAGE_KIND.data);
    const scan = this.#store.scan(from, to);
    this.#forAll((partition) => this.#begin(partition));
    let empty = false;
    try {
      empty = (await scan.next(1)).length === 0;
    } finally {
      if (!empty) this.#forAll((partition) => this.#suspend(partition));
      await scan.close();
    }
    if (!empty) return;
    this.#forAll((partition) => {
      this.#cache.endFill(partition);
      this.#observer.complete(partition);
    });
    this.#next = this.#partitionCount;
  }

  async #scanPartition(partition: Partition): Promise<void> {
    const { from, to } = partitionRange(STORAGE_KIND.data, partition);
    // No turn of the event loop may come between the snapshot and these.
    const scan = this.#store.scan(from, to);
    this.#begin(partition);
    const dirty = this.#takeDirty(partition);
    let whole = false;
    try {
      whole = await this.#takeAll(scan, partition, dirty);
    } catch (error) {
      this.#suspend(partition);
      throw error;
    } finally {
      await scan.close();
    }
    if (this.#stopped) return;
    if (whole) this.#cache.endFill(partition);
    this.#observer.complete(partition);
  }

  #begin(partition: Partition): void {
    this.#counts.begin(partition);
    this.#cache.beginFill(partition);
    this.#observer.begin(partition);
  }

  #suspend(partition: Partition): void {
    this.#counts.suspend(partition);
    this.#observer.suspend(partition);
  }

  /** Gives the dirty keys of the partition, each after its database's character. */
  #takeDirty(partition: Partition): Set<string> {
    const dirty = new Set<string>();
    this.#queue.forEachUnsettled(partition, (entry) => {
      dirty.add(String.fromCharCode(entry.db) + entry.key);
      if (entry.record === undefined) return;
      if (!this.#watermarks.isFlushed(entry.db, entry.record)) this.#counts.add(partition, entry.db, entry.standing, 1);
      this.#observer.found(partition, entry.db, entry.key, entry.record);
    });
    return dirty;
  }

  /** Whether every row is in the cache. */
  async #takeAll(scan: StoreScan, partition: Partition, dirty: ReadonlySet<string>): Promise<boolean> {
    let whole = true;
    while (!this.#stopped) {
      const rows = await scan.next(SCAN_ROWS);
      for (const stored of rows) {
        const row = readRow(stored, this.#world.log);
        if (row === undefined) {
          whole = false;
          continue;
        }
        const { db, key, record } = row;
        // Of a million rows most belong to partitions where nothing is dirty: no string is made for those.
        if (dirty.size === 0 || !dirty.has(String.fromCharCode(db) + key)) {
          if (!this.#watermarks.isFlushed(db, record)) this.#counts.add(partition, db, standingOf(record), 1);
          this.#observer.found(partition, db, key, record);
        }
        if (!this.#fill(partition, db, key, record)) whole = false;
      }
      if (rows.length < SCAN_ROWS) return whole;
      await this.#sleep(WARM_PAUSE_MS);
    }
    return false;
  }

  #fill(partition: Partition, db: number, key: string, record: Buffer): boolean {
    if (!this.#cache.isUnbroken(partition)) return false;
    if (this.#cache.find(db, key) !== undefined) return true;
    if (!this.#cache.hasRoomToWarm()) return false;
    const entry = this.#cache.add(partition, db, key);
    this.#cache.setRecord(entry, this.#cache.memory.copyOf(record));
    entry.durable = LOG;
    return true;
  }

  #forAll(visit: (partition: Partition) => void): void {
    for (let partition = 0; partition < this.#partitionCount; partition++) visit(partition as Partition);
  }

  #sleep(delayMs: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#world.timers.after(delayMs, resolve);
      this.#pause = { timer, resolve };
    });
  }
}
