/**
 * The keys of the store. A partition of one kind is one contiguous range: it can be scanned, sent and dropped whole.
 *
 * ```
 *   0      1               3      4
 *   +------+---------------+------+---------
 *   | kind | partition u16 |  db  | key ...        big-endian, so that the order of bytes is the order of partitions
 *   +------+---------------+------+---------
 * ```
 *
 * Hints lie by the node that they are for, so that those of one node are a contiguous range:
 *
 * ```
 *   0      1           21              23     24
 *   +------+-----------+---------------+------+---------
 *   | kind | target 20 | partition u16 |  db  | key ...
 *   +------+-----------+---------------+------+---------
 * ```
 */
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';

/**
 * The layout that this code writes; the number stands in the store (see `identity.ts`). It reads all from 1 on. 2 brought the
 * journal; 3 the membership, which an older program would pass over, and serve by another ring; 4 counters inside of objects; 5 the
 * watermarks of flushes, without which what was flushed would be shown.
 */
export const DISK_FORMAT = 5;

/** On-disk kinds. Append-only: a number is never given another meaning. */
export const STORAGE_KIND = { data: 1, hint: 2, membership: 3, meta: 4, journal: 5, aside: 6, tree: 7 } as const;

export type StorageKind = (typeof STORAGE_KIND)[keyof typeof STORAGE_KIND];

const STORAGE_KEY_HEADER_BYTES = 4;
/** Databases that a client can SELECT. */
export const DB_COUNT = 16;

const PARTITION_OFFSET = 1;
const DB_OFFSET = 3;

const NODE_ID_BYTES = 20;
const HINT_PARTITION_OFFSET = 1 + NODE_ID_BYTES;
const HINT_KEY_HEADER_BYTES = HINT_PARTITION_OFFSET + 3;

/** A key that a node has missed writes of. */
export interface HintPlace {
  readonly target: NodeId;
  readonly partition: Partition;
  readonly db: number;
  /** Binary string. */
  readonly key: string;
}

/** The storage key of a row. `key` is a binary string. */
export function storageKey(kind: StorageKind, partition: number, db: number, key: string): Buffer {
  const bytes = Buffer.allocUnsafe(STORAGE_KEY_HEADER_BYTES + key.length);
  writeHeader(bytes, kind, partition, db);
  bytes.write(key, STORAGE_KEY_HEADER_BYTES, 'latin1');
  return bytes;
}

/** The first key of a database of a partition, or past its last: with `db` one higher. `db` may be up to 255. */
export function storageBound(kind: StorageKind, partition: number, db: number): Buffer {
  const bytes = Buffer.allocUnsafe(STORAGE_KEY_HEADER_BYTES);
  writeHeader(bytes, kind, partition, db);
  return bytes;
}

/** The bounds of all rows of a kind: from (inclusive), to (exclusive). */
export function kindRange(kind: StorageKind): { from: Buffer; to: Buffer } {
  return { from: Buffer.from([kind]), to: Buffer.from([kind + 1]) };
}

/** The bounds of all rows of a partition: from (inclusive), to (exclusive). Databases are numbered below 255. */
export function partitionRange(kind: StorageKind, partition: Partition): { from: Buffer; to: Buffer } {
  return { from: storageBound(kind, partition, 0), to: storageBound(kind, partition, 255) };
}

/** The partition of a storage key, of a kind that has the partition first. */
export function storedPartition(key: Buffer): Partition {
  return key.readUInt16BE(PARTITION_OFFSET) as Partition;
}

/** The database of a storage key. */
export function storedDb(key: Buffer): number {
  return key.readUInt8(DB_OFFSET);
}

/** The client's key, as a binary string, of a storage key. */
export function storedKey(key: Buffer): string {
  return key.toString('latin1', STORAGE_KEY_HEADER_BYTES);
}

/** The storage key of the hint that `target` has missed writes of a key. `key` is a binary string. */
export function hintKey({ target, partition, db, key }: HintPlace): Buffer {
  const bytes = Buffer.allocUnsafe(HINT_KEY_HEADER_BYTES + key.length);
  bytes[0] = STORAGE_KIND.hint;
  bytes.write(target, 1, NODE_ID_BYTES, 'hex');
  bytes.writeUInt16BE(partition, HINT_PARTITION_OFFSET);
  bytes[HINT_KEY_HEADER_BYTES - 1] = db;
  bytes.write(key, HINT_KEY_HEADER_BYTES, 'latin1');
  return bytes;
}

/** What `hintKey` wrote; undefined: it is too short for that. */
export function readHintKey(bytes: Buffer): HintPlace | undefined {
  if (bytes.length < HINT_KEY_HEADER_BYTES) return undefined;
  return {
    target: bytes.toString('hex', 1, 1 + NODE_ID_BYTES) as NodeId,
    partition: bytes.readUInt16BE(HINT_PARTITION_OFFSET) as Partition,
    db: bytes.readUInt8(HINT_KEY_HEADER_BYTES - 1),
    key: bytes.toString('latin1', HINT_KEY_HEADER_BYTES),
  };
}

function writeHeader(bytes: Buffer, kind: StorageKind, partition: number, db: number): void {
  bytes[0] = kind;
  bytes[1] = partition >>> 8;
  bytes[2] = partition;
  bytes[DB_OFFSET] = db;
}
