import test from 'ava';
import { StoreError } from '../../../cluster/ports/store.js';
import { Identity } from '../../../cluster/storage/identity.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import { ManualWorld } from './manual-world.js';
import { write } from './store-contract.js';

const SECOND_US = 1_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function open(world: ManualWorld, disk?: MemoryDisk, awayMaxMs?: number, partitions = 256) {
  const store = new MemoryStore(world.timers, disk === undefined ? {} : { disk });
  const identity = await world.timers.until(Identity.open(store, world, partitions, awayMaxMs));
  return { store, identity };
}

/** An orderly stop; gives the disk for the next start. */
async function stop(world: ManualWorld, { store, identity }: Awaited<ReturnType<typeof open>>, counter = 1) {
  await world.timers.until(identity.close(counter));
  await world.timers.until(store.close());
  return store.disk;
}

test('a new folder begins a new life, and is on disk before anything else', async (t) => {
  const world = new ManualWorld();
  const { store, identity } = await open(world);
  t.is(identity.actor.toString(), '0101010101010000');
  t.is(identity.actorBytes.toString('hex'), identity.actor);
  t.is(identity.counterFloor, 0);
  t.is(identity.bornMs, world.clock.nowMs());
  t.is(identity.aside, undefined);
  t.true(store.disk.synced.size > 0);
  t.is(store.disk.unsynced.length, 0);
});

test('a start after an orderly stop is a new life too: the folder may be an earlier copy of the one that was left', async (t) => {
  const world = new ManualWorld();
  const first = await open(world);
  const counter = world.clock.nowMs() * 1000 + 5;
  const disk = await stop(world, first, counter);
  const copy = { rows: new Map(disk.rows), unsynced: [], synced: new Map(disk.synced) };
  const second = await open(world, disk);
  const third = await open(world, copy);
  t.is(second.identity.counterFloor, counter);
  t.is(new Set([first, second, third].map(({ identity }) => identity.actor)).size, 3);
});

for (const lost of ['process', 'power'] as const) {
  test(`a start after a crash (${lost}) is a new life`, async (t) => {
    const world = new ManualWorld();
    const first = await open(world);
    const second = await open(world, first.store.crash(lost));
    t.not(second.identity.actor, first.identity.actor);
  });
}

test('after a crash counters go on near the last one, also when the clock was set back', async (t) => {
  const world = new ManualWorld();
  const first = await open(world);
  const counter = world.clock.nowMs() * 1000;
  first.identity.noteCounter(counter);
  await world.timers.advance(0);
  first.identity.noteCounter(counter + 1 * SECOND_US);
  await world.timers.advance(0);
  world.timers.wallMs -= 3_600_000;
  const second = await open(world, first.store.crash('process'));
  t.is(second.identity.counterFloor, counter, 'marked every few seconds only');
});

test('crashing at every start does not carry counters into the future', async (t) => {
  const world = new ManualWorld();
  let { store, identity } = await open(world);
  const counter = world.clock.nowMs() * 1000;
  identity.noteCounter(counter);
  await world.timers.advance(0);
  for (let crash = 0; crash < 20; crash++) ({ store, identity } = await open(world, store.crash('process')));
  t.is(identity.counterFloor, counter);
});

test('a store that can not write the mark is asked again some seconds later', async (t) => {
  const world = new ManualWorld();
  const { store, identity } = await open(world);
  const counter = world.clock.nowMs() * 1000;
  store.failWrites = 'no space';
  identity.noteCounter(counter);
  await world.timers.advance(0);
  store.failWrites = undefined;
  identity.noteCounter(counter + 10 * SECOND_US);
  await world.timers.advance(0);
  const next = await open(world, store.crash('process'));
  t.is(next.identity.counterFloor, counter + 10 * SECOND_US);
});

test('the next dot after objects have left is of a new epoch, and only the next', async (t) => {
  const { identity } = await open(new ManualWorld());
  identity.objectsLeave();
  identity.objectsLeave();
  t.is(identity.actor.toString(), '0101010101010001');
  t.is(identity.actorBytes.toString('hex'), '0101010101010001');
  identity.objectsLeave();
  t.is(identity.actorBytes.toString('hex'), '0101010101010002');
});

test('a life has no more than 65,536 epochs: then another life begins', async (t) => {
  const { identity } = await open(new ManualWorld());
  for (let epoch = 1; epoch <= 0xffff; epoch++) {
    identity.objectsLeave();
    t.is(identity.actor.slice(0, 12), '010101010101');
  }
  identity.objectsLeave();
  t.is(identity.actor.toString(), '0202020202020000');
});

