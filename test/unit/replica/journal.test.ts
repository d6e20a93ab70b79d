import test from 'ava';
import fc from 'fast-check';
import { journalRowKey, readJournalRow } from '../../../cluster/replica/journal-row.js';
import { BUFFER, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import { STORAGE_KIND } from '../../../cluster/storage/layout.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { ManualWorld } from '../storage/manual-world.js';
import { journalRowOf, rowsOfKind } from './journal-rows.js';
import { OpenedReplica, partitionOfKey, shownValue } from './opened-replica.js';

const binary = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const records = fc.array(
  fc.record({ partition: fc.nat({ max: 65_535 }), db: fc.nat({ max: 15 }), key: binary, record: binary }),
  { maxLength: 8 },
);

test('a journal row gives back its records in their order', (t) => {
  fc.assert(
    fc.property(records, (contents) => {
      const read: unknown[] = [];
      const fault = readJournalRow(journalRowOf(contents), (partition, db, key, record) =>
        read.push({ partition, db, key: Buffer.from(key, 'latin1'), record: Buffer.from(record) }),
      );
      t.is(fault, undefined);
      t.deepEqual(read, contents);
    }),
  );
});

test('a row that is cut anywhere gives whole records, and says so unless the cut is between two', (t) => {
  const contents = ['a', 'bb', 'ccc'].map((key) => ({
    partition: 3,
    db: 1,
    key: Buffer.from(key),
    record: Buffer.from(`record of ${key}`),
  }));
  const row = journalRowOf(contents);
  const ends = [0, 1, 2, 3].map((count) => journalRowOf(contents.slice(0, count)).length);
  for (let length = 0; length <= row.length; length++) {
    const keys: string[] = [];
    const fault = readJournalRow(row.subarray(0, length), (_partition, _db, key) => keys.push(key));
    t.is(keys.length, ends.filter((end) => end <= length).length - 1);
    t.is(fault === undefined, ends.includes(length));
  }
});

test('the keys of rows sort by their numbers', (t) => {
  const numbers = [1, 2, 255, 256, 65_535, 65_536, 2 ** 32, 2 ** 40];
  const keys = numbers.map(journalRowKey);
  t.deepEqual(keys, [...keys].sort(Buffer.compare));
});

test('a key that is written again and again gets its own row once', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  const before = opened.replica.stats().batchedRows;
  for (let i = 0; i < 50; i++) {
    await opened.put('k', `${i}`, LOG);
    await opened.world.timers.advance(5);
  }
  t.is(rowsOfKind(opened.store.disk, STORAGE_KIND.data), 0, 'the journal has it so far');
  t.is(opened.replica.stats().batchedRows - before, 50);
  await opened.world.timers.advance(90_000);
  t.is(rowsOfKind(opened.store.disk, STORAGE_KIND.data), 1, 'settled by itself, without further writes');
  t.is(rowsOfKind(opened.store.disk, STORAGE_KIND.journal), 0);
  t.is(opened.replica.stats().journalBytes, 0);
});

test('a long record goes to its own row at once, unless the journal holds an older one of its key', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  await opened.put('long', 'x'.repeat(5_000), LOG);
  await opened.put('short first', 'x', LOG);
  await opened.world.timers.advance(5);
  await opened.put('short first', 'x'.repeat(5_000), LOG);
  await opened.world.timers.advance(5);
  t.is(rowsOfKind(opened.store.disk, STORAGE_KIND.data), 1);
  const next = await OpenedReplica.open(opened.world, { disk: opened.store.crash('process') });
  for (const key of ['long', 'short first']) t.is(shownValue(await next.get(key))?.length, 5_000, key);
});

test('the journal is settled in the course of the time that it has, at once where somebody waits for it', async (t) => {
  for (const waits of [false, true]) {
    const opened = await OpenedReplica.openWarm(new ManualWorld());
    const { timers } = opened.world;
    const ownRows = (): number => rowsOfKind(opened.store.disk, STORAGE_KIND.data);
    const KEYS = 400;
    await Promise.all(Array.from({ length: KEYS }, (_, i) => opened.put(`key ${i}`, 'v', LOG)));
    // Open for the age of a generation, and resting for as long.
    await timers.advance(59_000);
    t.is(ownRows(), 0);
    await timers.advance(2_000);
    t.true(ownRows() > 0 && ownRows() <= KEYS / 2, `${ownRows()} of ${KEYS} rows after a second`);
    if (waits) {
      await timers.until(opened.replica.flush());
    } else {
      await timers.advance(13_000);
      t.true(ownRows() >= KEYS / 4 && ownRows() < KEYS, `${ownRows()} of ${KEYS} rows after half of the time`);
      await timers.advance(20_000);
    }
    t.is(ownRows(), KEYS);
    t.is(rowsOfKind(opened.store.disk, STORAGE_KIND.journal), 0);
  }
});

test('an orderly stop leaves no journal', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  for (const durability of [BUFFER, LOG, FSYNC] as const) await opened.put(`k${durability}`, 'v', durability);
  const disk = await opened.stop();
  t.is(rowsOfKind(disk, STORAGE_KIND.journal), 0);
  t.is(rowsOfKind(disk, STORAGE_KIND.data), 3);
});

test('when the journal has its share of memory, other keys go to their own rows', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { memoryBytesMax: 100_000 });
  for (let i = 0; i < 400; i++) {
    await opened.put(`k${i}`, 'v', LOG);
    await world.timers.advance(2);
  }
  t.true(rowsOfKind(opened.store.disk, STORAGE_KIND.data) > 50);
  t.true(opened.replica.stats().bytes < 110_000);
  const next = await OpenedReplica.open(world, { disk: opened.store.crash('process') });
  for (let i = 0; i < 400; i++) t.is(shownValue(await next.get(`k${i}`)), 'v', `k${i}`);
});

test('a key that left while the journal held it stays away, also after a crash', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  await opened.put('settled', 'v', LOG);
  await opened.put('kept', 'v', LOG);
  await world.timers.until(opened.replica.flush());
  await opened.put('settled', 'w', LOG);
  await opened.put('journaled', 'v', LOG);
  await world.timers.advance(5);
  for (const key of ['settled', 'journaled']) {
    const fingerprint = versionFingerprint(opened.peek(key) ?? Buffer.alloc(8));
    t.true(opened.replica.drop(partitionOfKey(key), 0, key, fingerprint, { stored: () => undefined }));
  }
  await world.timers.advance(5);
  const copy = new Map(opened.store.disk.rows);
  const next = await OpenedReplica.open(world, { disk: { rows: copy, unsynced: [], synced: copy } });
  t.deepEqual([await next.get('settled'), await next.get('journaled')], [null, null]);
  t.is(shownValue(await next.get('kept')), 'v');
  await world.timers.until(opened.replica.flush());
  t.is(rowsOfKind(opened.store.disk, STORAGE_KIND.data), 1);
  t.is(opened.peek('settled'), null);
});
