/**
 * How far transfers have come, in the store: row `transfer` of kind meta for each partition and N (in the place of the
 * database), while this node receives it or has to get rid of it.
 *
 * ```
 *   state u8 | keys u64 | bytes u64 | began u64 ms | source | mark u8: 0, none; 1: db u8 | key
 *   source, key: length u32, then that many bytes
 * ```
 *
 * The row is written behind the rows that it tells of: no more can be lost of them than of it.
 */

import type { PullMark } from '../background/pull.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';
import type { NodeId } from '../ring/ring.js';
import { kindRange, STORAGE_KIND, storageKey, storedDb, storedKey, storedPartition } from '../storage/layout.js';
import { writeRows } from '../storage/store-calls.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import type { Place } from './roles.js';

/** Append-only: a number is never given another meaning. */
const STATES = ['receiving', 'received', 'departing'] as const;

/** Rows come from another node; all have come, but were not compared yet; rows that are not this node's any more go. */
export type TransferState = (typeof STATES)[number];

export interface TransferRow extends Place {
  readonly state: TransferState;
  /** Of the rows that came. */
  readonly keys: number;
  readonly bytes: number;
  readonly beganMs: number;
  /** From whom all rows came. '': from nobody yet, or from several. */
  readonly source: NodeId | '';
  /** Where to go on. */
  readonly mark: PullMark | undefined;
}

const NAME = 'transfer';
const SCAN_ROWS = 256;

export class TransferRows {
  readonly #store: Store;
  readonly #rows = new Map<number, TransferRow>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the rows of earlier runs. Rejects with `StoreError`. */
  async load(log: Log): Promise<void> {
    for (const row of await read(this.#store, log)) this.#rows.set(numberOf(row), row);
  }

  of(place: Place): TransferRow | undefined {
    return this.#rows.get(numberOf(place));
  }

  all(): TransferRow[] {
    return [...this.#rows.values()];
  }

  /** Rejects with `StoreError`; memory is changed all the same. */
  put(...rows: readonly TransferRow[]): Promise<void> {
    for (const row of rows) this.#rows.set(numberOf(row), row);
    return this.#write(rows.map((row) => ({ key: keyOf(row), value: encode(row) })));
  }

  /** Rejects with `StoreError`; memory is changed all the same. */
  delete(places: readonly Place[]): Promise<void> {
    for (const place of places) this.#rows.delete(numberOf(place));
    return this.#write(places.map((place) => ({ key: keyOf(place), value: undefined })));
  }

  async #write(writes: Parameters<typeof writeRows>[1]): Promise<void> {
    if (writes.length > 0) await writeRows(this.#store, writes, false);
  }
}

/** Begins all that this node receives from the start again: it has set its rows aside. Rejects with `StoreError`. */
export async function forgetReceived(store: Store, log: Log): Promise<void> {
  const rows = (await read(store, log)).filter(({ state }) => state !== 'departing');
  if (rows.length === 0) return;
  await writeRows(
    store,
    rows.map((row) => ({ key: keyOf(row), value: undefined })),
    false,
  );
}

/** One number for each place: N is below 256. */
export function numberOf({ partition, n }: Place): number {
  return partition * 256 + n;
}

async function read(store: Store, log: Log): Promise<TransferRow[]> {
  const { from, to } = kindRange(STORAGE_KIND.meta);
  const scan = store.scan(from, to);
  const found: TransferRow[] = [];
  try {
    for (;;) {
      const rows = await scan.next(SCAN_ROWS);
      for (const { key, value } of rows) {
        if (storedKey(key) !== NAME) continue;
        const row = decode({ partition: storedPartition(key), n: storedDb(key) }, value);
        if (row !== undefined) found.push(row);
        else log.error({ partition: storedPartition(key) }, 'a stored mark of a transfer is damaged');
      }
      if (rows.length < SCAN_ROWS) return found;
    }
  } finally {
    await scan.close();
  }
}

function keyOf({ partition, n }: Place): Buffer {
  return storageKey(STORAGE_KIND.meta, partition, n, NAME);
}

function encode({ state, keys, bytes, beganMs, source, mark }: TransferRow): Buffer {
  const fields = new FieldWriter().u8(STATES.indexOf(state)).u64(keys).u64(bytes).u64(beganMs).text(source);
  return (mark === undefined ? fields.u8(0) : fields.u8(1).u8(mark.db).text(mark.key)).finish();
}

function decode(place: Place, value: Buffer): TransferRow | undefined {
  try {
    const fields = new FieldReader(value);
    const state = STATES[fields.u8()];
    const row = {
      keys: fields.u64(),
      bytes: fields.u64(),
      beganMs: fields.u64(),
      source: fields.text() as NodeId | '',
    };
    const mark = fields.u8() === 0 ? undefined : { db: fields.u8(), key: fields.text() };
    fields.end();
    return state === undefined ? undefined : { ...place, state, ...row, mark };
  } catch (error) {
    if (error instanceof MalformedFields) return undefined;
    throw error;
  }
}
