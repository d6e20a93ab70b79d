import { Entry } from '../../../cluster/replica/entry.js';
import { JournalRowWriter } from '../../../cluster/replica/journal-row.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import type { MemoryDisk } from '../../../cluster/storage/memory-store.js';

/** A journal row with these records. */
export function journalRowOf(
  contents: readonly { partition: number; db: number; key: Buffer; record: Buffer }[],
): Buffer {
  const writer = new JournalRowWriter();
  writer.begin();
  for (const { partition, db, key, record } of contents) {
    const entry = new Entry(partition as Partition, db, key.toString('latin1'));
    entry.replaceRecord(record);
    writer.append(entry);
  }
  return Buffer.from(writer.bytes());
}

export function rowsOfKind(disk: MemoryDisk, kind: number): number {
  return [...disk.rows.keys()].filter((key) => key.charCodeAt(0) === kind).length;
}
