import type { Log } from '../ports/log.js';
import type { Store, StoreRow } from '../ports/store.js';
import { storedDb, storedKey } from '../storage/layout.js';
import type { Entry } from './entry.js';
import { SCAN_ROWS } from './limits.js';
import { recordFault } from './record.js';

/** One key of a partition as it was when the scan began. */
export interface ScannedRow {
  readonly db: number;
  readonly key: string;
  /** The object, then the note. Nobody changes it. */
  readonly record: Buffer;
}

/** Takes rows in the order of (db, key); false ends the scan. */
export type TakeRows = (rows: readonly ScannedRow[]) => boolean | Promise<boolean>;

/** What a scan shows of a record; undefined: nothing. */
export type ShownRecord = (db: number, record: Buffer) => Buffer | undefined;

/** Ordered as storage keys are: by db, then key. */
export function scanOrder(a: { db: number; key: string }, b: { db: number; key: string }): number {
  return a.db - b.db || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/**
 * The rows of the store between `from` and `to`, and over them the entries that the store may not have yet: `dirty`,
 * which must be those of the moment of the call. Rejects with `StoreError`.
 */
export async function scanMerged(
  store: Store,
  log: Log,
  from: Buffer,
  to: Buffer,
  dirty: readonly Entry[],
  takeRows: TakeRows,
  shown: ShownRecord = (_db, record) => record,
): Promise<void> {
  const over = overlay(dirty);
  const scan = store.scan(from, to);
  let at = 0;
  try {
    for (;;) {
      const stored = await scan.next(SCAN_ROWS);
      const rows: ScannedRow[] = [];
      for (const row of stored) {
        const here = readRow(row, log);
        if (here === undefined) continue;
        let next = over[at];
        while (next !== undefined && scanOrder(next, here) < 0) {
          take(next, rows, shown);
          next = over[++at];
        }
        if (next !== undefined && scanOrder(next, here) === 0) {
          take(next, rows, shown);
          at++;
        } else {
          take(here, rows, shown);
        }
      }
      const ended = stored.length < SCAN_ROWS;
      if (ended) for (const row of over.slice(at)) take(row, rows, shown);
      if (rows.length > 0 && !(await takeRows(rows))) return;
      if (ended) return;
    }
  } finally {
    await scan.close();
  }
}

/** The row, or undefined (and a line in the log) where the store gave something else. */
export function readRow(row: StoreRow, log: Log): ScannedRow | undefined {
  const fault = recordFault(row.value);
  if (fault === undefined) return { db: storedDb(row.key), key: storedKey(row.key), record: row.value };
  log.error({ key: row.key.toString('hex'), fault }, 'a stored record is damaged');
  return undefined;
}

/** A row of memory; without a record the key is absent, whatever the store still holds. */
interface OverlayRow {
  readonly db: number;
  readonly key: string;
  readonly record: Buffer | undefined;
}

/** Copied at once: entries and records change while the scan runs. */
function overlay(dirty: readonly Entry[]): OverlayRow[] {
  return dirty.map(({ db, key, record }) => ({ db, key, record: record && Buffer.from(record) })).sort(scanOrder);
}

function take(row: OverlayRow, rows: ScannedRow[], shown: ShownRecord): void {
  const record = row.record && shown(row.db, row.record);
  if (record !== undefined) rows.push({ db: row.db, key: row.key, record });
}
