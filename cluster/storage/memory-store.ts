import { type Store, StoreError, type StoreRow, type StoreScan, type StoreWrite } from '../ports/store.js';
import type { Timers } from '../ports/timers.js';

/** What outlives a process: the rows as its operating system has them, and as its disk has them. Keys are binary strings. */
export interface MemoryDisk {
  readonly rows: Map<string, Buffer>;
  /** Writes since the last synced batch, in order; they are in `rows`, and lost with the power. */
  readonly unsynced: StoreWrite[];
  readonly synced: Map<string, Buffer>;
}

export interface MemoryStoreOptions {
  /** What an earlier store left behind; a new, empty disk if absent. */
  readonly disk?: MemoryDisk;
  /** How long the next read or write takes, in ms; 0 if absent. */
  readonly latencyMs?: () => number;
}

interface QueuedWrite {
  readonly writes: readonly StoreWrite[];
  readonly sync: boolean;
  readonly done: (error: StoreError | undefined) => void;
}

/**
 * A deterministic `Store` in memory, for tests and the simulator. All answers come through the timers it is given. A
 * batch takes effect, all of it, at the moment its `done` is called; a synced one carries with it all that came
 * before, as RocksDB's log does.
 */
export class MemoryStore implements Store {
  /** While set, every read (a scan's too) fails with this reason. */
  failReads: string | undefined;
  /** While set, every write fails with this reason and changes nothing. */
  failWrites: string | undefined;

  readonly #timers: Timers;
  readonly #disk: MemoryDisk;
  readonly #latencyMs: () => number;
  readonly #queue: QueuedWrite[] = [];
  readonly #closing: (() => void)[] = [];
  #sortedKeys: string[] | undefined;
  #state: 'open' | 'closed' | 'crashed' = 'open';

  constructor(timers: Timers, options: MemoryStoreOptions = {}) {
    this.#timers = timers;
    this.#disk = options.disk ?? { rows: new Map(), unsynced: [], synced: new Map() };
    this.#latencyMs = options.latencyMs ?? (() => 0);
  }

  get(key: Buffer, done: (error: StoreError | undefined, value: Buffer | undefined) => void): void {
    const name = key.toString('latin1');
    this.#later(() => {
      const error = this.#readError();
      const value = error === undefined ? this.#disk.rows.get(name) : undefined;
      done(error, value === undefined ? undefined : Buffer.from(value));
    });
  }

  write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void {
    const copies = writes.map(({ key, value }) => ({ key: Buffer.from(key), value: value && Buffer.from(value) }));
    this.#queue.push({ writes: copies, sync, done });
    // One at a time, whatever each takes: batches take effect in the order of the calls.
    if (this.#queue.length === 1) this.#later(() => this.#finishWrite());
  }

  scan(from: Buffer, to: Buffer): StoreScan {
    const keys = this.#keysBetween(from.toString('latin1'), to.toString('latin1'));
    const rows = keys.map((key) => ({ key, value: this.#disk.rows.get(key) ?? Buffer.alloc(0) }));
    let at = 0;
    const next = (count: number) =>
      new Promise<StoreRow[]>((resolve, reject) => {
        this.#later(() => {
          const error = this.#readError();
          if (error !== undefined) return reject(error);
          const slice = rows.slice(at, at + count);
          at += slice.length;
          return resolve(
            slice.map(({ key, value }) => ({ key: Buffer.from(key, 'latin1'), value: Buffer.from(value) })),
          );
        });
      });
    return { next, close: () => new Promise((resolve) => this.#later(resolve)) };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#queue.length > 0) {
        this.#closing.push(resolve);
        return;
      }
      this.#state = 'closed';
      this.#later(resolve);
    });
  }

  /**
   * Ends the process, or the power as well: nothing of this store answers any more. Gives what is left for the next
   * store: of a killed process all batches whose `done` was called, without power only those that were synced.
   */
  crash(lost: 'process' | 'power'): MemoryDisk {
    this.#state = 'crashed';
    this.#queue.length = 0;
    if (lost === 'process') return this.#disk;
    return { rows: new Map(this.#disk.synced), unsynced: [], synced: this.#disk.synced };
  }

  /** What a later store on the same folder finds after an orderly end. */
  get disk(): MemoryDisk {
    return this.#disk;
  }

  #finishWrite(): void {
    const write = this.#queue.shift();
    if (write === undefined) return;
    const error = this.#error(this.failWrites);
    if (error === undefined) this.#apply(write);
    if (this.#queue.length > 0) this.#later(() => this.#finishWrite());
    write.done(error);
    if (this.#queue.length > 0 || this.#closing.length === 0) return;
    this.#state = 'closed';
    for (const closed of this.#closing.splice(0)) closed();
  }

  #apply({ writes, sync }: QueuedWrite): void {
    const { rows, unsynced, synced } = this.#disk;
    for (const { key, value } of writes) {
      const write = { key, value };
      const name = key.toString('latin1');
      if (write.value === undefined || !rows.has(name)) this.#sortedKeys = undefined;
      change(rows, write);
      unsynced.push(write);
    }
    if (!sync) return;
    for (const write of unsynced) change(synced, write);
    unsynced.length = 0;
  }

  #keysBetween(from: string, to: string): string[] {
    this.#sortedKeys ??= [...this.#disk.rows.keys()].sort();
    const keys = this.#sortedKeys;
    return keys.slice(firstNotBelow(keys, from), firstNotBelow(keys, to));
  }

  #readError(): StoreError | undefined {
    return this.#error(this.failReads);
  }

  #error(reason: string | undefined): StoreError | undefined {
    if (this.#state === 'closed') return new StoreError('the store is closed');
    return reason === undefined ? undefined : new StoreError(reason);
  }

  #later(callback: () => void): void {
    this.#timers.after(this.#latencyMs(), () => {
      if (this.#state !== 'crashed') callback();
    });
  }
}

function change(rows: Map<string, Buffer>, { key, value }: StoreWrite): void {
  const name = key.toString('latin1');
  if (value === undefined) rows.delete(name);
  else rows.set(name, value);
}

function firstNotBelow(sorted: readonly string[], bound: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
