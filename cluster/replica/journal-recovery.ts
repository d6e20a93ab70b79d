/** After a crash: finds what the journal still holds, and gives keys the rows of their own that it owed them where memory can't hold all. */
import type { Log } from '../ports/log.js';
import type { Store, StoreWrite } from '../ports/store.js';
import { kindRange, STORAGE_KIND, storageKey } from '../storage/layout.js';
import { writeRows } from '../storage/store-calls.js';
import { isJournalRowKey, journalRowKey, journalRowNumber, readJournalRow } from './journal-row.js';
import {
  BATCH_BYTES_MAX,
  BATCH_ROWS_MAX,
  JOURNAL_SHARE_MAX,
  RECOVERY_LOG_ROWS,
  RECOVERY_ROWS,
  RECOVERY_WINDOW_BYTES,
} from './limits.js';
import { recordFault } from './record.js';
import { type RecoveredRow, RecoveredRows } from './recovered-rows.js';

export interface RecoveryBounds {
  readonly partitionCount: number;
  /** As the replica's; rows may take the journal's share of it. 0: all rows are settled. */
  readonly memoryBytesMax: number;
  /** Rows of so many bytes are settled at once. */
  readonly windowBytes?: number;
}

/**
 * Reads what the journal in `store` holds, before anything else reads or writes records. It stays in the store, for the replica to
 * settle in the course of time; where its rows are more than memory may hold, the oldest are settled here. Can be broken off at any
 * place and begun again: rows are settled in their order, and deleted in their order once their records have been written. What is
 * damaged is left out and logged. Rejects with `StoreError`.
 */
export async function recoverJournal(store: Store, log: Log, bounds: RecoveryBounds): Promise<RecoveredRows> {
  const { partitionCount, memoryBytesMax, windowBytes = RECOVERY_WINDOW_BYTES } = bounds;
  const heldBytesMax = memoryBytesMax * JOURNAL_SHARE_MAX;
  const { from, to } = kindRange(STORAGE_KIND.journal);
  const scan = store.scan(from, to);
  let held: RecoveredRow[] = [];
  let heldBytes = 0;
  let read = 0;
  const settleOldest = async (): Promise<void> => {
    const window = new Window(log);
    let rows = 0;
    for (; rows < held.length && window.bytes < windowBytes && heldBytes > heldBytesMax; rows++) {
      const row = held[rows];
      if (row === undefined) break;
      window.take(row);
      heldBytes -= row.bytes.length;
    }
    await window.settle(store, held.slice(0, rows));
    held = held.slice(rows);
  };
  try {
    for (;;) {
      const rows = await scan.next(RECOVERY_ROWS);
      for (const { key, value } of rows) {
        if (!isJournalRowKey(key) || value.length === 0) {
          log.error({ row: key.toString('hex') }, 'a journal row is damaged');
          continue;
        }
        held.push({ number: journalRowNumber(key), bytes: value });
        heldBytes += value.length;
      }
      read += rows.length;
      while (heldBytes >= heldBytesMax + windowBytes) await settleOldest();
      if (rows.length < RECOVERY_ROWS) break;
      if (read % RECOVERY_LOG_ROWS === 0) log.info({ rows: read }, 'reading the journal');
    }
  } finally {
    await scan.close();
  }
  while (heldBytes > heldBytesMax) await settleOldest();
  if (read > 0) log.info({ rows: read, held: held.length, heldBytes }, 'the journal was read');
  return new RecoveredRows(partitionCount, held, log);
}

/** Journal rows that follow one another: of a key that was written again and again only its latest record is written. */
class Window {
  /** Bytes of the rows. */
  bytes = 0;
  /** By storage key, as a binary string. A record of no bytes: the key has left. */
  readonly latest = new Map<string, Buffer>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  take(row: RecoveredRow): void {
    this.bytes += row.bytes.length;
    const fault = readJournalRow(row.bytes, (partition, db, name, record) => {
      const damage = record.length === 0 ? undefined : recordFault(record);
      if (damage !== undefined) {
        this.#log.error({ key: name, fault: damage }, 'a journaled record is damaged');
        return;
      }
      this.latest.set(storageKey(STORAGE_KIND.data, partition, db, name).toString('latin1'), record);
    });
    if (fault !== undefined) this.#log.error({ row: row.number, fault }, 'a journal row is damaged');
  }

  /** Writes the records, and then deletes `rows`, those that were taken. */
  async settle(store: Store, rows: readonly RecoveredRow[]): Promise<void> {
    let writes: StoreWrite[] = [];
    let bytes = 0;
    for (const [name, record] of this.latest) {
      writes.push({ key: Buffer.from(name, 'latin1'), value: record.length === 0 ? undefined : record });
      bytes += record.length;
      if (writes.length < BATCH_ROWS_MAX && bytes < BATCH_BYTES_MAX) continue;
      await writeRows(store, writes, false);
      writes = [];
      bytes = 0;
    }
    if (writes.length > 0) await writeRows(store, writes, false);
    for (let at = 0; at < rows.length; at += RECOVERY_ROWS) {
      const deletions = rows
        .slice(at, at + RECOVERY_ROWS)
        .map(({ number }) => ({ key: journalRowKey(number), value: undefined }));
      await writeRows(store, deletions, at + RECOVERY_ROWS >= rows.length);
    }
  }
}
