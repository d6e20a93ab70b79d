import test from 'ava';
import { recoverJournal } from '../../../cluster/replica/journal-recovery.js';
import { journalRowKey } from '../../../cluster/replica/journal-row.js';
import { type Durability, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { STORAGE_KIND } from '../../../cluster/storage/layout.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { ManualWorld } from '../storage/manual-world.js';
import { journalRowOf, rowsOfKind } from './journal-rows.js';
import {
  type Acknowledgement,
  foreignObject,
  OpenedReplica,
  objectOf,
  PARTITIONS,
  partitionOfKey,
  shownValue,
} from './opened-replica.js';

const AMPLE = 1_000_000;
/** The journal of `crashed` is larger than its share of this. */
const SCARCE = 6_000;

function copyOf({ rows }: MemoryDisk): MemoryDisk {
  const copy = new Map(rows);
  return { rows: copy, unsynced: [], synced: new Map(copy) };
}

async function putRows(world: ManualWorld, rows: readonly Buffer[]): Promise<MemoryDisk> {
  const store = new MemoryStore(world.timers);
  const writes = rows.map((value, index) => ({ key: journalRowKey(index + 1), value }));
  await world.timers.until(new Promise<void>((resolve) => store.write(writes, false, () => resolve())));
  return store.disk;
}

function drop({ replica }: OpenedReplica, key: string, record: Buffer, acknowledgement?: Acknowledgement): boolean {
  const waiter = acknowledgement ?? { stored: () => undefined };
  return replica.drop(partitionOfKey(key), 0, key, versionFingerprint(record), waiter);
}

/** What every key may show: one value, or where a write was not acknowledged, that or the one before. null: absent. */
class Model {
  readonly #allowed = new Map<string, (string | null)[]>();
  readonly #pending: { readonly name: string; readonly value: string | null; readonly isDone: () => boolean }[] = [];

  is(key: string, db: number, value: string | null): void {
    this.#allowed.set(`${db} ${key}`, [value]);
  }

  asked(key: string, db: number, value: string | null, isDone: () => boolean): void {
    this.#pending.push({ name: `${db} ${key}`, value, isDone });
  }

  crashed(): void {
    for (const { name, value, isDone } of this.#pending.splice(0)) {
      this.#allowed.set(name, isDone() ? [value] : [...(this.#allowed.get(name) ?? [null]), value]);
    }
  }

  /** What is not as it must be; what is shown is from then on what must be. */
  async faults(opened: OpenedReplica): Promise<string[]> {
    const faults: string[] = [];
    for (const [name, allowed] of this.#allowed) {
      const [db = '', key = ''] = name.split(' ');
      const shown = shownValue(await opened.get(key, Number(db))) ?? null;
      if (!allowed.includes(shown)) faults.push(`${name} shows ${shown}, not ${allowed.join(' or ')}`);
      this.#allowed.set(name, [shown]);
    }
    return faults;
  }

  get live(): number {
    return [...this.#allowed].filter(([name, [value]]) => name.startsWith('0 ') && value !== null).length;
  }
}

/** A disk with a full journal over rows of their own: overwritten, deleted, dropped keys, in two databases. */
async function crashed(world: ManualWorld, model: Model): Promise<MemoryDisk> {
  const opened = await OpenedReplica.openWarm(world);
  const put = async (key: string, value: string, db = 0): Promise<void> => {
    await opened.put(key, value, LOG, false, db);
    await world.timers.advance(2);
    model.is(key, db, value);
  };
  for (let i = 0; i < 24; i++) await put(`k${i}`, `own ${i}`);
  await world.timers.until(opened.replica.flush());
  for (let i = 0; i < 60; i++) await put(`k${i % 20}`, `journaled ${i}`);
  for (let i = 0; i < 10; i++) await put(`k${i}`, `in three ${i}`, 3);
  await put('long', 'x'.repeat(5_000));
  await opened.put('k1', '', LOG, true);
  model.is('k1', 0, null);
  await world.timers.advance(5);
  for (const key of ['k2', 'k22', 'k3']) {
    const record = await opened.get(key);
    if (record === null || !drop(opened, key, record)) throw new Error(`${key} can't be dropped`);
    model.is(key, 0, null);
  }
  await world.timers.advance(5);
  return opened.store.crash('process');
}

/** Opens and uses a replica; the `writesLeft`th write of its store, and none from there on, takes place. Answers whether it got to the end. */
async function useUntil(
  world: ManualWorld,
  model: Model,
  disk: MemoryDisk,
  memoryBytesMax: number,
  writesLeft: number,
) {
  const opened = await OpenedReplica.open(world, { disk, memoryBytesMax });
  const write = opened.store.write.bind(opened.store);
  let left = writesLeft;
  opened.store.write = (writes, sync, done) => {
    if (left-- > 0) write(writes, sync, done);
  };
  const put = async (key: string, value: string, durability: Durability, db = 0): Promise<void> => {
    const { acknowledgement } = await opened.put(key, value, durability, false, db);
    model.asked(key, db, value, () => acknowledgement.answer === 'stored');
    await world.timers.advance(2);
  };
  await put('k4', `again ${writesLeft}`, LOG);
  await put('k4', `again in three ${writesLeft}`, FSYNC, 3);
  await put('new', `new ${writesLeft}`, LOG);
  await put('k2', `back ${writesLeft}`, LOG);
  const record = await opened.get('k6');
  let dropped = false;
  if (record !== null && drop(opened, 'k6', record, { answer: 'waiting', calls: 0, stored: () => (dropped = true) })) {
    model.asked('k6', 0, null, () => dropped);
  }
  let isEnd = false;
  void opened.replica.flush().then(() => {
    isEnd = true;
  });
  await world.timers.advance(200);
  return { opened, isEnd };
}

for (const memoryBytesMax of [AMPLE, SCARCE]) {
  const memory = memoryBytesMax === AMPLE ? 'ample' : 'scarce';

  test(`with ${memory} memory what was acknowledged is there after a second crash at any write behind a recovery`, async (t) => {
    for (const lost of ['process', 'power'] as const) {
      let isEnd = false;
      for (let writesLeft = 0; !isEnd; writesLeft++) {
        const world = new ManualWorld();
        const model = new Model();
        const disk = copyOf(await crashed(world, model));
        const second = await useUntil(world, model, disk, memoryBytesMax, writesLeft);
        isEnd = second.isEnd;
        // Without power what was only logged may be gone, but never what the disk had before: see the model of synced rows.
        if (lost === 'process') model.crashed();
        const left = copyOf(second.opened.store.crash(lost));
        if (lost === 'power') {
          const untouched = new Model();
          for (let i = 7; i < 10; i++) untouched.is(`k${i}`, 3, `in three ${i}`);
          untouched.is('k1', 0, null);
          untouched.is('k22', 0, null);
          untouched.is('k8', 0, 'journaled 48');
          const third = await OpenedReplica.open(world, { disk: left, memoryBytesMax });
          t.deepEqual(await untouched.faults(third), [], `without power, after ${writesLeft} writes`);
          continue;
        }
        const third = await OpenedReplica.open(world, { disk: copyOf(left), memoryBytesMax });
        t.deepEqual(await model.faults(third), [], `after ${writesLeft} writes`);
        await world.timers.until(third.replica.whenWarm());
        t.is(third.count(), model.live, `counted after ${writesLeft} writes`);
        // Killed at once, and then left to itself.
        const fourth = await OpenedReplica.open(world, { disk: third.store.crash('process'), memoryBytesMax });
        await world.timers.advance(90_000);
        t.is(rowsOfKind(fourth.store.disk, STORAGE_KIND.journal), 0, 'settled by itself');
        t.deepEqual(await model.faults(fourth), [], `after ${writesLeft} writes, settled`);
        const fifth = await OpenedReplica.openWarm(world, { disk: await fourth.stop(), memoryBytesMax });
        t.deepEqual(await model.faults(fifth), [], `after ${writesLeft} writes, and a stop`);
        t.is(fifth.count(), model.live);
      }
    }
  });
}

test('after a crash nothing is written before the first answers, which are of the journal', async (t) => {
  const world = new ManualWorld();
  const model = new Model();
  const disk = await crashed(world, model);
  const before = new Map(disk.rows);
  const opened = await OpenedReplica.open(world, { disk });
  const writes: number[] = [];
  const write = opened.store.write.bind(opened.store);
  opened.store.write = (rows, sync, done) => {
    writes.push(rows.length);
    write(rows, sync, done);
  };
  t.deepEqual(await model.faults(opened), []);
  t.deepEqual(writes, []);
  for (const [key, value] of before) {
    const kind = key.charCodeAt(0);
    if (kind === STORAGE_KIND.data || kind === STORAGE_KIND.journal) t.deepEqual(disk.rows.get(key), value);
  }
  t.true(opened.replica.stats().journalBytes > 0);
  t.is(opened.replica.stats().dirtyEntries, 0);
});

test('whoever asks first, and however, sees a recovered record and not the older row', async (t) => {
  const world = new ManualWorld();
  const disk = await crashed(world, new Model());
  // Not the first partition, which the warm-up asks for at once.
  const KEY = 'k0';
  const partition = partitionOfKey(KEY);
  t.not(partition, 0);
  type Ask = (opened: OpenedReplica) => Promise<string | undefined>;
  const asks: Record<string, Ask> = {
    load: async (opened) => shownValue(await opened.get(KEY)),
    glance: (opened) =>
      world.timers.until(
        new Promise((resolve) =>
          opened.replica.glance(partition, 0, KEY, { loaded: (_failure, object) => resolve(shownValue(object)) }),
        ),
      ),
    scan: async (opened) => {
      let found: string | undefined;
      await world.timers.until(
        opened.replica.scans.scanPartition(partition, (rows) => {
          for (const { db, key, record } of rows) if (db === 0 && key === KEY) found = shownValue(record);
          return true;
        }),
      );
      return found;
    },
    merge: async (opened) => {
      const { acknowledgement } = opened.merge(KEY, foreignObject('00000000000000ff', 1, 'from elsewhere'));
      await world.timers.advance(20);
      t.is(acknowledgement.answer, 'stored');
      const { siblings } = decodeObject(objectOf((await opened.get(KEY)) ?? Buffer.alloc(8)));
      return siblings.map(({ value }) => value.toString()).find((value) => value !== 'from elsewhere');
    },
  };
  for (const [name, ask] of Object.entries(asks)) {
    const opened = await OpenedReplica.open(world, { disk: copyOf(disk) });
    t.is(await ask(opened), 'journaled 40', name);
  }
});

test('a replica that is stopped, or settled, before anything was asked of it has given every key its row', async (t) => {
  for (const memoryBytesMax of [AMPLE, SCARCE, 0]) {
    const world = new ManualWorld();
    const model = new Model();
    const bounds = { partitionCount: PARTITIONS, memoryBytesMax };
    const store = new MemoryStore(world.timers, { disk: await crashed(world, model) });
    const rows = await world.timers.until(recoverJournal(store, world.log, bounds));
    t.is(rows.isEmpty, memoryBytesMax === 0);
    const opened = await OpenedReplica.open(world, { disk: store.disk });
    const disk = await opened.stop();
    t.is(rowsOfKind(disk, STORAGE_KIND.journal), 0);
    const next = await OpenedReplica.openWarm(world, { disk });
    t.deepEqual(await model.faults(next), []);
    t.is(next.count(), model.live);
    t.is(rowsOfKind(disk, STORAGE_KIND.data), model.live + 11, 'k1 is a tombstone, ten are in the other database');
  }
});

test('keys of which the journal is all that there is are counted', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  for (let i = 0; i < 20; i++) await first.put(`k${i}`, 'v', LOG);
  await world.timers.advance(5);
  t.is(rowsOfKind(first.store.disk, STORAGE_KIND.data), 0);
  const next = await OpenedReplica.openWarm(world, { disk: first.store.crash('process') });
  t.is(next.count(), 20);
  for (let i = 0; i < 20; i++) t.is(shownValue(next.peek(`k${i}`)), 'v');
  t.is(next.peek('another'), null, 'complete');
});

test('a flush of a database takes recovered records too, also after another crash', async (t) => {
  const world = new ManualWorld();
  let opened = await OpenedReplica.open(world, { disk: await crashed(world, new Model()) });
  opened.replica.flushUpTo(3, Number.MAX_SAFE_INTEGER);
  for (let start = 0; start < 2; start++) {
    await world.timers.until(opened.replica.whenWarm());
    for (let i = 0; i < 10; i++) t.is(await opened.get(`k${i}`, 3), null);
    t.is(opened.count(3), 0);
    t.is(shownValue(await opened.get('k0')), 'journaled 40');
    opened = await OpenedReplica.open(world, { disk: opened.store.crash('process') });
    opened.replica.flushUpTo(3, Number.MAX_SAFE_INTEGER);
  }
  const flushed = opened.replica.flushedRows();
  await world.timers.until(opened.replica.whenWarm());
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await world.timers.until(
      flushed.scan(partition as Partition, [3], (keys) => {
        for (const { db, key } of keys) t.is(flushed.sweep(db, key, { stored: () => undefined }), 'going');
        return Promise.resolve(true);
      }),
    );
  }
  await world.timers.until(opened.replica.flush());
  const inThree = [...opened.store.disk.rows.keys()].filter(
    (key) => key.charCodeAt(0) === 1 && key.charCodeAt(3) === 3,
  );
  t.deepEqual(inThree, []);
});

