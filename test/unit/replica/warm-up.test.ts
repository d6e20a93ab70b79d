import test from 'ava';
import fc from 'fast-check';
import { BUFFER, LOG } from '../../../cluster/replica/replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { OpenedReplica, objectOf } from './opened-replica.js';

const KEYS = Array.from({ length: 1500 }, (_, i) => `k${i}`);

async function diskWith(world: ManualWorld, keys: readonly string[]) {
  const first = await OpenedReplica.openWarm(world);
  for (const [i, key] of keys.entries()) first.putKnown(key, `${i}`, LOG, i % 3 === 0);
  return first.stop();
}

const liveOf = (keys: readonly string[]) => keys.filter((_, i) => i % 3 !== 0).length;

test('after a clean stop all is counted and in memory again', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { disk: await diskWith(world, KEYS) });
  t.is(opened.count(), liveOf(KEYS));
  for (const key of KEYS) t.not(opened.peek(key), undefined);
  t.is(opened.peek('absent'), null, 'a partition that is all in memory knows what is absent');
  t.is(opened.replica.stats().loads, 0);
});

test('a store that does not fit is counted, and fills the memory up to its bound', async (t) => {
  const world = new ManualWorld();
  const memoryBytesMax = 100_000;
  const opened = await OpenedReplica.openWarm(world, { disk: await diskWith(world, KEYS), memoryBytesMax });
  t.is(opened.count(), liveOf(KEYS));
  const { bytes, evictions } = opened.replica.stats();
  t.true(bytes > memoryBytesMax * 0.7 && bytes < memoryBytesMax, `${bytes}`);
  t.is(evictions, 0);
  t.not(await opened.get('k1'), null);
  t.is(await opened.get('absent'), null);
});

test('the memory stays bounded, and only what the store has leaves it', async (t) => {
  const world = new ManualWorld();
  const memoryBytesMax = 50_000;
  const opened = await OpenedReplica.openWarm(world, { memoryBytesMax });
  for (const [i, key] of KEYS.entries()) {
    await opened.put(key, `${i}`, i % 2 === 0 ? BUFFER : LOG);
    if (i % 10 === 0) await world.timers.advance(5);
    t.true(opened.replica.stats().bytes < memoryBytesMax * 1.1);
  }
  t.true(opened.replica.stats().evictions > 1000);
  await world.timers.advance(200);
  for (const [i, key] of KEYS.entries()) t.true((await opened.get(key))?.includes(`${i}`), key);
});

test('a key that is read again and again stays in memory', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { memoryBytesMax: 50_000 });
  opened.putKnown('popular', 'v');
  for (const key of KEYS) {
    await opened.put(key, 'v', LOG);
    await world.timers.advance(2);
    t.not(opened.peek('popular'), undefined);
  }
});

test('writes during the warm-up are counted once, and never overwritten by what the scan read', async (t) => {
  const world = new ManualWorld();
  const disk = await diskWith(world, KEYS);
  const moves = fc.array(
    fc.record({
      key: fc.nat({ max: KEYS.length + 20 }).map((i) => `k${i}`),
      tombstone: fc.boolean(),
      durability: fc.constantFrom<(0 | 1)[]>(BUFFER, LOG),
      waitMs: fc.constantFrom(0, 0, 0, 1, 3),
    }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(moves, fc.constantFrom(5_000, 100_000, 10_000_000), async (list, memoryBytesMax) => {
      const copy = { rows: new Map(disk.rows), unsynced: [], synced: new Map(disk.synced) };
      const opened = await OpenedReplica.open(world, { disk: copy, memoryBytesMax });
      const live = new Map(KEYS.map((key, i) => [key, i % 3 !== 0]));
      const written = new Map<string, Buffer>();
      for (const { key, tombstone, durability, waitMs } of list) {
        const { refusedWrites } = opened.replica.stats();
        const put = await opened.put(key, 'new', durability, tombstone);
        if (opened.replica.stats().refusedWrites > refusedWrites) continue;
        live.set(key, !tombstone);
        written.set(key, Buffer.from(objectOf(put.record)));
        await world.timers.advance(waitMs);
      }
      await world.timers.until(opened.replica.whenWarm());
      t.is(opened.count(), [...live.values()].filter((isLive) => isLive).length);
      for (const [key, object] of written) {
        const held = await opened.get(key);
        t.true(held !== null && objectOf(held).equals(object));
      }
      await opened.stop();
    }),
    { numRuns: 60 },
  );
});

test('a row that was written and evicted since the snapshot does not come back from it', async (t) => {
  const world = new ManualWorld();
  const disk = await diskWith(world, KEYS);
  // Reads and writes take no time here, and a slice of the scan comes each ms: all of this happens between two slices.
  for (let waitMs = 0; waitMs < 5; waitMs++) {
    const copy = { rows: new Map(disk.rows), unsynced: [], synced: new Map(disk.synced) };
    const opened = await OpenedReplica.open(world, { disk: copy, memoryBytesMax: 1_000_000, latencyMs: () => 0 });
    await world.timers.advance(waitMs);
    const last = ['k998', 'k997', 'k996', 'k995', 'k994'];
    for (const key of last) await opened.put(key, 'new', LOG);
    await world.timers.advance(0);
    await opened.put('large', 'x'.repeat(1_000_000), LOG);
    await world.timers.advance(0);
    t.true(opened.replica.stats().evictions > 0);
    opened.putKnown('large', 'small', LOG);
    await world.timers.until(opened.replica.whenWarm());
    for (const key of last) t.true((await opened.get(key))?.includes('new'), `${key} after ${waitMs} ms`);
    await opened.stop();
  }
});
