import test from 'ava';
import { BUFFER, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import { valuesOf } from '../coordinator/fake-peer.js';
import { SLOT_OF_OTHERS } from '../coordinator/scripted-node.js';
import { acknowledge, HandoffBench, sentTo } from './handoff-bench.js';

test('what a fallback took is delivered when its target can be reached, and leaves after the acknowledgement', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  bench.standIn(target, 'cart', 'milk');
  await bench.advance(5_000);
  t.deepEqual(sentTo(target), []);
  target.turn(true);
  await bench.advance(5);
  t.deepEqual(sentTo(target), ['cart milk']);
  t.like(bench.hints.byTarget()[0], { target: target.id, count: 1, delivering: true });
  t.deepEqual(valuesOf(bench.held('cart')), ['milk']);
  acknowledge(target);
  await bench.advance(1_000);
  t.is(bench.hints.count, 0);
  t.is(bench.hints.bytes, 0);
  t.is(bench.held('cart'), null);
  t.like(bench.counters, { hints_kept: 1, hints_delivered: 1 });
});

test('a key that is written while it is delivered is delivered again', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  bench.standIn(target, 'cart', 'milk');
  target.turn(true);
  await bench.advance(5);
  bench.standIn(target, 'cart', 'bread');
  acknowledge(target);
  await bench.advance(5);
  t.deepEqual(sentTo(target), ['cart milk', 'cart bread']);
  t.is(bench.hints.count, 1);
  acknowledge(target);
  await bench.advance(1_000);
  t.is(bench.hints.count, 0);
  t.is(bench.held('cart'), null);
});

test('a copy that changed without a hint is delivered again too', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  bench.standIn(target, 'cart', 'milk');
  target.turn(true);
  await bench.advance(5);
  bench.scripted.hold('cart', bench.objectOf('repaired'), SLOT_OF_OTHERS);
  acknowledge(target);
  await bench.advance(5);
  t.deepEqual(sentTo(target), ['cart milk', 'cart repaired']);
});

test('a copy stays until the last of its targets has it', async (t) => {
  const bench = await HandoffBench.open();
  const [first, second] = [bench.peer(0), bench.peer(1)];
  bench.standIn(first, 'cart', 'milk');
  bench.standIn(second, 'cart', 'milk');
  await bench.advance(200);
  first.turn(true);
  await bench.advance(5);
  acknowledge(first);
  await bench.advance(5_000);
  t.is(bench.hints.count, 1);
  t.deepEqual(valuesOf(bench.held('cart')), ['milk']);
  second.turn(true);
  await bench.advance(5);
  acknowledge(second);
  await bench.advance(500);
  t.is(bench.held('cart'), null);
});

test('a copy that is not in the store yet leaves a little later', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  target.turn(true);
  bench.standIn(target, 'cart', 'milk', BUFFER);
  await bench.advance(1_000);
  t.is(acknowledge(target), 1);
  bench.standIn(target, 'other', 'x', BUFFER);
  await bench.advance(1);
  bench.scripted.opened.store.failWrites = 'disk full';
  await bench.advance(1_000);
  t.is(acknowledge(target), 1);
  await bench.advance(1_000);
  t.deepEqual(valuesOf(bench.held('other')), ['x'], 'the store does not have it');
  bench.scripted.opened.store.failWrites = undefined;
  await bench.advance(5_000);
  t.is(bench.held('other'), null);
  t.is(bench.held('cart'), null);
});

test('a primary that has noted what another missed delivers it and keeps its own copy', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(1);
  bench.note(target, 'cart', 'milk');
  await bench.advance(1_000);
  target.turn(true);
  await bench.advance(5);
  t.deepEqual(sentTo(target), ['cart milk']);
  acknowledge(target);
  await bench.advance(5_000);
  t.is(bench.hints.count, 0);
  t.deepEqual(bench.scripted.heldValues('cart'), ['milk']);
});

test('what is noted for a node that was never lost is delivered within a second or so', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(1);
  target.up = true;
  bench.note(target, 'cart', 'milk');
  await bench.advance(1_100);
  t.deepEqual(sentTo(target), ['cart milk']);
});