test('a recovery can be broken off at any write and begun again, whether it settles all rows or the oldest', async (t) => {
  for (const memoryBytesMax of [0, 4_000]) {
    const world = new ManualWorld();
    const first = await OpenedReplica.openWarm(world);
    for (let i = 0; i < 120; i++) {
      await first.put(`k${i % 30}`, `${i}`, LOG);
      await world.timers.advance(2);
    }
    let disk = first.store.crash('process');
    const journaled = rowsOfKind(disk, STORAGE_KIND.journal);
    let [crashes, isEnd] = [0, false];
    for (let writesLeft = 0; !isEnd; writesLeft++) {
      const store = new MemoryStore(world.timers, { disk, latencyMs: () => 1 });
      const write = store.write.bind(store);
      let left = writesLeft;
      store.write = (writes, sync, done) => {
        if (left-- > 0) write(writes, sync, done);
      };
      const bounds = { partitionCount: PARTITIONS, memoryBytesMax, windowBytes: 500 };
      void recoverJournal(store, world.log, bounds).then(() => {
        isEnd = true;
      });
      await world.timers.advance(200);
      disk = store.crash('process');
      crashes++;
      const next = await OpenedReplica.open(world, { disk: copyOf(disk) });
      for (let i = 90; i < 120; i++) t.is(shownValue(await next.get(`k${i % 30}`)), `${i}`);
    }
    t.true(crashes > 3);
    const held = rowsOfKind(disk, STORAGE_KIND.journal);
    t.true(memoryBytesMax === 0 ? held === 0 : held > 0 && held < journaled, `${held} rows of ${journaled} are held`);
  }
});

