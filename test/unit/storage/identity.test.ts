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
  test(`a start after a crash (${lost}) is a new life, above every counter of the old one`, async (t) => {
    const world = new ManualWorld();
    const first = await open(world);
    const counter = world.clock.nowMs() * 1000 + 9 * SECOND_US;
    t.true(first.identity.isReserved(counter));
    world.timers.wallMs -= 3_600_000;
    const second = await open(world, first.store.crash(lost));
    t.not(second.identity.actor, first.identity.actor);
    t.true(second.identity.counterFloor >= counter);
    t.true(second.identity.isReserved(second.identity.counterFloor + 1));
  });
}

test('counters are reserved on disk ahead of use, and renewed before they run out', async (t) => {
  const world = new ManualWorld();
  const { store, identity } = await open(world);
  const startUs = world.clock.nowMs() * 1000;
  t.true(identity.isReserved(startUs + 4 * SECOND_US));
  t.false(identity.isReserved(startUs + 11 * SECOND_US));
  await world.timers.advance(0);
  t.true(identity.isReserved(startUs + 20 * SECOND_US), 'renewed behind');
  await world.timers.advance(0);
  const next = await open(world, store.crash('power'));
  t.true(next.identity.counterFloor >= startUs + 20 * SECOND_US);
});

test('a counter beyond the reservation waits until it is on disk', async (t) => {
  const world = new ManualWorld();
  const { store, identity } = await open(world);
  const far = world.clock.nowMs() * 1000 + 60 * SECOND_US;
  const answers: string[] = [];
  identity.reserve(far, (failure) => answers.push(`far ${failure?.code}`));
  identity.reserve(far + 30 * SECOND_US, (failure) => answers.push(`further ${failure?.code}`));
  t.deepEqual(answers, []);
  await world.timers.advance(0);
  t.deepEqual(answers, ['far undefined', 'further undefined']);
  identity.reserve(far, (failure) => answers.push(`again ${failure?.code}`));
  t.is(answers.at(-1), 'again undefined', 'at once, when it is reserved already');
  const next = await open(world, store.crash('power'));
  t.true(next.identity.counterFloor >= far + 30 * SECOND_US);
});

test('a store that can not write fails the reservation, and is tried again', async (t) => {
  const world = new ManualWorld();
  const { store, identity } = await open(world);
  store.failWrites = 'no space';
  const far = world.clock.nowMs() * 1000 + 60 * SECOND_US;
  const codes: (string | undefined)[] = [];
  identity.reserve(far, (failure) => codes.push(failure?.code));
  await world.timers.advance(0);
  t.deepEqual(codes, ['StoreFailed']);
  t.false(identity.isReserved(far));
  store.failWrites = undefined;
  await world.timers.advance(1000);
  t.false(identity.isReserved(far));
  await world.timers.advance(0);
  t.true(identity.isReserved(far));
});

test('nothing is given out after a clean stop', async (t) => {
  const world = new ManualWorld();
  const { identity } = await open(world);
  const counter = world.clock.nowMs() * 1000;
  await world.timers.until(identity.markClean(counter));
  t.false(identity.isReserved(counter));
  identity.reserve(counter, (failure) => t.is(failure?.code, 'StoreFailed'));
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
