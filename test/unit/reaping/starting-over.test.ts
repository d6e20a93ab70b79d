import test from 'ava';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { GRACE_MS, LittleCluster, type LittleOptions, objectOf, partitionOfKey } from './little-cluster.js';

const AGES_MS = 2 * GRACE_MS;
const NOT_SERVED = 'not served';

/** Nodes that hold `deleted` and `kept`, and the first alone `alone`. */
async function opened(options: LittleOptions = {}): Promise<LittleCluster> {
  const cluster = await LittleCluster.open(options);
  const old = objectOf({ writtenMs: cluster.world.clock.nowMs(), value: 'old' });
  await cluster.hold('deleted', old);
  await cluster.hold('kept', old);
  await cluster.hold('alone', old, [0]);
  return cluster;
}

/** Longer than the grace goes by. These nodes delete and forget a key, and write another. */
async function liveOn(cluster: LittleCluster, places: readonly number[]): Promise<void> {
  cluster.skip(AGES_MS);
  for (const place of places) {
    const { replica } = cluster.node(place).opened;
    const held = cluster.node(place).opened.peek('deleted');
    const fingerprint = held ? versionFingerprint(held) : 0;
    replica.drop(partitionOfKey('deleted'), 0, 'deleted', fingerprint, { stored: () => undefined });
  }
  await cluster.hold('{kept}new', objectOf({ writtenMs: cluster.world.clock.nowMs(), value: 'new' }), places);
}

test('a node that was away too long takes over what the others have, and nothing that they have forgotten', async (t) => {
  const cluster = await opened();
  const { timers } = cluster.world;
  await cluster.node(0).stop();
  await liveOn(cluster, [1, 2]);
  await cluster.node(0).start();
  t.deepEqual(await cluster.node(0).read('kept'), NOT_SERVED, 'not before it knows better');
  t.is(cluster.node(0).settling?.unsettled, new Set(['deleted', 'kept', 'alone'].map(partitionOfKey)).size);
  await timers.advance(5_000);
  t.deepEqual(await cluster.readAll('deleted'), [[], [], []]);
  t.deepEqual(await cluster.node(0).read('kept'), ['old']);
  t.deepEqual(await cluster.node(0).read('{kept}new'), ['new']);
  t.deepEqual(await cluster.node(0).read('alone'), [], 'what it alone had is lost with its past');
  t.is(cluster.node(0).settling?.unsettled, 0);
  t.is(cluster.node(0).aside(), 0);
  t.is(cluster.node(0).opened.identity.aside, undefined);
  const lines = cluster.world.log.lines.map(({ message }) => message);
  t.true(lines.some((line) => line.startsWith('this node was away for longer than deletions are remembered')));
  t.true(lines.some((line) => line.startsWith('nothing is set aside any more')));
});

test('a node that was away for less keeps what it has', async (t) => {
  const cluster = await opened();
  await cluster.node(0).stop('crash');
  cluster.skip(GRACE_MS - 1_000);
  await cluster.node(0).start();
  t.deepEqual(await cluster.node(0).read('alone'), ['old']);
});

test('a cluster that was switched off as a whole comes back as it was', async (t) => {
  const cluster = await opened();
  for (const node of cluster.nodes) await node.stop();
  cluster.skip(AGES_MS);
  for (const place of [0, 1]) await cluster.node(place).start();
  await cluster.world.timers.advance(10_000);
  for (const place of [0, 1]) {
    t.deepEqual(await cluster.node(place).read('kept'), NOT_SERVED, 'the third may know of deletions');
  }
  await cluster.node(2).start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.readAll('kept'), [['old'], ['old'], ['old']]);
  t.deepEqual(await cluster.readAll('deleted'), [['old'], ['old'], ['old']]);
  t.deepEqual(await cluster.node(0).read('alone'), ['old']);
  for (const node of cluster.nodes) t.is(node.aside(), 0);
});

test('nodes that are switched on one after the other, with restarts between, still know that all were away', async (t) => {
  const cluster = await opened();
  for (const node of cluster.nodes) await node.stop();
  cluster.skip(AGES_MS);
  for (const place of [1, 2]) await cluster.node(place).start();
  // The first is there, but does not settle anything yet.
  await cluster.node(0).start();
  cluster.node(0).governor.refuse = true;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(1).read('kept'), ['old']);
  for (const place of [1, 2]) {
    await cluster.node(place).stop('crash');
    await cluster.node(place).start();
  }
  cluster.node(0).governor.refuse = false;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('alone'), ['old']);
});

