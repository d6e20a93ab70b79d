/** After a crash: gives every key the row of its own that the journal still owed it. */
import type { Log } from '../ports/log.js';
import type { Store, StoreWrite } from '../ports/store.js';
import { kindRange, STORAGE_KIND, storageKey } from '../storage/layout.js';
import { writeRows } from '../storage/store-calls.js';
import { isJournalRowKey, readJournalRow } from './journal-row.js';
import { RECOVERY_LOG_ROWS, RECOVERY_ROWS } from './limits.js';
import { recordFault } from './record.js';

/**
 * Settles what the journal in `store` holds, before anything else reads or writes records. Can be broken off and begun
 * again: rows are applied in their order, and deleted in their order after all of them have been applied. What is damaged
 * is left out and logged. Rejects with `StoreError`.
 */
export async function recoverJournal(store: Store, log: Log): Promise<void> {
  const { from, to } = kindRange(STORAGE_KIND.journal);
  const scan = store.scan(from, to);
  const applied: Buffer[] = [];
  let records = 0;
  try {
    for (;;) {
      const rows = await scan.next(RECOVERY_ROWS);
      const writes: StoreWrite[] = [];
      for (const { key, value } of rows) {
        if (!isJournalRowKey(key) || value.length === 0) {
          log.error({ row: key.toString('hex') }, 'a journal row is damaged');
          continue;
        }
        const fault = readJournalRow(value, (partition, db, name, record) => {
          const left = record.length === 0;
          const damage = left ? undefined : recordFault(record);
          if (damage === undefined)
            writes.push({ key: storageKey(STORAGE_KIND.data, partition, db, name), value: left ? undefined : record });
          else log.error({ key: name, fault: damage }, 'a journaled record is damaged');
        });
        if (fault !== undefined) log.error({ row: key.toString('hex'), fault }, 'a journal row is damaged');
        applied.push(key);
      }
      if (writes.length > 0) await writeRows(store, writes, false);
      records += writes.length;
      if (applied.length % RECOVERY_LOG_ROWS === 0 && rows.length > 0) log.info({ records }, 'recovering the journal');
      if (rows.length < RECOVERY_ROWS) break;
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
  if (applied.length > 0) log.info({ rows: applied.length, records }, 'the journal was recovered');
}
