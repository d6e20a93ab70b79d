import test from 'ava';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import { BUFFER, FSYNC, LOG, PENDING, RECORD_NOTE_BYTES, STORED } from '../../../cluster/replica/replica.js';
import { slotOf } from '../../../cluster/ring/slots.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import { versionFingerprint } from '../../../cluster/version/encoded.js';
import { ManualWorld } from '../storage/manual-world.js';
import {
  Acknowledgement,
  foreignObject,
  OpenedReplica,
  objectOf,
  PARTITIONS,
  partitionOfKey,
  shownValue,
} from './opened-replica.js';

const ELSEWHERE = 'ff00000000000001';

test('in an empty store every missing key is known to be absent, without a read', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  t.is(opened.peek('k'), null);
  t.is(opened.replica.stats().loads, 0);
  opened.putKnown('k', 'v');
  t.is(shownValue(opened.peek('k')), 'v');
});

test('before the store was looked at a missing key has to be loaded', async (t) => {
  const opened = await OpenedReplica.open(new ManualWorld());
  t.is(opened.peek('k'), undefined);
  t.is(await opened.get('k'), null);
  t.is(opened.peek('k'), null);
});

test('loads of one key share a read, and peek is certain while a waiter runs', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  await first.put('k', 'v');
  const opened = await OpenedReplica.open(world, { disk: await first.stop(), memoryBytesMax: 1 });
  const seen: (string | undefined)[] = [];
  for (let i = 0; i < 3; i++) {
    opened.replica.load(partitionOfKey('k'), 0, 'k', { loaded: () => seen.push(shownValue(opened.peek('k'))) });
  }
  t.deepEqual(seen, [], 'never inside the call');
  await world.timers.advance(10);
  t.deepEqual(seen, ['v', 'v', 'v']);
  t.is(opened.replica.stats().loads, 1);
});

test('what a waiter does does not take the key out of memory for the next one', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  await first.put('k', 'v');
  const opened = await OpenedReplica.open(world, { disk: await first.stop(), memoryBytesMax: 100_000 });
  const others = Array.from({ length: 2_000 }, (_, i) => `other ${i}`);
  const seen: (string | undefined)[] = [];
  const load = (loaded: () => void): void => opened.replica.load(partitionOfKey('k'), 0, 'k', { loaded });
  load(() => {
    for (const [i, key] of others.entries()) opened.merge(key, foreignObject(ELSEWHERE, i + 1, 'x'));
  });
  load(() => seen.push(shownValue(opened.peek('k'))));
  await world.timers.advance(1);
  t.deepEqual(seen, ['v']);
  await world.timers.advance(1_000);
  t.true(opened.replica.stats().evictions > 0, 'memory was scarce');
});

test('a load of a known key answers later too', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  opened.putKnown('k', 'v');
  const seen: (string | undefined)[] = [];
  const waiter = { loaded: (_: unknown, object: Buffer | undefined) => seen.push(shownValue(object)) };
  opened.replica.load(partitionOfKey('k'), 0, 'k', waiter);
  opened.replica.load(partitionOfKey('absent'), 0, 'absent', waiter);
  t.deepEqual(seen, []);
  await opened.world.timers.advance(0);
  t.deepEqual(seen, ['v', undefined]);
});

test('databases are apart', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  opened.putKnown('k', 'in 0');
  opened.putKnown('k', 'in 5', LOG, false, 5);
  t.is(shownValue(opened.peek('k')), 'in 0');
  t.is(shownValue(opened.peek('k', 5)), 'in 5');
  t.is(opened.peek('k', 1), null);
  t.deepEqual([opened.count(0), opened.count(5), opened.count(1)], [1, 1, 0]);
});

test('buffer is acknowledged at once, log when its batch is written, fsync when it is synced', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  t.is(opened.putKnown('a', '1', BUFFER).answer, STORED);
  const logged = opened.putKnown('b', '1', LOG);
  t.is(logged.answer, PENDING);
  await opened.world.timers.advance(5);
  t.is(logged.acknowledgement.answer, 'stored');
  t.is(opened.store.disk.unsynced.length, 1, 'written, not synced');
  const synced = opened.putKnown('c', '1', FSYNC);
  await opened.world.timers.advance(5);
  t.is(synced.acknowledgement.answer, 'stored');
  t.is(opened.store.disk.unsynced.length, 0);
  t.is(opened.replica.stats().dirtyEntries, 1, 'the buffered one waits for the flush');
  await opened.world.timers.advance(200);
  t.is(opened.replica.stats().dirtyEntries, 0);
  t.is(opened.replica.stats().dirtyBytes, 0);
  t.true((opened.world.recorded.get('store write') ?? 0) >= 3);
});

