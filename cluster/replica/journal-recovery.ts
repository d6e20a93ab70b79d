/** After a crash: gives every key the row of its own that the journal still owed it. */
import type { Log } from '../ports/log.js';
import type { Store, StoreWrite } from '../ports/store.js';
import { kindRange, STORAGE_KIND, storageKey } from '../storage/layout.js';
import { writeRows } from '../storage/store-calls.js';
import { isJournalRowKey, readJournalRow } from './journal-row.js';
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, RECOVERY_LOG_ROWS, RECOVERY_ROWS, RECOVERY_WINDOW_BYTES } from './limits.js';
import { recordFault } from './record.js';

/**
 * Settles what the journal in `store` holds, before anything else reads or writes records. Can be broken off and begun
 * again: windows are applied in their order, and rows deleted in their order after all of them have been applied. What is damaged
 * is left out and logged. A window is of so many bytes of rows. Rejects with `StoreError`.
 */
export async function recoverJournal(
  store: Store,
  log: Log,
  windowBytes: number = RECOVERY_WINDOW_BYTES,
): Promise<void> {
  const { from, to } = kindRange(STORAGE_KIND.journal);
  const scan = store.scan(from, to);
  const applied: Buffer[] = [];
  let window = new Window(log);
  let [records, written] = [0, 0];
  try {
    for (;;) {
      const rows = await scan.next(RECOVERY_ROWS);
      for (const { key, value } of rows) if (window.take(key, value)) applied.push(key);
      const isLast = rows.length < RECOVERY_ROWS;
      if (isLast || window.bytes >= windowBytes) {
        await window.write(store);
        records += window.records;
        written += window.latest.size;
        window = new Window(log);
      }
      if (isLast) break;
      if (applied.length % RECOVERY_LOG_ROWS === 0) log.info({ rows: applied.length }, 'recovering the journal');
    }
  } finally {
    await scan.close();
  }
  for (let at = 0; at < applied.length; at += RECOVERY_ROWS) {
    await writeRows(
      store,
      applied.slice(at, at + RECOVERY_ROWS).map((key) => ({ key, value: undefined })),
      at + RECOVERY_ROWS >= applied.length,
    );
  }
  if (applied.length > 0) log.info({ rows: applied.length, records, written }, 'the journal was recovered');
}

/** Journal rows that follow one another: of a key that was written again and again only its latest record is written. */
class Window {
  /** Bytes of the rows. */
  bytes = 0;
  records = 0;
  /** By storage key, as a binary string. A record of no bytes: the key has left. */
  readonly latest = new Map<string, Buffer>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Whether it is a row of the journal. */
  take(key: Buffer, value: Buffer): boolean {
    const row = key.toString('hex');
    if (!isJournalRowKey(key) || value.length === 0) {
      this.#log.error({ row }, 'a journal row is damaged');
      return false;
    }
    this.bytes += value.length;
    const fault = readJournalRow(value, (partition, db, name, record) => {
      const damage = record.length === 0 ? undefined : recordFault(record);
      if (damage !== undefined) {
        this.#log.error({ key: name, fault: damage }, 'a journaled record is damaged');
        return;
      }
      this.records++;
      this.latest.set(storageKey(STORAGE_KIND.data, partition, db, name).toString('latin1'), record);
    });
    if (fault !== undefined) this.#log.error({ row, fault }, 'a journal row is damaged');
    return true;
  }

  async write(store: Store): Promise<void> {
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
  }
}