test('of a key that was journaled again and again a recovery writes the latest record only', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  for (let i = 0; i < 120; i++) {
    await first.put(`k${i % 3}`, `${i}`, LOG);
    await world.timers.advance(2);
  }
  const store = new MemoryStore(world.timers, { disk: first.store.crash('process') });
  const written: number[] = [];
  const write = store.write.bind(store);
  store.write = (writes, sync, done) => {
    written.push(...writes.filter(({ value }) => value !== undefined).map(({ key }) => key.readUInt8(0)));
    write(writes, sync, done);
  };
  await world.timers.until(recoverJournal(store, world.log, { partitionCount: PARTITIONS, memoryBytesMax: 0 }));
  t.deepEqual(written, [STORAGE_KIND.data, STORAGE_KIND.data, STORAGE_KIND.data]);
  const next = await OpenedReplica.open(world, { disk: store.disk });
  for (let i = 117; i < 120; i++) t.is(shownValue(await next.get(`k${i % 3}`)), `${i}`);
});

test('a damaged record of the journal is left out and logged; the others are recovered', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  await first.put('good', 'v', LOG);
  const record = Buffer.from(first.peek('good') ?? Buffer.alloc(0));
  const good = { partition: partitionOfKey('good'), db: 0, key: Buffer.from('good'), record };
  const bad = (key: string) => ({
    partition: partitionOfKey(key),
    db: 0,
    key: Buffer.from(key),
    record: Buffer.from('not a record'),
  });
  const elsewhere = { ...good, partition: PARTITIONS };
  const nowhere = { ...good, db: 200 };
  for (const memoryBytesMax of [AMPLE, 100]) {
    const rows = [journalRowOf([bad('bad'), good]), journalRowOf([bad('good')])];
    if (memoryBytesMax === AMPLE) rows.push(journalRowOf([elsewhere, nowhere]));
    const disk = await putRows(world, rows);
    world.log.lines.length = 0;
    const next = await OpenedReplica.openWarm(world, { disk, memoryBytesMax });
    t.deepEqual(new Set(world.log.errors()), new Set(['a journaled record is damaged']));
    t.is(world.log.errors().length, rows.length === 3 ? 4 : 2);
    t.deepEqual(
      objectOf((await next.get('good')) ?? Buffer.alloc(0)),
      objectOf(record),
      'the record before the damaged one',
    );
    t.is(await next.get('bad'), null);
  }
});