test('the writes of a turn share a batch, and those of one key a row', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  const before = opened.replica.stats();
  const puts = [1, 2, 3].map((i) => opened.putKnown('hot', `${i}`));
  puts.push(opened.putKnown('other', 'x', FSYNC));
  await opened.world.timers.advance(5);
  t.deepEqual(
    puts.map((put) => put.acknowledgement.answer),
    ['stored', 'stored', 'stored', 'stored'],
  );
  const after = opened.replica.stats();
  t.is(after.batches - before.batches, 1);
  t.is(after.batchedRows - before.batchedRows, 2);
});

test('what comes while a batch is under way shares the next one', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { latencyMs: () => 10 });
  const first = opened.putKnown('k', '0');
  await world.timers.advance(1);
  const rest = Array.from({ length: 50 }, (_, i) => opened.putKnown(`k${i % 5}`, `${i}`));
  const again = opened.putKnown('k', '1');
  await world.timers.advance(9);
  t.is(first.acknowledgement.answer, 'stored');
  t.is(again.acknowledgement.answer, 'waiting');
  await world.timers.advance(10);
  t.is(again.acknowledgement.answer, 'stored');
  t.true(rest.every((put) => put.acknowledgement.answer === 'stored'));
  t.is(opened.replica.stats().batches, 2);
  t.is(opened.replica.stats().batchedRows, 7);
});

test('a buffered hot key costs one row a flush', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  for (let i = 0; i < 1000; i++) opened.putKnown('hot', `${i}`, BUFFER);
  await opened.world.timers.advance(150);
  t.is(opened.replica.stats().batchedRows, 1);
});

test('the flush goes in slices', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  for (let i = 0; i < 1000; i++) opened.putKnown(`k${i}`, 'v', BUFFER);
  await opened.world.timers.advance(150);
  t.is(opened.replica.stats().batches, 2);
  t.is(opened.replica.stats().batchedRows, 1000);
});

test('a merge that adds nothing still means what it says', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { latencyMs: () => 10 });
  const object = foreignObject(ELSEWHERE, 1, 'v');
  t.is(opened.merge('k', object, BUFFER).answer, STORED);
  t.is(opened.merge('k', object, BUFFER).answer, STORED);
  const logged = opened.merge('k', object, LOG);
  t.is(logged.answer, PENDING, 'the record is only in memory');
  await world.timers.advance(1);
  const joins = opened.merge('k', object, LOG);
  t.is(joins.answer, PENDING, 'its batch is under way');
  const synced = opened.merge('k', object, FSYNC);
  await world.timers.advance(10);
  t.deepEqual([logged.acknowledgement.answer, joins.acknowledgement.answer], ['stored', 'stored']);
  t.is(opened.merge('k', object, LOG).answer, STORED);
  t.is(synced.acknowledgement.answer, 'waiting', 'that batch was not synced');
  await world.timers.advance(10);
  t.is(synced.acknowledgement.answer, 'stored');
  t.is(opened.merge('k', object, FSYNC).answer, STORED);
  t.is(opened.store.disk.unsynced.length, 0);
});

test('a record that replaced the one under way is not taken for written when that one is', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world, { latencyMs: () => 10 });
  opened.putKnown('k', 'first', LOG);
  await world.timers.advance(1);
  const second = opened.putKnown('k', 'second', BUFFER);
  await world.timers.advance(10);
  const merged = opened.merge('k', objectOf(second.record), LOG);
  t.is(merged.answer, PENDING);
  await world.timers.advance(15);
  t.is(merged.acknowledgement.answer, 'stored');
  const next = await OpenedReplica.open(world, { disk: opened.store.crash('process') });
  t.is(shownValue(await next.get('k')), 'second');
});

test('a merge joins siblings, keeps what is newer, and copies what it is given', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  const mine = opened.putKnown('k', 'mine');
  const theirs = foreignObject(ELSEWHERE, 1, 'theirs');
  opened.merge('k', theirs);
  theirs.fill(0);
  const held = decodeObject(objectOf(opened.peek('k') ?? Buffer.alloc(0)));
  t.deepEqual(held.siblings.map((sibling) => sibling.value.toString()).sort(), ['mine', 'theirs']);
  opened.merge('k', objectOf(mine.record));
  t.is(decodeObject(objectOf(opened.peek('k') ?? Buffer.alloc(0))).siblings.length, 2);
});

