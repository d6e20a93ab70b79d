import test from 'ava';
import { decodeObject, encodeObject } from '../../../cluster/version/codec.js';
import { valuesOf } from '../coordinator/fake-peer.js';
import { actorNamed, counterAt, objectWith, SLOT_OF_OTHERS, SLOT_OF_OWN } from '../coordinator/scripted-node.js';
import { acknowledge, GRACE_MS, HandoffBench, sentTo } from './handoff-bench.js';

async function openSweeping(options = {}) {
  const bench = await HandoffBench.open(options);
  bench.sweep.start();
  return bench;
}

/** For three seconds the primaries say that they do not hold what they are asked for. */
async function knowNothing(bench: HandoffBench): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < 3_000; elapsedMs += 100) {
    await bench.advance(100);
    for (const peer of bench.scripted.peers) for (const get of peer.gets) if (!get.isAnswered) get.reply(undefined);
  }
}

test('a copy without a hint is handed to the primaries, and leaves when W of them have it', async (t) => {
  const bench = await openSweeping();
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  bench.peer(0).up = true;
  await bench.advance(3_000);
  t.deepEqual(sentTo(bench.peer(0)), [], 'one primary is not enough');
  bench.peer(1).up = true;
  await bench.advance(3_000);
  t.deepEqual(sentTo(bench.peer(0)), ['cart milk']);
  t.deepEqual(sentTo(bench.peer(1)), ['cart milk']);
  t.deepEqual(valuesOf(bench.held('cart')), ['milk']);
  for (const peer of bench.scripted.peers) acknowledge(peer);
  await bench.advance(1_000);
  t.is(bench.held('cart'), null);
  t.is(bench.counters.orphans_handed_over, 1);
});

test('a copy that fewer than W primaries have taken stays', async (t) => {
  const bench = await openSweeping();
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  for (const peer of bench.scripted.peers) peer.up = true;
  await bench.advance(3_000);
  acknowledge(bench.peer(0));
  acknowledge(bench.peer(1), 1);
  acknowledge(bench.peer(2), 1);
  await bench.advance(10);
  t.deepEqual(valuesOf(bench.held('cart')), ['milk']);
  t.is(bench.counters.orphans_handed_over, 0);
});

test('a copy that changes while it is handed over stays until the change is handed over too', async (t) => {
  const bench = await openSweeping();
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  for (const peer of bench.scripted.peers) peer.up = true;
  await bench.advance(3_000);
  bench.scripted.hold('cart', bench.objectOf('bread'), SLOT_OF_OTHERS);
  for (const peer of bench.scripted.peers) acknowledge(peer);
  await bench.advance(500);
  t.deepEqual(valuesOf(bench.held('cart')), ['bread']);
  await bench.advance(3_000);
  t.deepEqual(sentTo(bench.peer(0)), ['cart milk', 'cart bread']);
  for (const peer of bench.scripted.peers) acknowledge(peer);
  await bench.advance(3_000);
  t.is(bench.held('cart'), null);
});

test('what a hint speaks of and what is the own is left alone', async (t) => {
  const bench = await openSweeping();
  bench.standIn(bench.peer(2), 'hinted', 'x');
  bench.scripted.hold('own', bench.objectOf('x'), SLOT_OF_OWN);
  bench.peer(0).up = true;
  bench.peer(1).up = true;
  await bench.advance(5_000);
  for (const peer of bench.scripted.peers) t.deepEqual(sentTo(peer), []);
  t.deepEqual(valuesOf(bench.held('hinted')), ['x']);
  t.deepEqual(bench.scripted.heldValues('own'), ['x']);
});

test('orphans of an earlier run are found in the store', async (t) => {
  const before = await HandoffBench.open();
  for (let i = 0; i < 200; i++) before.scripted.hold(`key ${i}`, before.objectOf('x'), SLOT_OF_OTHERS);
  await before.advance(500);
  const bench = await openSweeping({ disk: before.kill('process'), memoryBytesMax: 100_000 });
  for (const peer of bench.scripted.peers) peer.up = true;
  for (let i = 0; i < 1_000 && bench.counters.orphans_handed_over < 200; i++) {
    await bench.advance(10);
    for (const peer of bench.scripted.peers) acknowledge(peer);
  }
  t.is(bench.counters.orphans_handed_over, 200);
  t.is(bench.peer(0).puts.length, 200);
  await bench.advance(2_000);
  t.true(bench.scripted.opened.store.disk.rows.size < 20);
});

