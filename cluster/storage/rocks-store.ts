import rocksdb from 'rocksdb';
import { type Store, StoreError, type StoreRow, type StoreScan, type StoreWrite } from '../ports/store.js';
import { LogRenewal } from './log-renewal.js';

export interface RocksStoreOptions {
  /** Blocks read from files that RocksDB keeps. Small by default: the object cache stands above it. */
  readonly blockCacheBytes?: number;
  /** Size of one memtable; RocksDB keeps two. */
  readonly writeBufferBytes?: number;
}

const MIB = 1024 * 1024;
const DEFAULT_BLOCK_CACHE_BYTES = 8 * MIB;
const DEFAULT_WRITE_BUFFER_BYTES = 16 * MIB;
const FILE_BYTES = 16 * MIB;
const OPEN_FILES_MAX = 500;
const SCAN_AHEAD_BYTES = 256 * 1024;
/** Keys that are read by one thread, one after the other. */
const READS_MAX = 16;
const GET_OPTIONS = { asBuffer: true } as const;
const WRITE_OPTIONS = { sync: false } as const;
const SYNC_WRITE_OPTIONS = { sync: true } as const;

type Db = ReturnType<typeof rocksdb>;

/**
 * Opens (and creates, if its parent folder is there) the RocksDB in `dir`. Rejects with `StoreError`: in particular
 * when another process has it open.
 */
export function openRocksStore(dir: string, options: RocksStoreOptions = {}): Promise<Store> {
  const db = rocksdb(dir);
  const openOptions = {
    createIfMissing: true,
    compression: true,
    cacheSize: options.blockCacheBytes ?? DEFAULT_BLOCK_CACHE_BYTES,
    writeBufferSize: options.writeBufferBytes ?? DEFAULT_WRITE_BUFFER_BYTES,
    maxFileSize: FILE_BYTES,
    maxOpenFiles: OPEN_FILES_MAX,
  };
  return new Promise((resolve, reject) => {
    db.open(openOptions, (error) => {
      if (error) reject(new StoreError(openFault(dir, error.message)));
      else resolve(new RocksStore(db));
    });
  });
}

function openFault(dir: string, reason: string): string {
  return /\block\b/i.test(reason)
    ? `the data folder ${dir} is in use by another process (${reason})`
    : `the data folder ${dir} can't be opened: ${reason}`;
}

function closedError(): StoreError {
  return new StoreError('the store is closed');
}

/** A key that waits to be read with others. */
interface QueuedRead {
  readonly key: Buffer;
  readonly done: (error: StoreError | undefined, value: Buffer | undefined) => void;
}

/** A batch that waits for the one before it. */
interface QueuedBatch {
  readonly writes: readonly StoreWrite[];
  readonly sync: boolean;
  readonly done: (error: StoreError | undefined) => void;
}

class RocksStore implements Store {
  readonly #db: Db;
  readonly #log: LogRenewal;
  /** One at a time is with RocksDB: none may be behind one that fails. */
  #writing = false;
  readonly #queue: QueuedBatch[] = [];
  #reads: QueuedRead[] = [];
  #running = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;

  constructor(db: Db) {
    this.#db = db;
    this.#log = new LogRenewal(db);
  }

  get(key: Buffer, done: (error: StoreError | undefined, value: Buffer | undefined) => void): void {
    if (this.#closed) {
      queueMicrotask(() => done(closedError(), undefined));
      return;
    }
    this.#begin();
    this.#reads.push({ key, done });
    if (this.#reads.length >= READS_MAX) this.#read();
    else if (this.#reads.length === 1) setImmediate(this.#read);
  }

  write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void {
    if (this.#closed) {
      queueMicrotask(() => done(closedError()));
      return;
    }
    this.#begin();
    if (this.#writing) this.#queue.push({ writes, sync, done });
    else this.#write(writes, sync, done);
  }

  scan(from: Buffer, to: Buffer): StoreScan {
    if (this.#closed) return { next: () => Promise.reject(closedError()), close: () => Promise.resolve() };
    this.#begin();
    const iterator = this.#db.iterator({
      gte: from,
      lt: to,
      keyAsBuffer: true,
      valueAsBuffer: true,
      fillCache: false,
      highWaterMark: SCAN_AHEAD_BYTES,
    });
    return {
      next: (count) =>
        new Promise((resolve, reject) => {
          const rows: StoreRow[] = [];
          const take = () => {
            iterator.next((error, key, value) => {
              if (error) return reject(new StoreError(error.message));
              if (key === undefined || value === undefined) return resolve(rows);
              rows.push({ key, value });
              return rows.length < count ? take() : resolve(rows);
            });
          };
          take();
        }),
      close: () =>
        new Promise((resolve, reject) => {
          iterator.end((error) => {
            this.#end();
            if (error) reject(new StoreError(error.message));
            else resolve();
          });
        }),
    };
  }

  /** Waits for running reads and scans too: the native side must not lose its database under them. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await new Promise<void>((resolve, reject) => {
      this.#db.close((error) => (error ? reject(new StoreError(error.message)) : resolve()));
    });
  }

  /** The keys of a turn go to a thread together: the way there and back costs more than a read (46 µs a key of eight alone, 21 together). */
  readonly #read = (): void => {
    const reads = this.#reads;
    if (reads.length === 0) return;
    this.#reads = [];
    const [first] = reads;
    if (reads.length === 1 && first !== undefined) {
      this.#readOne(first);
      return;
    }
    const keys = reads.map(({ key }) => key);
    this.#db.getMany(keys, GET_OPTIONS, (error, values) => {
      // One that can't be read is no fault of the others.
      if (error) {
        for (const read of reads) this.#readOne(read);
        return;
      }
      for (const [index, { done }] of reads.entries()) {
        this.#end();
        done(undefined, values[index]);
      }
    });
  };

  #readOne({ key, done }: QueuedRead): void {
    this.#db.get(key, GET_OPTIONS, (error, value) => {
      this.#end();
      // leveldown's API tells a missing key by this error.
      if (error && /^NotFound/i.test(error.message)) done(undefined, undefined);
      else if (error) done(new StoreError(error.message), undefined);
      else done(undefined, value);
    });
  }

  #write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void {
    this.#writing = true;
    const fault = this.#log.fault();
    if (fault !== undefined) {
      queueMicrotask(() => this.#written(fault, done));
      return;
    }
    // A chained batch copies each row on its way in: 1.6 µs a row, against 2.8 for the array form. Its `_put` leaves out
    // the checks for keys and values of other types, which our types make: 0.7 µs.
    const batch = this.#db.batch();
    for (const { key, value } of writes) {
      if (value === undefined) batch._del(key);
      else batch._put(key, value);
    }
    batch.write(sync ? SYNC_WRITE_OPTIONS : WRITE_OPTIONS, (error) => {
      if (error) this.#log.failed(error.message);
      this.#written(error?.message, done);
    });
  }

  #written(fault: string | undefined, done: (error: StoreError | undefined) => void): void {
    this.#writing = false;
    const next = this.#queue.shift();
    if (next !== undefined) this.#write(next.writes, next.sync, next.done);
    this.#end();
    done(fault === undefined ? undefined : new StoreError(fault));
  }

  #begin(): void {
    this.#running++;
  }

  #end(): void {
    this.#running--;
    if (this.#running === 0) this.#whenIdle?.();
  }
}
