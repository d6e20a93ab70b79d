/**
 * HOT PATH (`write`). A store that never gives a value that was not written: each value carries a checksum of its own. RocksDB
 * has one for each block, and checks it when it reads a single key; the binding's scans do not check it, and what they
 * read goes into the cache and to other nodes.
 *
 * ```
 *   +--------------------+-------------+
 *   | value              | crc32 u32   |   over the key and the value, little-endian
 *   +--------------------+-------------+
 * ```
 *
 * Whether the rows of a folder have checksums is said by a row of kind meta, `checksums`, which is written before any other.
 * Folders of earlier versions lack it and go on without.
 */
import { crc32 } from 'node:zlib';
import { type Store, StoreError, type StoreRow, type StoreScan, type StoreWrite } from '../ports/store.js';
import { STORAGE_KIND, storageKey } from './layout.js';

const CRC_BYTES = 4;
const MARK_KEY = storageKey(STORAGE_KIND.meta, 0, 0, 'checksums');
const MARK = Buffer.from([1]);
const FIRST_KEY = Buffer.alloc(1, 0);
const LAST_KEY = Buffer.alloc(1, 0xff);
const DAMAGED = Buffer.alloc(0);

/** `inner` with checksums, or as it is where it has rows without. Rejects with `StoreError`. */
export async function withChecksums(inner: Store): Promise<Store> {
  if ((await read(inner, MARK_KEY)) !== undefined) return new ChecksummedStore(inner);
  if (!(await isEmpty(inner))) return inner;
  await mark(inner);
  return new ChecksummedStore(inner);
}

class ChecksummedStore implements Store {
  readonly #inner: Store;

  constructor(inner: Store) {
    this.#inner = inner;
  }

  get(key: Buffer, done: (error: StoreError | undefined, value: Buffer | undefined) => void): void {
    this.#inner.get(key, (error, stored) => {
      if (error !== undefined || stored === undefined) return done(error, stored);
      const value = checked(key, stored);
      return value === undefined ? done(damagedError(key), undefined) : done(undefined, value);
    });
  }

  write(writes: readonly StoreWrite[], sync: boolean, done: (error: StoreError | undefined) => void): void {
    const rows: StoreWrite[] = [];
    for (const { key, value } of writes) rows.push({ key, value: value && withCrc(key, value) });
    this.#inner.write(rows, sync, done);
  }

  scan(from: Buffer, to: Buffer): StoreScan {
    const scan = this.#inner.scan(from, to);
    return {
      next: async (count) => {
        const rows: StoreRow[] = await scan.next(count);
        return rows.map(({ key, value }) => ({ key, value: checked(key, value) ?? DAMAGED }));
      },
      close: () => scan.close(),
    };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function withCrc(key: Buffer, value: Buffer): Buffer {
  const { length } = value;
  const stored = Buffer.allocUnsafe(length + CRC_BYTES);
  value.copy(stored);
  stored.writeUInt32LE(crcOf(key, value), length);
  return stored;
}

/** The value without its checksum, or undefined where that is not its checksum. */
function checked(key: Buffer, stored: Buffer): Buffer | undefined {
  const length = stored.length - CRC_BYTES;
  if (length < 0) return undefined;
  const value = stored.subarray(0, length);
  return crcOf(key, value) === stored.readUInt32LE(length) ? value : undefined;
}

function crcOf(key: Buffer, value: Buffer): number {
  return crc32(value, crc32(key));
}

function damagedError(key: Buffer): StoreError {
  return new StoreError(`Corruption: the row ${key.toString('hex')} has a wrong checksum`);
}

function read(store: Store, key: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    store.get(key, (error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

function mark(store: Store): Promise<void> {
  return new Promise((resolve, reject) => {
    const writes = [{ key: MARK_KEY, value: MARK }];
    store.write(writes, true, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

async function isEmpty(store: Store): Promise<boolean> {
  const scan = store.scan(FIRST_KEY, LAST_KEY);
  try {
    return (await scan.next(1)).length === 0;
  } finally {
    await scan.close();
  }
}