test('a copy of long ago that no primary knows of is not handed on: the key may be deleted and forgotten', async (t) => {
  const bench = await openSweeping();
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  bench.scripted.world.timers.wallMs += GRACE_MS + 60_000;
  bench.peer(0).up = true;
  bench.peer(1).up = true;
  await bench.advance(3_000);
  await knowNothing(bench);
  t.deepEqual(valuesOf(bench.held('cart')), ['milk'], 'the third may know of it');
  bench.peer(2).up = true;
  await bench.advance(3_000);
  await knowNothing(bench);
  t.is(bench.held('cart'), null);
  for (const peer of bench.scripted.peers) t.deepEqual(sentTo(peer), []);
  t.like(bench.counters, { orphans_forgotten: 1, orphans_handed_over: 0 });
});

test('a copy of long ago is handed on where a primary knows of the key', async (t) => {
  const bench = await openSweeping();
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  bench.scripted.world.timers.wallMs += GRACE_MS + 60_000;
  for (const peer of bench.scripted.peers) peer.up = true;
  await bench.advance(3_000);
  bench.peer(0).gets[0]?.reply(undefined);
  bench.peer(1).gets[0]?.replySame();
  bench.peer(2).gets[0]?.fail('timeout');
  await bench.advance(10);
  for (const peer of bench.scripted.peers) t.deepEqual(sentTo(peer), ['cart milk']);
});

test('a copy of long ago is handed on where a primary has an older version, and dropped where all have only what began later', async (t) => {
  const bench = await openSweeping();
  const older = bench.objectOf('bread');
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  bench.scripted.hold('list', bench.objectOf('eggs'), SLOT_OF_OTHERS);
  bench.scripted.world.timers.wallMs += GRACE_MS + 60_000;
  const dot = { actor: actorNamed('b'), counter: counterAt(bench.scripted.world) };
  const newer = objectWith({ ...dot, value: 'since it was forgotten' });
  for (const peer of bench.scripted.peers) peer.up = true;
  for (let elapsedMs = 0; elapsedMs < 3_000; elapsedMs += 100) {
    await bench.advance(100);
    for (const peer of bench.scripted.peers) {
      for (const get of peer.gets) if (!get.isAnswered) get.reply(get.key === 'cart' ? older : newer);
    }
  }
  for (const peer of bench.scripted.peers) t.deepEqual(sentTo(peer), ['cart milk']);
  t.is(bench.held('list'), null);
  t.is(bench.counters.orphans_forgotten, 1);
});

test('a copy of long ago leaves without being handed on where a primary has a deletion that has seen it', async (t) => {
  const bench = await openSweeping();
  const milk = bench.objectOf('milk');
  bench.scripted.hold('cart', milk, SLOT_OF_OTHERS);
  bench.scripted.world.timers.wallMs += GRACE_MS + 60_000;
  for (const peer of bench.scripted.peers) peer.up = true;
  await bench.advance(3_000);
  const { clock, siblings } = decodeObject(milk);
  const deleted = siblings.map((sibling) => ({ ...sibling, tombstone: true, value: Buffer.alloc(0) }));
  bench.peer(0).gets[0]?.reply(encodeObject({ clock, siblings: deleted }));
  bench.peer(1).gets[0]?.replySame();
  bench.peer(2).gets[0]?.reply(undefined);
  await bench.advance(10);
  for (const peer of bench.scripted.peers) t.deepEqual(sentTo(peer), []);
  t.is(bench.held('cart'), null);
  t.is(bench.counters.orphans_forgotten, 1);
});

test('a sweep that can not read says so and goes on, and ends when the node stops', async (t) => {
  const bench = await openSweeping();
  bench.scripted.hold('cart', bench.objectOf('milk'), SLOT_OF_OTHERS);
  bench.scripted.opened.store.failReads = 'bad block';
  await bench.advance(2_000);
  t.true(bench.scripted.world.log.errors().includes('a partition could not be swept for orphans'));
  bench.scripted.opened.store.failReads = undefined;
  for (const peer of bench.scripted.peers) peer.up = true;
  await bench.advance(3_000);
  t.deepEqual(sentTo(bench.peer(0)), ['cart milk']);
  for (const peer of bench.scripted.peers) for (const put of peer.puts) put.fail('unreachable');
  await t.notThrowsAsync(bench.stop());
});

test('a partition that holds nothing is not read', async (t) => {
  const bench = await openSweeping();
  bench.scripted.opened.store.failReads = 'bad block';
  await bench.advance(10_000);
  t.deepEqual(bench.scripted.world.log.errors(), []);
  bench.scripted.opened.store.failReads = undefined;
  await t.notThrowsAsync(bench.stop());
});