test('writes to a key that is being read keep their order', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  await first.put('k', 'old');
  const opened = await OpenedReplica.open(world, { disk: await first.stop() });
  const order: string[] = [];
  const merged = (name: string) => ({ stored: () => order.push(name) });
  const { replica } = opened;
  const partition = partitionOfKey('k');
  replica.merge(partition, 0, 'k', foreignObject(ELSEWHERE, 1, 'one'), BUFFER, merged('one'));
  replica.load(partition, 0, 'k', {
    loaded: (_, object) => order.push(`read ${decodeObject(objectOf(object ?? Buffer.alloc(0))).siblings.length}`),
  });
  replica.merge(partition, 0, 'k', foreignObject('ff00000000000002', 1, 'two'), BUFFER, merged('two'));
  await world.timers.advance(20);
  t.deepEqual(order, ['one', 'read 2', 'two']);
});

test('a record that was put without a look is held back until the key is known', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  await first.put('k', 'old');
  const opened = await OpenedReplica.open(world, { disk: await first.stop() });
  const acknowledgement = new Acknowledgement();
  const again = foreignObject(ELSEWHERE, 9, 'new');
  t.is(opened.replica.store(partitionOfKey('k'), 0, 'k', again, LOG, acknowledgement), PENDING);
  t.is(opened.peek('k'), undefined);
  await world.timers.advance(10);
  t.is(acknowledgement.answer, 'stored');
  t.is(shownValue(opened.peek('k')), 'new');
  t.deepEqual(opened.peek('k')?.subarray(-RECORD_NOTE_BYTES), opened.identity.actorBytes);
});

test('keys of a slot are listed and counted from memory and store alike', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  const keys = Array.from({ length: 600 }, (_, i) => `{tag}${String(i).padStart(3, '0')}`);
  for (const [i, key] of keys.entries()) opened.putKnown(key, 'v', i % 2 === 0 ? LOG : BUFFER);
  await world.timers.advance(5);
  opened.putKnown('{tag}005', '', BUFFER, true);
  opened.putKnown('elsewhere', 'v');
  opened.putKnown('{tag}000', 'v', BUFFER, false, 3);
  const slot = slotOf(Buffer.from('{tag}'));
  const { replica } = opened;
  const live = keys.filter((key) => key !== '{tag}005');
  t.is(await world.timers.until(replica.scans.countKeysInSlot(0, slot)), live.length);
  t.deepEqual(await world.timers.until(replica.scans.keysInSlot(0, slot, 10)), live.slice(0, 10));
  t.deepEqual(await world.timers.until(replica.scans.keysInSlot(0, slot, 1000)), live);
  t.deepEqual(await world.timers.until(replica.scans.keysInSlot(3, slot, 1000)), ['{tag}000']);
  t.deepEqual(await replica.scans.keysInSlot(0, slot, 0), []);
});

test('a scan shows a record once that is journaled and waits to be synced', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  const { record } = opened.putKnown('k', 'v', LOG);
  await world.timers.advance(1);
  t.is(opened.merge('k', Buffer.from(record), FSYNC).answer, PENDING);
  const keys: string[] = [];
  const scanned = opened.replica.scans.scanPartition(partitionOfKey('k'), (rows) => {
    for (const { key } of rows) keys.push(key);
    return true;
  });
  await world.timers.until(scanned);
  t.deepEqual(keys, ['k']);
});

test('a closed replica has everything in the store, and takes no more', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.putKnown('k', 'v', BUFFER);
  const disk = await opened.stop();
  const acknowledgement = opened.merge('k', foreignObject(ELSEWHERE, 1, 'late')).acknowledgement;
  await world.timers.advance(0);
  t.is(acknowledgement.answer, 'StoreFailed');
  const next = await OpenedReplica.open(world, { disk });
  t.is(shownValue(await next.get('k')), 'v');
});

test('the fingerprint that is kept is always that of the record', async (t) => {
  const keyspaces = new Keyspaces([
    { prefix: '', n: 1, r: 1, w: 1, reconcile: 'newest', durability: 'log', sloppy: true },
  ]);
  for (const observer of [undefined, new MerkleForest(PARTITIONS, keyspaces)]) {
    const opened = await OpenedReplica.openWarm(new ManualWorld(), observer && { observer });
    for (let i = 0; i < 3; i++) {
      opened.putKnown('k', `${i}`);
      const held = opened.peek('k') ?? Buffer.alloc(0);
      for (let look = 0; look < 2; look++) t.is(opened.replica.fingerprint(0, 'k', held), versionFingerprint(held));
    }
  }
});