test('what counts is since when a node serves again, not since when it is back', async (t) => {
  const cluster = await opened();
  for (const node of cluster.nodes) await node.stop();
  cluster.skip(AGES_MS);
  for (const place of [1, 2]) await cluster.node(place).start();
  await cluster.world.timers.advance(5_000);
  cluster.skip(AGES_MS);
  await cluster.node(0).start();
  cluster.node(0).governor.refuse = true;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(1).read('kept'), ['old']);
  cluster.node(0).governor.refuse = false;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('alone'), ['old']);
});

test('while nobody can tell, nothing is thrown away or shown; a restart does not change that', async (t) => {
  const cluster = await opened();
  await cluster.node(0).stop();
  await liveOn(cluster, [1, 2]);
  for (const place of [1, 2]) cluster.node(place).up = false;
  for (const how of ['orderly', 'crash'] as const) {
    await cluster.node(0).start();
    await cluster.world.timers.advance(120_000);
    t.deepEqual(await cluster.node(0).read('kept'), NOT_SERVED);
    t.is(cluster.node(0).aside(), 3);
    await cluster.node(0).stop(how);
  }
  const waiting = cluster.world.log.lines.filter(({ message }) => message.startsWith('partitions are not served yet'));
  t.true(waiting.length >= 2 && waiting.length <= 6, 'said, now and then');
  await cluster.node(0).start();
  cluster.node(2).up = true;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('kept'), ['old']);
  t.deepEqual(await cluster.node(0).read('deleted'), []);
});

test('nodes whose disks were emptied meanwhile know nothing: what was set aside may be the last copy', async (t) => {
  const cluster = await opened();
  for (const node of cluster.nodes) await node.stop();
  cluster.node(1).disk = undefined;
  cluster.node(2).disk = undefined;
  cluster.skip(AGES_MS);
  await cluster.node(1).start();
  cluster.skip(AGES_MS);
  await cluster.node(0).start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('kept'), NOT_SERVED, 'the third may have it');
  await cluster.node(2).start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('kept'), ['old']);
});

test('one node that was up is enough; one that was away too is no source', async (t) => {
  const cluster = await opened();
  for (const place of [0, 1]) await cluster.node(place).stop();
  await liveOn(cluster, [2]);
  cluster.node(2).up = false;
  for (const place of [0, 1]) await cluster.node(place).start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.readAll('kept'), [NOT_SERVED, NOT_SERVED, ['old']]);
  cluster.node(2).up = true;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.readAll('kept'), [['old'], ['old'], ['old']]);
  t.deepEqual(await cluster.readAll('deleted'), [[], [], []]);
});

test('what is written while rows are set aside is kept, whatever becomes of them', async (t) => {
  for (const lastUp of [true, false]) {
    const cluster = await opened();
    for (const node of cluster.nodes) if (node.place < 2 || !lastUp) await node.stop();
    cluster.skip(AGES_MS);
    await cluster.node(0).start();
    const writtenMs = cluster.world.clock.nowMs();
    cluster.node(0).opened.merge('kept', objectOf({ writtenMs, value: 'newer', actor: 'ff00000000000009' }));
    for (const place of [1, 2]) if (place === 1 || !lastUp) await cluster.node(place).start();
    await cluster.world.timers.advance(5_000);
    t.deepEqual(await cluster.node(0).read('kept'), ['newer', 'old'], 'neither has seen the other');
  }
});

test('a crash at any moment of setting aside and settling loses nothing and shows nothing too early', async (t) => {
  for (let ms = 0; ms < 40; ms++) {
    const cluster = await opened();
    for (const node of cluster.nodes) await node.stop();
    cluster.skip(AGES_MS);
    for (const place of [1, 2]) await cluster.node(place).start();
    const node = cluster.node(0);
    await node.start();
    await cluster.world.timers.advance(980 + ms);
    await node.stop('crash');
    await node.start();
    await cluster.world.timers.advance(5_000);
    t.deepEqual(await cluster.readAll('kept'), [['old'], ['old'], ['old']]);
    t.deepEqual(await node.read('alone'), ['old']);
  }
});

test('a node that went away again before it had settled joins what it had with what it got', async (t) => {
  const cluster = await opened();
  for (const node of cluster.nodes) await node.stop();
  cluster.skip(AGES_MS);
  await cluster.node(0).start();
  const writtenMs = cluster.world.clock.nowMs();
  await cluster.hold('kept', objectOf({ writtenMs, value: 'newer', actor: 'ff00000000000009' }), [0]);
  await cluster.hold('late', objectOf({ writtenMs, value: 'late' }), [0]);
  await cluster.node(0).stop();
  cluster.skip(AGES_MS);
  for (const node of cluster.nodes) await node.start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('kept'), ['newer', 'old']);
  t.deepEqual(await cluster.node(0).read('late'), ['late']);
  t.deepEqual(await cluster.node(0).read('alone'), ['old']);
});

