import test from 'ava';
import { StoreError } from '../../../cluster/ports/store.js';
import { Identity } from '../../../cluster/storage/identity.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import { ManualWorld } from './manual-world.js';
import { write } from './store-contract.js';

const SECOND_US = 1_000_000;

async function open(world: ManualWorld, disk?: MemoryDisk, partitions = 256) {
  const store = new MemoryStore(world.timers, disk === undefined ? {} : { disk });
  const identity = await world.timers.until(Identity.open(store, world, partitions));
  return { store, identity };
}

test('a new folder begins a new life, and has it on disk before anything else', async (t) => {
  const world = new ManualWorld();
  const { store, identity } = await open(world);
  t.is(identity.actor.toString(), '0101010101010000');
  t.is(identity.actorBytes.toString('hex'), identity.actor);
  t.is(identity.counterFloor, 0);
  t.true(store.disk.synced.size > 0);
  t.is(store.disk.unsynced.length, 0);
});

test('a start after a clean stop goes on under the same actor, once', async (t) => {
  const world = new ManualWorld();
  const first = await open(world);
  const counter = world.clock.nowMs() * 1000 + 5;
  await world.timers.until(first.identity.markClean(counter));
  await world.timers.until(first.store.close());
  const second = await open(world, first.store.disk);
  t.is(second.identity.actor, first.identity.actor);
  t.is(second.identity.counterFloor, counter);
  const third = await open(world, second.store.crash('process'));
  t.not(third.identity.actor, first.identity.actor, 'the marker was consumed at open');
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
    message: /has format 9; this version reads 1/,
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
