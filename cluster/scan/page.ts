/**
 * The question for the next keys of partitions (`QUERY_KIND.scan`) and its answer. Little-endian.
 *
 * ```
 *   question:  db u8 | rows u16: wanted of each partition | count u16 | count x ( partition u16 | after u64 )
 *   answer:    for each partition of the question, in its order:
 *              0 u8: this node can't tell
 *              1 u8 | up to u64 | count u32 | count x ( hash u64 | state u8 | key )
 *              (empty: the question was malformed)
 *   state:     0: nothing that a read shows is left of the key; 1: it is there
 *   key:       length u32, then that many bytes
 * ```
 *
 * A page tells of all keys whose hashes are above `after`, up to `up to`, in the order of their hashes; one that ends where it began says
 * that the node needs more time: it is to be asked again.
 */

import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import { PAGE_ROWS_MAX, QUESTION_PLACES_MAX } from './limits.js';
import type { ScanPlace } from './place.js';

const CAN_NOT_TELL = 0;
const PAGE = 1;
const DEAD = 0;
const LIVE = 1;

export interface ScanQuestion {
  readonly db: number;
  /** From 1 to PAGE_ROWS_MAX. */
  readonly rows: number;
  readonly places: readonly ScanPlace[];
}

/** What one replica says of a key. */
export interface ScanRow {
  readonly hash: number;
  /** Binary string. */
  readonly key: string;
  /** Whether a read of this copy alone would show a value. */
  readonly isLive: boolean;
}

export interface ScanPage {
  /** In the order of their hashes. */
  readonly rows: readonly ScanRow[];
  /** The page tells of all keys up to this hash. */
  readonly upTo: number;
}

/** The body of the question, without its kind. */
export function encodeScanQuestion({ db, rows, places }: ScanQuestion): Buffer {
  const fields = new FieldWriter().u8(db).u16(rows).u16(places.length);
  for (const { partition, after } of places) fields.u16(partition).u64(after);
  return fields.finish();
}

/** Undefined: no such question. */
export function decodeScanQuestion(body: Buffer, partitionCount: number): ScanQuestion | undefined {
  return reading(body, (fields) => {
    const db = fields.u8();
    const rows = fields.u16();
    const count = fields.u16();
    if (db >= DB_COUNT || rows < 1 || rows > PAGE_ROWS_MAX || count > QUESTION_PLACES_MAX) return undefined;
    const places: ScanPlace[] = [];
    while (places.length < count) {
      const partition = fields.u16() as Partition;
      if (partition >= partitionCount) return undefined;
      places.push({ partition, after: fields.u64() });
    }
    return { db, rows, places };
  });
}

/** `pages`: one for each place of the question; undefined: this node can't tell. */
export function encodeScanAnswer(pages: readonly (ScanPage | undefined)[]): Buffer {
  const fields = new FieldWriter();
  for (const page of pages) {
    if (page === undefined) {
      fields.u8(CAN_NOT_TELL);
      continue;
    }
    fields.u8(PAGE).u64(page.upTo).u32(page.rows.length);
    for (const { hash, isLive, key } of page.rows)
      fields
        .u64(hash)
        .u8(isLive ? LIVE : DEAD)
        .text(key);
  }
  return fields.finish();
}

/** A page for each of the places, or undefined for one that the node can't tell; undefined: no such answer. */
export function decodeScanAnswer(
  answer: Buffer,
  places: readonly ScanPlace[],
): readonly (ScanPage | undefined)[] | undefined {
  return reading(answer, (fields) => {
    const pages: (ScanPage | undefined)[] = [];
    for (const { after } of places) {
      const kind = fields.u8();
      if (kind === CAN_NOT_TELL) {
        pages.push(undefined);
        continue;
      }
      const upTo = fields.u64();
      const rows: ScanRow[] = [];
      for (let left = fields.u32(); left > 0; left--) {
        const hash = fields.u64();
        const row = { hash, isLive: fields.u8() === LIVE, key: fields.text() };
        if (hash < (rows.at(-1)?.hash ?? after + 1) || hash > upTo) return undefined;
        rows.push(row);
      }
      if (kind !== PAGE || upTo < after) return undefined;
      pages.push({ rows, upTo });
    }
    return pages;
  });
}

function reading<T>(bytes: Buffer, read: (fields: FieldReader) => T): T | undefined {
  try {
    const fields = new FieldReader(bytes);
    const value = read(fields);
    if (value !== undefined) fields.end();
    return value;
  } catch (error) {
    if (error instanceof MalformedFields) return undefined;
    throw error;
  }
}
