/**
 * What a node that was away for longer than deletions are remembered does with its data: all rows of kind data become
 * rows of kind aside, before anything reads them. A crash in between is taken up at the next start.
 */
import type { Log } from '../ports/log.js';
import type { Store, StoreRow, StoreWrite } from '../ports/store.js';
import { RECORD_NOTE_BYTES, recordFault } from '../replica/record.js';
import type { Partition } from '../ring/slots.js';
import type { Identity } from '../storage/identity.js';
import { kindRange, partitionRange, STORAGE_KIND } from '../storage/layout.js';
import { readRow, writeRows } from '../storage/store-calls.js';
import { joinBytes, objectLength } from '../version/encoded.js';
import { ASIDE_LOG_ROWS, ASIDE_ROWS } from './limits.js';

/** Sets everything aside, if `identity` says so. Rejects with `StoreError`. */
export async function setAside(store: Store, log: Log, identity: Identity): Promise<void> {
  if (identity.aside?.moving !== true) return;
  const since = new Date(identity.aside.sinceMs).toISOString();
  log.warn(
    { since },
    'this node was away for longer than deletions are remembered: it sets its data aside and starts over',
  );
  const { from, to } = kindRange(STORAGE_KIND.data);
  const scan = store.scan(from, to);
  let moved = 0;
  try {
    for (;;) {
      const rows = await scan.next(ASIDE_ROWS);
      const writes: StoreWrite[] = [];
      for (const put of await Promise.all(rows.map((row) => asideOf(store, row)))) writes.push(put);
      for (const { key } of rows) writes.push({ key, value: undefined });
      if (rows.length > 0) await writeRows(store, writes, false);
      moved += rows.length;
      if (moved % ASIDE_LOG_ROWS === 0 && rows.length > 0) log.info({ moved }, 'setting data aside');
      if (rows.length < ASIDE_ROWS) break;
    }
  } finally {
    await scan.close();
  }
  await identity.asideMoved();
  log.warn({ moved }, 'all data is set aside until other nodes tell what was deleted meanwhile');
}

/** The partitions of which rows are set aside. Rejects with `StoreError`. */
export async function partitionsAside(store: Store, partitionCount: number): Promise<Partition[]> {
  const found: Partition[] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const { from, to } = partitionRange(STORAGE_KIND.aside, partition as Partition);
    const scan = store.scan(from, to);
    try {
      if ((await scan.next(1)).length > 0) found.push(partition as Partition);
    } finally {
      await scan.close();
    }
  }
  return found;
}

/** The row under its new kind. What was set aside earlier, and not settled before the node went away again, is joined. */
async function asideOf(store: Store, { key, value }: StoreRow): Promise<StoreWrite> {
  const asideKey = Buffer.from(key);
  asideKey[0] = STORAGE_KIND.aside;
  const earlier = await readRow(store, asideKey);
  if (earlier === undefined || recordFault(earlier) !== undefined) return { key: asideKey, value };
  if (recordFault(value) !== undefined) return { key: asideKey, value: earlier };
  const joined = joinBytes(earlier, value);
  // The note says nothing here: whoever takes the row back holds the key anew.
  return {
    key: asideKey,
    value: Buffer.concat([joined.subarray(0, objectLength(joined)), Buffer.alloc(RECORD_NOTE_BYTES)]),
  };
}
