import test from 'ava';
import { BUFFER, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { hintKey, STORAGE_KIND } from '../../../cluster/storage/layout.js';
import { valuesOf } from '../coordinator/fake-peer.js';
import { partitionOfSlot, SLOT_OF_OTHERS } from '../coordinator/scripted-node.js';
import { acknowledge, HandoffBench, sentTo } from './handoff-bench.js';

const PARTITION = partitionOfSlot(SLOT_OF_OTHERS);
const STRANGER = 'f'.repeat(40) as NodeId;
const NOBODY = { stored: () => undefined };

test('a hint is in the log before it is acknowledged, and outlives the process', async (t) => {
  const before = await HandoffBench.open({ storeLatencyMs: 10 });
  const acknowledgement = before.standIn(before.peer(0), 'cart', 'milk', LOG);
  t.is(acknowledgement.answer, 'waiting');
  await before.advance(150);
  t.is(acknowledgement.answer, 'stored');
  const after = await HandoffBench.open({ disk: before.kill('process') });
  t.is(after.hints.count, 1);
  after.peer(0).turn(true);
  await after.advance(10);
  t.deepEqual(sentTo(after.peer(0)), ['cart milk']);
  acknowledge(after.peer(0));
  await after.advance(1_000);
  const again = await HandoffBench.open({ disk: after.kill('process') });
  t.is(again.hints.count, 0);
});

test('a hint that is asked to be synced outlives the loss of power', async (t) => {
  const before = await HandoffBench.open();
  const [logged, synced] = [before.peer(0), before.peer(1)];
  const first = before.standIn(synced, 'cart', 'milk', LOG);
  await before.advance(5);
  t.is(first.answer, 'stored');
  const second = before.standIn(synced, 'cart', 'bread', FSYNC);
  t.is(second.answer, 'waiting', 'a row in the log is not enough');
  await before.advance(5);
  t.is(second.answer, 'stored');
  t.is(before.standIn(synced, 'cart', 'eggs', FSYNC).answer, 'stored');
  before.standIn(logged, 'other', 'x', LOG);
  await before.advance(5);
  const after = await HandoffBench.open({ disk: before.kill('power') });
  t.deepEqual(
    after.hints.byTarget().map(({ target, count }) => [target, count]),
    [[synced.id, 1]],
  );
});

test('a key that has a hint needs no further row, and keeps the time of the first', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  const sinceMs = bench.scripted.world.clock.nowMs();
  bench.standIn(target, 'cart', 'milk');
  await bench.advance(1_000);
  bench.scripted.opened.store.failWrites = 'disk full';
  t.is(bench.standIn(target, 'cart', 'bread').answer, 'stored');
  t.like(bench.hints.byTarget()[0], { count: 1, oldestMs: sinceMs });
  t.is(bench.counters.hints_kept, 1);
});

test('hints over the bound are dropped and counted; the write is taken all the same', async (t) => {
  // About 240 bytes each.
  const bench = await HandoffBench.open({ hints: { bytesMax: 1_000 } });
  const answers = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'].map((key) => bench.standIn(bench.peer(0), key, 'x'));
  await bench.advance(5);
  t.true(answers.every(({ answer }) => answer === 'stored'));
  t.is(bench.hints.count, 4);
  t.true(bench.hints.bytes <= 1_000);
  t.like(bench.counters, { hints_kept: 4, hints_dropped_full: 2 });
  t.deepEqual(valuesOf(bench.held('k6')), ['x']);
  // A start with a lower bound drops what is too much.
  const after = await HandoffBench.open({ disk: bench.kill('process'), hints: { bytesMax: 500 } });
  t.is(after.hints.count, 2);
  t.is(after.counters.hints_dropped_full, 2);
});

test('hints that are older than the window are dropped and counted; the copy stays', async (t) => {
  const bench = await HandoffBench.open({ hints: { windowMs: 10_000 } });
  bench.standIn(bench.peer(0), 'old', 'x');
  await bench.advance(8_000);
  bench.standIn(bench.peer(0), 'young', 'x');
  t.is(bench.hints.count, 2);
  await bench.advance(4_000);
  t.is(bench.hints.count, 1);
  t.like(bench.counters, { hints_dropped_old: 1 });
  t.deepEqual(valuesOf(bench.held('old')), ['x']);
  const after = await HandoffBench.open({ disk: bench.kill('process') });
  t.is(after.hints.count, 1);
});

test('hints that are dropped one after the other are said once a minute, with their number', async (t) => {
  const bench = await HandoffBench.open({ hints: { windowMs: 1_000 } });
  for (let k = 0; k < 60; k++) {
    bench.standIn(bench.peer(0), `key ${k}`, 'x');
    await bench.advance(1_000);
  }
  await bench.advance(60_000);
  const said = bench.scripted.world.log.lines.filter(
    ({ message }) => message === 'hints were dropped: older than the window',
  );
  t.is(said.length, 2);
  t.is(
    said.reduce((sum, { fields }) => sum + Number(fields.dropped), 0),
    60,
  );
  t.is(bench.counters.hints_dropped_old, 60);
});

test('hints of a node that was itself away for longer than the window are not delivered', async (t) => {
  const before = await HandoffBench.open();
  before.standIn(before.peer(0), 'cart', 'milk');
  await before.advance(150);
  const bench = await HandoffBench.open({ disk: before.kill('process'), wallMs: 4_000_000 });
  bench.peer(0).turn(true);
  await bench.advance(1_000);
  t.deepEqual(sentTo(bench.peer(0)), []);
  t.is(bench.counters.hints_dropped_old, 1);
});