test('a node that gave no sign of life for too long has to start over, and does not forget it at the next start', async (t) => {
  const world = new ManualWorld();
  const first = await open(world, undefined, DAY_MS);
  const aliveMs = world.clock.nowMs();
  const disk = await stop(world, first);
  await world.timers.advance(DAY_MS - 1);
  const early = await open(world, { ...disk, rows: new Map(disk.rows) }, DAY_MS);
  t.is(early.identity.aside, undefined);
  await world.timers.advance(1);
  const late = await open(world, disk, DAY_MS);
  t.deepEqual(late.identity.aside, { moving: true, sinceMs: aliveMs });
  t.deepEqual(late.identity.gap, { fromMs: aliveMs, toMs: aliveMs + DAY_MS });
  await world.timers.advance(5000);

  const crashed = await open(world, late.store.crash('power'), DAY_MS);
  t.deepEqual(crashed.identity.aside, { moving: true, sinceMs: aliveMs });
  await world.timers.until(crashed.identity.asideMoved());
  const moved = await open(world, crashed.store.crash('power'), DAY_MS);
  t.deepEqual(moved.identity.aside, { moving: false, sinceMs: aliveMs });
  t.deepEqual(moved.identity.gap, { fromMs: aliveMs, toMs: aliveMs + DAY_MS }, 'the last gap is shorter');

  await world.timers.advance(2 * DAY_MS);
  const again = await open(world, moved.store.crash('power'), DAY_MS);
  t.deepEqual(again.identity.aside, { moving: true, sinceMs: aliveMs }, 'what was written meanwhile is old as well');
  await world.timers.until(again.identity.asideGone());
  const after = await open(world, again.store.crash('power'), DAY_MS);
  t.is(after.identity.aside, undefined);
});

test('a sign of life counts, also where nothing was written; without a bound nobody is away for too long', async (t) => {
  const world = new ManualWorld();
  const first = await open(world, undefined, DAY_MS);
  await world.timers.advance(DAY_MS);
  first.identity.markAlive();
  await world.timers.advance(1000);
  const disk = first.store.crash('process');
  const second = await open(world, { ...disk, rows: new Map(disk.rows) }, DAY_MS);
  t.is(second.identity.aside, undefined);
  t.is(second.identity.gap.toMs - second.identity.gap.fromMs, 1000);
  t.is(second.identity.bornMs, first.identity.bornMs);
  await world.timers.advance(10 * DAY_MS);
  t.is((await open(world, disk)).identity.aside, undefined);
});

test('a long time away is told until it ended too long ago, then the last one is', async (t) => {
  const world = new ManualWorld();
  const first = await open(world, undefined, DAY_MS);
  const second = await (async () => {
    await world.timers.advance(DAY_MS / 2);
    return open(world, first.store.crash('process'), DAY_MS);
  })();
  const long = second.identity.gap;
  t.is(long.toMs - long.fromMs, DAY_MS / 2);
  const third = await open(world, second.store.crash('process'), DAY_MS);
  t.deepEqual(third.identity.gap, long);
  for (let hour = 0; hour < 24; hour++) {
    await world.timers.advance(HOUR_MS);
    third.identity.markAlive();
  }
  await world.timers.advance(1000);
  const fourth = await open(world, third.store.crash('process'), DAY_MS);
  t.is(fourth.identity.gap.toMs - fourth.identity.gap.fromMs, 1000);
});

test('a folder of another partition count or format is refused', async (t) => {
  const world = new ManualWorld();
  const { store } = await open(world);
  await t.throwsAsync(world.timers.until(Identity.open(store, world, 128)), {
    instanceOf: StoreError,
    message: /made for 256 partitions, not for 128/,
  });
  const format = { key: storageKey(STORAGE_KIND.meta, 0, 0, 'format'), value: Buffer.from([9, 0]) };
  await world.timers.until(write(store, [format]));
  await t.throwsAsync(world.timers.until(Identity.open(store, world, 256)), {
    instanceOf: StoreError,
    message: /has format 9; this version reads up to 5/,
  });
});

test('an open that can not read or write fails', async (t) => {
  const world = new ManualWorld();
  const store = new MemoryStore(world.timers);
  store.failReads = 'bad sector';
  await t.throwsAsync(world.timers.until(Identity.open(store, world, 256)), { message: 'bad sector' });
  store.failReads = undefined;
  store.failWrites = 'read-only';
  await t.throwsAsync(world.timers.until(Identity.open(store, world, 256)), { message: 'read-only' });
});
