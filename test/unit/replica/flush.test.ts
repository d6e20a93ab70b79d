import test from 'ava';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { keyHash, MerkleTree } from '../../../cluster/anti-entropy/merkle-tree.js';
import { Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Sweeping } from '../../../cluster/replica/flushed-rows.js';
import { BUFFER, LOG, STORED } from '../../../cluster/replica/replica.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { actorBytes } from '../../../cluster/version/actor.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import { encodeReplacing, joinBytes, versionFingerprint } from '../../../cluster/version/encoded.js';
import { ManualWorld } from '../storage/manual-world.js';
import {
  Acknowledgement,
  foreignObject,
  OpenedReplica,
  PARTITIONS,
  partitionOfKey,
  shownValue,
} from './opened-replica.js';

const ELSEWHERE = 'ff00000000000001';
const KEYS = Array.from({ length: 40 }, (_, index) => `k${index}`);
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition as Partition);

/** As a coordinator elsewhere sends it. */
function merge(opened: OpenedReplica, key: string, object: Buffer, db = 0): Acknowledgement {
  const acknowledgement = new Acknowledgement();
  if (opened.replica.merge(partitionOfKey(key), db, key, object, LOG, acknowledgement) === STORED) {
    acknowledgement.stored(undefined);
  }
  return acknowledgement;
}

function rowsOf(opened: OpenedReplica): number {
  return [...opened.store.disk.rows.keys()].filter((name) => name.charCodeAt(0) === STORAGE_KIND.data).length;
}

/** Lets all go that was flushed of a database; answers what became of each key. */
async function sweep(opened: OpenedReplica, db = 0): Promise<Sweeping[]> {
  const rows = opened.replica.flushedRows();
  const outcomes: Sweeping[] = [];
  for (const partition of ALL) {
    const scanned = rows.scan(partition, [db], async (keys) => {
      for (const each of keys) outcomes.push(rows.sweep(each.db, each.key, new Acknowledgement()));
      return true;
    });
    await opened.world.timers.until(scanned);
  }
  await opened.world.timers.advance(50);
  return outcomes;
}

test('what was flushed is neither shown, counted, loaded, scanned nor taken, and what comes later is', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  for (const key of KEYS) merge(opened, key, foreignObject(ELSEWHERE, 10, 'old'));
  merge(opened, 'other', foreignObject(ELSEWHERE, 10, 'kept'), 1);
  await world.timers.advance(50);
  t.is(opened.replica.counts.live(0, ALL), KEYS.length);

  opened.replica.flushUpTo(0, 10);
  t.is(opened.replica.flushedUpTo(0), 10);
  t.is(opened.replica.counts.live(0, ALL), 0);
  t.is(opened.replica.counts.live(1, ALL), 1, 'another database is as it was');
  for (const key of KEYS) t.is(opened.peek(key), null);
  for (const partition of ALL) {
    const scanned: string[] = [];
    await world.timers.until(
      opened.replica.scans.scanPartition(partition, (rows) => scanned.push(...rows.map(({ key }) => key)) >= 0),
    );
    t.true(scanned.every((key) => key === 'other'));
  }
  t.is(merge(opened, 'k0', foreignObject(ELSEWHERE, 9, 'late')).answer, 'stored', 'taken, as nothing');
  t.is(opened.peek('k0'), null);
  merge(opened, 'k0', foreignObject(ELSEWHERE, 11, 'new'));
  t.is(shownValue(opened.peek('k0')), 'new');
  t.is(opened.replica.counts.live(0, ALL), 1);
  opened.replica.flushUpTo(0, 5);
  t.is(shownValue(opened.peek('k0')), 'new', 'an earlier flush that is heard of later changes nothing');
});

test('of an object that was written before and after the flush the later siblings are shown', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  const both = joinBytes(foreignObject(ELSEWHERE, 10, 'old'), foreignObject('ee00000000000001', 20, 'new'));
  merge(opened, 'k', both);
  opened.replica.flushUpTo(0, 15);
  const values = decodeObject(opened.peek('k') ?? Buffer.alloc(0)).siblings.map(({ value }) => value.toString());
  t.deepEqual(values, ['new']);
  await world.timers.advance(50);
  t.deepEqual(await sweep(opened), ['going']);
  t.deepEqual(await sweep(opened), [], 'the old one has left the store too');
  t.is(opened.replica.counts.live(0, ALL), 1);
});