test('a hint for a node that is no member is dropped, one of an earlier run too', async (t) => {
  const bench = await HandoffBench.open();
  t.is(bench.hints.keep(STRANGER, PARTITION, 0, 'k', LOG, NOBODY), 0);
  t.is(bench.counters.hints_dropped_stranger, 1);
  const key = hintKey({ target: STRANGER, partition: PARTITION, db: 0, key: 'k' });
  const damaged = key.subarray(0, 9);
  await new Promise<void>((resolve) => {
    const writes = [key, damaged].map((row) => ({ key: row, value: Buffer.alloc(8) }));
    bench.scripted.opened.store.write(writes, false, () => resolve());
    void bench.advance(5);
  });
  const after = await HandoffBench.open({ disk: await bench.stop() });
  t.is(after.hints.count, 0);
  t.is(after.counters.hints_dropped_stranger, 1);
  t.deepEqual(after.scripted.world.log.errors(), ['a stored hint is damaged']);
});

test('a hint whose object is not there is dropped', async (t) => {
  const bench = await HandoffBench.open();
  bench.hints.note(bench.peer(0).id, PARTITION, 0, 'nothing');
  bench.peer(0).turn(true);
  await bench.advance(5);
  t.is(bench.hints.count, 0);
  t.like(bench.counters, { hints_delivered: 0, hints_dropped_gone: 1 });
});

test('who waits for a hint that can not be stored is told, and the hint is stored when that is possible again', async (t) => {
  const bench = await HandoffBench.open();
  bench.scripted.opened.store.failWrites = 'disk full';
  const failed = bench.standIn(bench.peer(0), 'cart', 'milk');
  bench.hints.note(bench.peer(0).id, PARTITION, 0, 'noted');
  await bench.advance(1_000);
  t.is(failed.answer, 'StoreFailed');
  const failedAgain = bench.standIn(bench.peer(0), 'cart', 'bread');
  await bench.advance(10);
  t.is(failedAgain.answer, 'StoreFailed', 'nobody waits for the next attempt');
  bench.scripted.opened.store.failWrites = undefined;
  const stored = bench.standIn(bench.peer(0), 'cart', 'eggs');
  await bench.advance(10);
  t.is(stored.answer, 'stored');
  await bench.advance(10_000);
  const after = await HandoffBench.open({ disk: bench.kill('process') });
  t.is(after.hints.count, 2);
});

test('hints that come and go while the store fails leave nothing to write', async (t) => {
  const bench = await HandoffBench.open();
  const { store } = bench.scripted.opened;
  const target = bench.peer(0);
  bench.standIn(target, 'before', 'x');
  await bench.advance(200);
  store.failWrites = 'disk full';
  target.turn(true);
  for (let i = 0; i < 50; i++) {
    bench.standIn(target, 'cart', `version ${i}`);
    for (let waited = 0; bench.hints.count > 0 && waited < 200; waited++) {
      await bench.advance(20);
      acknowledge(target);
    }
  }
  await bench.advance(10);
  t.is(bench.hints.count, 0);
  t.is(bench.counters.hints_delivered, 51);
  store.failWrites = undefined;
  let rows = 0;
  const write = store.write.bind(store);
  store.write = (writes, sync, done) => {
    rows += writes.filter(({ key }) => key[0] === STORAGE_KIND.hint).length;
    write(writes, sync, done);
  };
  await bench.advance(10_000);
  t.true(rows <= 3, `${rows} rows`);
  const after = await HandoffBench.open({ disk: bench.kill('process') });
  t.is(after.hints.count, 0);
});

test('hints that can not be read at the start are read later, and nothing is forgotten meanwhile', async (t) => {
  const before = await HandoffBench.open();
  before.standIn(before.peer(0), 'cart', 'milk');
  await before.advance(150);
  const bench = await HandoffBench.open({ disk: before.kill('process'), failReads: 'bad block' });
  bench.peer(0).turn(true);
  await bench.advance(2_000);
  t.is(bench.hints.loaded, false);
  bench.scripted.opened.store.failReads = undefined;
  await bench.advance(6_000);
  t.is(bench.hints.loaded, true);
  t.deepEqual(sentTo(bench.peer(0)), ['cart milk']);
});

test('an orderly stop leaves all hints in the store, in the middle of a delivery too', async (t) => {
  const before = await HandoffBench.open();
  const target = before.peer(0);
  for (let i = 0; i < 100; i++) before.standIn(target, `key ${i}`, 'x', BUFFER);
  target.turn(true);
  await before.advance(5);
  t.is(target.puts.length, 64);
  target.turn(false);
  for (const put of target.puts) put.fail('unreachable');
  before.hints.note(target.id, PARTITION, 0, 'last');
  const after = await HandoffBench.open({ disk: await before.stop() });
  t.is(after.hints.count, 101);
});

test('a node that comes is brought its hints; when it leaves the cluster they are dropped', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  bench.peers.remove(target);
  t.is(bench.standIn(target, 'cart', 'milk').answer, 'stored');
  t.is(bench.hints.count, 0, 'it is no node of the cluster');
  bench.peers.add(target);
  bench.standIn(target, 'cart', 'eggs');
  bench.standIn(bench.peer(1), 'cart', 'tea');
  t.is(bench.hints.count, 2);
  target.turn(true);
  await bench.advance(5);
  t.deepEqual(sentTo(target), ['cart tea']);
  bench.peers.remove(target);
  await bench.advance(5);
  t.is(bench.hints.count, 1);
  t.like(bench.counters, { hints_dropped_stranger: 2 });
  t.deepEqual(
    bench.hints.byTarget().map(({ target: id }) => id),
    [bench.peer(1).id],
  );
  acknowledge(target);
  await bench.stop();
});
