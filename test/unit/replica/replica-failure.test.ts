import test from 'ava';
import { StoreError } from '../../../cluster/ports/store.js';
import { BUFFER, FSYNC, LOG, PENDING, STORED } from '../../../cluster/replica/replica.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { ManualWorld } from '../storage/manual-world.js';
import { write } from '../storage/store-contract.js';
import { foreignObject, OpenedReplica, partitionOfKey } from './opened-replica.js';

const ELSEWHERE = 'ff00000000000001';

test('a failed write answers its waiters, stays in memory, and is tried again until it succeeds', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.store.failWrites = 'no space';
  const logged = opened.putKnown('a', '1', LOG);
  const synced = opened.putKnown('b', '1', FSYNC);
  await world.timers.advance(5);
  t.deepEqual([logged.acknowledgement.answer, synced.acknowledgement.answer], ['StoreFailed', 'StoreFailed']);
  t.not(opened.peek('a'), null);
  const buffered = opened.putKnown('c', '1', BUFFER);
  t.is(buffered.answer, PENDING, 'a failing store is not hidden from writers of the buffer');
  await world.timers.advance(2000);
  t.is(buffered.acknowledgement.answer, 'StoreFailed');
  t.is(opened.replica.stats().dirtyEntries, 3);
  t.deepEqual(world.log.errors(), ['the store could not write'], 'one line, not one a try');
  const { storeFailures } = opened.replica.stats();
  t.true(storeFailures > 3 && storeFailures < 10, 'with back-off');

  opened.store.failWrites = undefined;
  await world.timers.advance(6000);
  t.is(opened.replica.stats().dirtyEntries, 0);
  t.is(opened.replica.stats().dirtyBytes, 0);
  t.is(opened.putKnown('d', '1', BUFFER).answer, STORED);
  const next = await OpenedReplica.open(world, { disk: opened.store.crash('process') });
  t.not(await next.get('a'), null);
});

test('a failed read answers those who wait for the key, and the next load tries again', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.open(world);
  opened.store.failReads = 'bad sector';
  const merged = opened.merge('k', foreignObject(ELSEWHERE, 1, 'v'));
  await t.throwsAsync(opened.get('k'), { message: 'StoreFailed' });
  t.is(merged.acknowledgement.answer, 'StoreFailed');
  t.is(opened.replica.stats().heldBytes, 0);
  opened.store.failReads = undefined;
  t.is(await opened.get('k'), null, 'nothing of the failed merge is left');
  await world.timers.until(opened.replica.whenWarm());
  t.is(opened.count(), 0);
});

test('a damaged record is a failed read, and no part of it is served', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  await first.put('whole', 'v');
  const damaged = {
    key: storageKey(STORAGE_KIND.data, partitionOfKey('k'), 0, 'k'),
    value: Buffer.from('not a record'),
  };
  await world.timers.until(write(first.store, [damaged]));
  const opened = await OpenedReplica.openWarm(world, { disk: await first.stop() });
  t.true(world.log.errors().includes('a stored record is damaged'));
  t.is(opened.count(), 1);
  t.is(opened.peek('k'), undefined);
  await t.throwsAsync(opened.get('k'), { message: 'StoreFailed' });
});

test('when half the memory is dirty writers of the buffer wait for the store; when all is, they are refused', async (t) => {
  const world = new ManualWorld();
  let latencyMs = 1;
  const opened = await OpenedReplica.openWarm(world, { memoryBytesMax: 20_000, latencyMs: () => latencyMs });
  latencyMs = 1000;
  const value = 'x'.repeat(500);
  const answers: string[] = [];
  const puts = Array.from({ length: 30 }, (_, i) => {
    const refusedBefore = opened.replica.stats().refusedWrites;
    const put = opened.putKnown(`k${i}`, value, BUFFER);
    const refused = opened.replica.stats().refusedWrites > refusedBefore;
    answers.push(refused ? 'refused' : put.answer === STORED ? 'stored' : 'waits');
    return put;
  });
  t.deepEqual([...new Set(answers)], ['stored', 'waits', 'refused']);
  t.true(opened.replica.isBehind);
  t.true(opened.replica.stats().dirtyBytes < 21_000);
  await world.timers.advance(10);
  t.is(puts.at(-1)?.acknowledgement.answer, 'Overloaded');
  t.is(puts[answers.indexOf('waits')]?.acknowledgement.answer, 'waiting');
  await world.timers.advance(5000);
  t.is(puts[answers.indexOf('waits')]?.acknowledgement.answer, 'stored');
  t.false(opened.replica.isBehind);
  t.is(opened.putKnown('k0', value, BUFFER).answer, STORED, 'once it is written the buffer takes more');
});

test('a full buffer is the fault of a store that fails, where it does: others can take the write', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { memoryBytesMax: 20_000 });
  opened.store.failWrites = 'disk full';
  const value = 'x'.repeat(500);
  for (let i = 0; i < 30; i++) {
    opened.putKnown(`k${i}`, value, LOG);
    await world.timers.advance(5);
  }
  t.false(opened.replica.isBehind, 'to wait here would not help');
  const refused = opened.putKnown('one more', value, LOG);
  await world.timers.advance(1);
  t.is(refused.acknowledgement.answer, 'StoreFailed');
});

test('writes that wait for keys to be read are bounded', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.open(world, { memoryBytesMax: 20_000, latencyMs: () => 10 });
  const merges = Array.from({ length: 20 }, (_, i) =>
    opened.merge(`k${i}`, foreignObject(ELSEWHERE, i + 1, 'x'.repeat(1000))),
  );
  t.true(opened.replica.stats().heldBytes <= 5_000);
  await world.timers.advance(1);
  t.is(merges.at(-1)?.acknowledgement.answer, 'Overloaded');
  await world.timers.advance(100);
  t.is(merges[0]?.acknowledgement.answer, 'stored');
  t.is(opened.replica.stats().heldBytes, 0);
});

test('a value larger than all bounds is taken all the same', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.open(world, { memoryBytesMax: 1000 });
  const merged = opened.merge('k', foreignObject(ELSEWHERE, 1, 'x'.repeat(100_000)));
  await world.timers.advance(100);
  t.is(merged.acknowledgement.answer, 'stored');
});

test('a close that can not flush fails', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.putKnown('k', 'v', BUFFER);
  opened.store.failWrites = 'no space';
  await t.throwsAsync(world.timers.until(opened.replica.close()), { instanceOf: StoreError, message: 'no space' });
});

test('a warm-up that can not read says so, and goes on when it can', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  for (let i = 0; i < 20; i++) await first.put(`k${i}`, 'v');
  const opened = await OpenedReplica.open(world, { disk: await first.stop() });
  opened.store.failReads = 'bad sector';
  await world.timers.advance(1000);
  t.false(opened.replica.warm);
  t.true(world.log.errors().includes('the warm-up could not read the store'));
  opened.store.failReads = undefined;
  await world.timers.until(opened.replica.whenWarm());
  t.true(opened.replica.warm);
  t.is(opened.count(), 20);
});

test('a replica that closes during the warm-up frees its snapshot, and nobody waits for ever', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  for (let i = 0; i < 2000; i++) first.putKnown(`k${i}`, 'v');
  await world.timers.advance(50);
  const opened = await OpenedReplica.open(world, { disk: await first.stop() });
  const warm = opened.replica.whenWarm();
  await world.timers.advance(3);
  await opened.stop();
  await world.timers.until(warm);
  t.false(opened.replica.warm);
});