test('deliveries are as safe as the keyspace asks, and in the log at least', async (t) => {
  for (const [durability, expected] of [
    ['buffer', LOG],
    ['log', LOG],
    ['fsync-one', LOG],
    ['fsync', FSYNC],
  ] as const) {
    const bench = await HandoffBench.open({ keyspace: { durability } });
    bench.standIn(bench.peer(0), 'cart', 'milk');
    bench.peer(0).turn(true);
    await bench.advance(5);
    t.is(bench.peer(0).puts[0]?.durability, expected, durability);
  }
});

test('a governor that has stopped is asked once, not for ever', async (t) => {
  const bench = await HandoffBench.open();
  bench.standIn(bench.peer(0), 'k', 'x');
  await bench.advance(200);
  bench.governor.stopped = true;
  bench.peer(0).turn(true);
  await bench.advance(5_000);
  t.is(bench.governor.admitted.length, 1);
  t.deepEqual(bench.peer(0).puts, []);
});

test('hints go out in slices that the governor admits, and a slice waits for the one before', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  for (let i = 0; i < 150; i++) bench.standIn(target, `key ${i}`, 'x');
  await bench.advance(200);
  target.turn(true);
  await bench.advance(5);
  t.deepEqual(bench.governor.admitted, [['hints', 64]]);
  t.is(target.puts.length, 64);
  const inFlight: number[] = [];
  for (let waiting = acknowledge(target); waiting > 0; waiting = acknowledge(target)) {
    inFlight.push(waiting);
    await bench.advance(5);
  }
  t.deepEqual(inFlight, [64, 64, 22]);
  t.is(bench.counters.hints_delivered, 150);
});

test('a slice of large objects has few of them in flight', async (t) => {
  const bench = await HandoffBench.open({ memoryBytesMax: 100_000_000 });
  const target = bench.peer(0);
  for (let i = 0; i < 6; i++) bench.standIn(target, `key ${i}`, 'x'.repeat(2_000_000));
  await bench.advance(200);
  target.turn(true);
  const inFlight: number[] = [];
  await bench.advance(5);
  for (let waiting = acknowledge(target); waiting > 0; waiting = acknowledge(target)) {
    inFlight.push(waiting);
    await bench.advance(5);
  }
  t.deepEqual(inFlight, [2, 2, 2]);
});

test('a target that answers with errors is left alone for longer and longer, until it comes back anew', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  for (let i = 0; i < 100; i++) bench.standIn(target, `key ${i}`, 'x');
  target.turn(true);
  let asked = 0;
  for (let second = 0; second < 120; second++) {
    await bench.advance(1_000);
    asked += acknowledge(target, 1);
  }
  t.true(asked >= 5 * 64 && asked <= 9 * 64, `${asked} requests in two minutes`);
  t.is(bench.hints.count, 100);
  target.turn(false);
  target.turn(true);
  for (let slice = 0; slice < 3; slice++) {
    await bench.advance(5);
    acknowledge(target);
  }
  await bench.advance(5);
  t.is(bench.hints.count, 0);
});

test('an object that the target refuses does not hold up the others', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  for (const key of ['a', 'bad', 'c']) bench.standIn(target, key, 'x');
  target.turn(true);
  await bench.advance(5);
  for (const put of target.puts) put.reply(put.key === 'bad' ? 2 : 0);
  await bench.advance(500);
  t.is(bench.hints.count, 1);
  t.is(target.puts.length, 3);
  await bench.advance(10_000);
  t.deepEqual(sentTo(target).slice(3), ['bad x']);
});

test('a delivery that loses its target goes on when the target is back', async (t) => {
  const bench = await HandoffBench.open();
  const target = bench.peer(0);
  for (let i = 0; i < 100; i++) bench.standIn(target, `key ${i}`, 'x');
  target.turn(true);
  await bench.advance(5);
  target.turn(false);
  for (const put of target.puts) put.fail('unreachable');
  await bench.advance(500);
  t.is(bench.hints.byTarget()[0]?.delivering, false);
  t.is(bench.hints.count, 100);
  target.turn(true);
  for (let slice = 0; slice < 3; slice++) {
    await bench.advance(5);
    acknowledge(target);
  }
  await bench.advance(5);
  t.is(bench.hints.count, 0);
});