test('the sweep gives memory and store back, puts the count right, and is done once', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  for (const key of KEYS) merge(opened, key, foreignObject(ELSEWHERE, 10, 'old'));
  for (const key of ['late', 'later']) merge(opened, key, foreignObject(ELSEWHERE, 20, 'new'));
  await world.timers.until(opened.replica.flush());
  t.is(rowsOf(opened), KEYS.length + 2);
  opened.replica.flushUpTo(0, 15);
  t.is(
    opened.replica.counts.live(0, ALL),
    0,
    'what was written after the flush, before it was heard of, is counted later',
  );

  const outcomes = await sweep(opened);
  t.is(outcomes.length, KEYS.length);
  t.true(outcomes.every((outcome) => outcome === 'going'));
  t.is(opened.replica.counts.live(0, ALL), 2);
  await world.timers.until(opened.replica.flush());
  t.is(rowsOf(opened), 2);
  t.is(opened.replica.stats().entries, 2);
  t.deepEqual(await sweep(opened), []);
  t.is(opened.replica.counts.live(0, ALL), 2);
});

test('what is on its way to the store is swept later, and what is not in memory once it is', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  for (const key of KEYS) merge(first, key, foreignObject(ELSEWHERE, 10, 'old'));
  const disk = await first.stop();
  const opened = await OpenedReplica.openWarm(world, { disk, memoryBytesMax: 2_000 });
  opened.replica.merge(
    partitionOfKey('busy'),
    0,
    'busy',
    foreignObject(ELSEWHERE, 10, 'old'),
    BUFFER,
    new Acknowledgement(),
  );
  await world.timers.advance(5);
  opened.replica.flushUpTo(0, 15);
  const outcomes = await sweep(opened);
  t.true(outcomes.includes('busy'));
  t.true(outcomes.includes('not in memory'));
});

test('a replica that starts on what was flushed counts and shows nothing of it', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  for (const key of KEYS) merge(first, key, foreignObject(ELSEWHERE, 10, 'old'));
  merge(first, 'new', foreignObject(ELSEWHERE, 20, 'new'));
  const opened = await OpenedReplica.open(world, { disk: await first.stop() });
  opened.replica.flushUpTo(0, 15);
  await world.timers.until(opened.replica.whenWarm());
  t.is(opened.replica.counts.live(0, ALL), 1);
  for (const key of KEYS) t.is(opened.peek(key), null);
  t.is(shownValue(opened.peek('new')), 'new');
});

test('the trees go on counting what was flushed until it leaves, and nothing of it then', async (t) => {
  const world = new ManualWorld();
  const keyspace = { prefix: '', n: 3, r: 2, w: 2, sloppy: true, reconcile: 'newest', durability: 'log' } as const;
  const forest = new MerkleForest(PARTITIONS, new Keyspaces([keyspace]));
  const opened = await OpenedReplica.openWarm(world, { observer: forest });
  for (const key of KEYS) merge(opened, key, foreignObject(ELSEWHERE, 10, 'old'));
  await world.timers.advance(50);
  opened.replica.flushUpTo(0, 15);
  const replaced = foreignObject(ELSEWHERE, 30, 'new');
  merge(opened, 'k1', replaced);
  await world.timers.advance(50);
  await sweep(opened);
  const expected = new MerkleTree();
  expected.add(keyHash(0, 'k1'), versionFingerprint(replaced) | 0);
  for (const partition of ALL) {
    const tree = partition === partitionOfKey('k1') ? expected : new MerkleTree();
    t.deepEqual(forest.tree(3, partition).save(), tree.save());
  }
});

test('a key that was flushed goes on under the actor that minted for it: nobody can miss what that claims', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.putKnown('k', 'old');
  await world.timers.advance(50);
  const old = opened.peek('k');
  if (!old) throw new Error('nothing was written');
  const dot = decodeObject(old).siblings[0]?.dot;
  if (dot === undefined) throw new Error('nothing was written');
  opened.replica.flushUpTo(0, dot.counter);
  await sweep(opened);
  t.is(opened.peek('k'), null);
  const actor = opened.replica.mintingActor(null);
  t.deepEqual(actor, actorBytes(dot.actor));
  const written = { tombstone: false, expiryMs: 0, value: Buffer.from('new') };
  const next = encodeReplacing(undefined, actor, dot.counter + 1, written);
  // At a node that has yet to hear of the flush the old value gives way, as it must.
  const there = joinBytes(old, next);
  t.deepEqual(
    decodeObject(there).siblings.map(({ value }) => value.toString()),
    ['new'],
  );
});

test('a row that is read from the store while its database is flushed is not shown', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  merge(first, 'k', foreignObject(ELSEWHERE, 10, 'old'));
  const opened = await OpenedReplica.open(world, { disk: await first.stop(), latencyMs: () => 5 });
  let heard: unknown = 'nothing';
  opened.replica.load(partitionOfKey('k'), 0, 'k', {
    loaded: (failure, object) => {
      heard = [failure, object];
    },
  });
  opened.replica.flushUpTo(0, 10);
  await world.timers.advance(20);
  t.deepEqual(heard, [undefined, undefined]);
  t.true(opened.store.disk.rows.has(storageKey(STORAGE_KIND.data, partitionOfKey('k'), 0, 'k').toString('latin1')));
});
