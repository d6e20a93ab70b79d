/**
 * HOT PATH. A journal row: the records of one batch in one row of the store, in the order in which they were written.
 *
 * ```
 *   row      | record | record | ...
 *   record   | partition u16 | db u8 | key bytes u32 | record bytes u32 | key | record |      little-endian
 * ```
 *
 * A record of no bytes says that the key left the node. The storage key of a row is its number, which rises by one from row to row.
 */
import type { Partition } from '../ring/slots.js';
import { STORAGE_KIND } from '../storage/layout.js';
import { copyShort, readU32, writeU32 } from '../version/words.js';
import type { Entry } from './entry.js';

const RECORD_HEADER_BYTES = 11;
/** Longer runs are left to the engine's own copy. */
const SHORT_BYTES_MAX = 64;
const ROW_KEY_BYTES = 9;
const FIRST_SIZE = 64 * 1024;
/** A larger buffer is let go after the row that needed it. */
const SIZE_KEPT = 1024 * 1024;

/** Gathers the records of one row. The bytes are good until the next `begin`. */
export class JournalRowWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  begin(): void {
    this.#length = 0;
    if (this.#bytes.length > SIZE_KEPT) this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  append({ partition, db, key, record }: Entry): void {
    const keyBytes = key.length;
    const recordBytes = record === undefined ? 0 : record.length;
    let at = this.#length;
    const end = at + RECORD_HEADER_BYTES + keyBytes + recordBytes;
    if (end > this.#bytes.length) this.#grow(end);
    const bytes = this.#bytes;
    bytes[at] = partition;
    bytes[at + 1] = partition >>> 8;
    bytes[at + 2] = db;
    writeU32(bytes, at + 3, keyBytes);
    writeU32(bytes, at + 7, recordBytes);
    at += RECORD_HEADER_BYTES;
    if (keyBytes > SHORT_BYTES_MAX) bytes.write(key, at, 'latin1');
    else for (let i = 0; i < keyBytes; i++) bytes[at + i] = key.charCodeAt(i);
    at += keyBytes;
    if (record !== undefined) {
      if (recordBytes > SHORT_BYTES_MAX) record.copy(bytes, at);
      else copyShort(record, 0, bytes, at, recordBytes);
    }
    this.#length = end;
  }

  /** The row so far: a slice of the writer's own buffer. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** The storage key of the journal row with this number (a safe integer). Rows sort by number. */
export function journalRowKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(ROW_KEY_BYTES);
  key[0] = STORAGE_KIND.journal;
  key.writeUInt16BE(0, 1);
  key.writeUIntBE(number, 3, 6);
  return key;
}

/** Whether `key`, read from a store that may be damaged, can be that of a journal row. */
export function isJournalRowKey(key: Buffer): boolean {
  return key.length === ROW_KEY_BYTES && key[0] === STORAGE_KIND.journal;
}

/** The number of the row that has this storage key. */
export function journalRowNumber(key: Buffer): number {
  return key.readUIntBE(ROW_KEY_BYTES - 6, 6);
}

/** What is to be known of a record of a row: `record` is a slice of the row. */
export type VisitRecord = (partition: Partition, db: number, key: string, record: Buffer) => void;

/** Calls `visit` with each record of a row, in order. Gives the reason where the row is not well formed from some place on. */
export function readJournalRow(row: Buffer, visit: VisitRecord): string | undefined {
  return findJournalRecords(row, (_partition, _db, at) => readJournalRecord(row, at, visit));
}

/**
 * Calls `found` with where each record of a row begins, in order, and makes nothing of it. Gives the reason where the row is not
 * well formed from some place on.
 */
export function findJournalRecords(
  row: Buffer,
  found: (partition: number, db: number, at: number) => void,
): string | undefined {
  const { length } = row;
  let at = 0;
  while (at < length) {
    if (length - at < RECORD_HEADER_BYTES) return 'a record without its header';
    const end = at + RECORD_HEADER_BYTES + readU32(row, at + 3) + readU32(row, at + 7);
    if (end > length) return 'a record that is cut off';
    found((row[at] ?? 0) | ((row[at + 1] ?? 0) << 8), row[at + 2] ?? 0, at);
    at = end;
  }
  return undefined;
}

/** Calls `visit` with the record that begins at `at`, as `findJournalRecords` gave it. */
export function readJournalRecord(row: Buffer, at: number, visit: VisitRecord): void {
  const keyAt = at + RECORD_HEADER_BYTES;
  const recordAt = keyAt + readU32(row, at + 3);
  visit(
    row.readUInt16LE(at) as Partition,
    row.readUInt8(at + 2),
    row.toString('latin1', keyAt, recordAt),
    row.subarray(recordAt, recordAt + readU32(row, at + 7)),
  );
}
