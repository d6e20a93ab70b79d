/** What a disk holds of each key, read as a node reads it that starts on it: rows of keys, and the journal over them. */
import { readJournalRow } from '../../cluster/replica/journal-row.js';
import { STORAGE_KIND, storedDb, storedKey } from '../../cluster/storage/layout.js';
import type { MemoryDisk } from '../../cluster/storage/memory-store.js';

/** The only database that clients of a simulated cluster use. */
export const DB = 0;

/** By key: its record. */
export type DiskView = ReadonlyMap<string, Buffer>;

/** `level`: as its system has it, or as it is synced. */
export function viewOf(disk: MemoryDisk | undefined, level: 'rows' | 'synced' = 'rows'): DiskView {
  const view = new Map<string, Buffer>();
  const journal: string[] = [];
  for (const [name, value] of disk?.[level] ?? []) {
    const kind = name.charCodeAt(0);
    if (kind === STORAGE_KIND.journal) journal.push(name);
    if (kind !== STORAGE_KIND.data) continue;
    const key = Buffer.from(name, 'latin1');
    if (storedDb(key) === DB) view.set(storedKey(key), value);
  }
  for (const name of journal.sort()) {
    readJournalRow(disk?.[level].get(name) ?? Buffer.alloc(0), (_partition, db, key, record) => {
      if (db !== DB) return;
      if (record.length === 0) view.delete(key);
      else view.set(key, record);
    });
  }
  return view;
}