test('of a row that is cut off the whole records are recovered; a row that can not be read is left where it is', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  const records: Buffer[] = [];
  for (const key of ['a', 'b', 'c']) {
    await first.put(key, key, LOG);
    records.push(Buffer.from(first.peek(key) ?? Buffer.alloc(0)));
  }
  const contents = ['a', 'b', 'c'].map((key, i) => ({
    partition: partitionOfKey(key),
    db: 0,
    key: Buffer.from(key),
    record: records[i] ?? Buffer.alloc(0),
  }));
  const whole = journalRowOf(contents.slice(0, 1));
  const cut = journalRowOf(contents.slice(1)).subarray(0, -1);
  const disk = await putRows(world, [whole, Buffer.alloc(0), cut]);
  world.log.lines.length = 0;
  const next = await OpenedReplica.openWarm(world, { disk });
  t.deepEqual(world.log.errors(), ['a journal row is damaged', 'a journal row is damaged']);
  t.deepEqual(
    [shownValue(await next.get('a')), shownValue(await next.get('b')), await next.get('c')],
    ['a', 'b', null],
  );
  await next.put('c', 'later', LOG);
  await world.timers.until(next.replica.flush());
  t.is(rowsOfKind(next.store.disk, STORAGE_KIND.journal), 1);
  t.is(rowsOfKind(next.store.disk, STORAGE_KIND.data), 3);
});