test('keys of which this node is the only primary are its own, whoever was up', async (t) => {
  const cluster = await opened({ keyspaces: [{ n: 3 }, { prefix: 'mine:', n: 1 }] });
  await cluster.hold('mine:k', objectOf({ writtenMs: cluster.world.clock.nowMs(), value: 'v' }), [0]);
  await cluster.node(0).stop();
  await liveOn(cluster, [1, 2]);
  await cluster.node(0).start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('mine:k'), ['v']);
  t.deepEqual(await cluster.node(0).read('deleted'), []);
});

test('what a node held for others is thrown away when it was away too long', async (t) => {
  const cluster = await opened({ nodes: 4 });
  await cluster.hold('held', objectOf({ writtenMs: cluster.world.clock.nowMs(), value: 'v' }), [3]);
  await cluster.node(3).stop();
  await liveOn(cluster, [0, 1, 2]);
  await cluster.node(3).start();
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(3).read('held'), []);
  t.deepEqual(await cluster.node(3).read('kept'), [], 'and it takes over nothing that is not its own');
  t.is(cluster.node(3).aside(), 0);
});

test('a partition of many keys and large values comes whole, page by page', async (t) => {
  const cluster = await opened({ memoryBytesMax: 50_000_000 });
  await cluster.node(0).stop();
  await liveOn(cluster, [1, 2]);
  const writtenMs = cluster.world.clock.nowMs();
  const source = cluster.node(1).opened;
  for (let i = 0; i < 1_200; i++) source.merge(`{a}${i}`, objectOf({ writtenMs, value: `${i}` }));
  for (let i = 0; i < 8; i++) source.merge(`{a}large${i}`, objectOf({ writtenMs, value: 'x'.repeat(300_000) }));
  await cluster.world.timers.advance(500);
  cluster.node(2).up = false;
  const disk = cluster.node(0).disk;
  disk?.rows.set(
    storageKey(STORAGE_KIND.aside, partitionOfKey('{a}'), 0, '{a}old').toString('latin1'),
    Buffer.concat([objectOf({ writtenMs: 1, value: 'gone' }), Buffer.alloc(8)]),
  );
  await cluster.node(0).start();
  await cluster.world.timers.advance(20_000);
  t.is((await cluster.node(0).read('{a}1199')).length, 1);
  for (let i = 0; i < 1_200; i++) t.deepEqual(await cluster.node(0).read(`{a}${i}`), [`${i}`]);
  for (let i = 0; i < 8; i++) t.is((await cluster.node(0).read(`{a}large${i}`))[0]?.length, 300_000);
  t.deepEqual(await cluster.node(0).read('{a}old'), []);
});

test('a source that stops answering in the middle leaves the partition as it was, and it is tried again', async (t) => {
  const cluster = await opened();
  await cluster.node(0).stop();
  await liveOn(cluster, [1, 2]);
  cluster.node(2).up = false;
  let questions = 0;
  cluster.node(1).beforeAnswer = () => {
    questions++;
    cluster.node(1).losesAnswers = questions % 2 === 0;
  };
  await cluster.node(0).start();
  await cluster.world.timers.advance(1_500);
  t.true((cluster.node(0).settling?.unsettled ?? 0) > 0);
  t.true(cluster.node(0).aside() > 0);
  cluster.node(1).beforeAnswer = undefined;
  cluster.node(1).losesAnswers = false;
  await cluster.world.timers.advance(5_000);
  t.deepEqual(await cluster.node(0).read('kept'), ['old']);
  t.is(cluster.node(0).aside(), 0);
});

test('a store that fails while rows are settled delays it, and is said', async (t) => {
  const cluster = await opened();
  await cluster.node(0).stop();
  await liveOn(cluster, [1, 2]);
  await cluster.node(0).start();
  const { store } = cluster.node(0).opened;
  store.failWrites = 'no space';
  await cluster.world.timers.advance(3_000);
  t.true(cluster.node(0).aside() > 0);
  t.deepEqual(await cluster.node(0).read('kept'), NOT_SERVED);
  store.failWrites = undefined;
  await cluster.world.timers.advance(30_000);
  t.deepEqual(await cluster.node(0).read('kept'), ['old']);
  t.is(cluster.node(0).aside(), 0);
});
