import test from 'ava';
import { noteOf } from '../../../cluster/replica/record.js';
import { BUFFER, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import type { ObjectBytes } from '../../../cluster/version/codec.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import { joinBytes, versionFingerprint } from '../../../cluster/version/encoded.js';
import { ManualWorld } from '../storage/manual-world.js';
import { Acknowledgement, foreignObject, OpenedReplica, objectOf, partitionOfKey } from './opened-replica.js';

const ELSEWHERE = 'ff00000000000001';

function drop(opened: OpenedReplica, key: string, fingerprint?: number) {
  const acknowledgement = new Acknowledgement();
  const held = opened.peek(key);
  const version = fingerprint ?? (held ? versionFingerprint(held) : 0);
  const dropped = opened.replica.drop(partitionOfKey(key), 0, key, version, acknowledgement);
  return { dropped, acknowledgement };
}

function isStored(opened: OpenedReplica, key: string): boolean {
  const name = storageKey(STORAGE_KIND.data, partitionOfKey(key), 0, key).toString('latin1');
  return opened.store.disk.rows.has(name);
}

function values(object: ObjectBytes | null | undefined): string[] {
  return object ? decodeObject(object).siblings.map(({ value }) => value.toString()) : [];
}

test('a record that is dropped leaves memory at once and the store behind, and stays away', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.putKnown('k', 'v');
  await world.timers.until(opened.replica.flush());
  t.true(isStored(opened, 'k'));
  const { dropped, acknowledgement } = drop(opened, 'k');
  t.true(dropped);
  t.is(opened.peek('k'), null);
  t.is(opened.count(), 0);
  await world.timers.advance(50);
  t.is(acknowledgement.answer, 'stored');
  await world.timers.until(opened.replica.flush());
  t.false(isStored(opened, 'k'));
  t.is(opened.peek('k'), null, 'the partition is known as a whole still');
  const next = await OpenedReplica.openWarm(world, { disk: await opened.stop() });
  t.is(next.peek('k'), null);
});

test('only the version that was named is dropped, and only once the store has it', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.putKnown('k', 'v', BUFFER);
  t.false(drop(opened, 'k').dropped, 'the store does not have it yet');
  t.false(drop(opened, 'absent').dropped);
  await world.timers.advance(200);
  const old = versionFingerprint(opened.peek('k') ?? Buffer.alloc(8));
  opened.putKnown('k', 'w');
  await world.timers.advance(200);
  t.false(drop(opened, 'k', old).dropped);
  t.deepEqual(values(opened.peek('k')), ['w']);
  t.true(drop(opened, 'k').dropped);
});

test('a record that had to be read is dropped by who asked for it, before anyone else can change it', async (t) => {
  const world = new ManualWorld();
  const before = await OpenedReplica.openWarm(world);
  for (let i = 0; i < 50; i++) before.putKnown(`k${i}`, 'v');
  await world.timers.advance(50);
  const fingerprint = versionFingerprint(before.peek('k7') ?? Buffer.alloc(8));
  const opened = await OpenedReplica.openWarm(world, { disk: await before.stop(), memoryBytesMax: 1000 });
  t.is(opened.peek('k7'), undefined);
  const acknowledgement = new Acknowledgement();
  opened.replica.load(partitionOfKey('k7'), 0, 'k7', {
    loaded: () => t.true(opened.replica.drop(partitionOfKey('k7'), 0, 'k7', fingerprint, acknowledgement)),
  });
  await world.timers.advance(50);
  t.is(acknowledgement.answer, 'stored');
  t.is(await opened.get('k7'), null);
  t.false(isStored(opened, 'k7'));
  t.is(opened.count(), 49);
});

test('a write that comes right behind a drop is kept', async (t) => {
  for (const durability of [BUFFER, LOG, FSYNC] as const) {
    const world = new ManualWorld();
    const opened = await OpenedReplica.openWarm(world);
    opened.putKnown('k', 'v');
    await world.timers.advance(50);
    drop(opened, 'k');
    opened.putKnown('k', 'w', durability);
    t.deepEqual(values(opened.peek('k')), ['w']);
    await world.timers.advance(500);
    t.is(opened.count(), 1);
    const next = await OpenedReplica.openWarm(world, { disk: await opened.stop() });
    t.deepEqual(values(next.peek('k')), ['w']);
  }
});

test('a drop that the store can not write is tried again, and told', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  opened.putKnown('k', 'v');
  await world.timers.advance(50);
  opened.store.failWrites = 'no space';
  const { acknowledgement } = drop(opened, 'k');
  await world.timers.advance(50);
  t.is(acknowledgement.answer, 'StoreFailed');
  t.is(opened.peek('k'), null);
  opened.store.failWrites = undefined;
  await world.timers.advance(1000);
  t.false(isStored(opened, 'k'));
});

test('a node that lost its copy of a key mints for it under another actor, so that no merge drops what others hold', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  const first = opened.putKnown('k', 'v');
  await world.timers.advance(50);
  const elsewhere = objectOf(Buffer.from(opened.peek('k') ?? Buffer.alloc(8)));
  drop(opened, 'k');
  const second = opened.putKnown('k', 'w');
  t.not(second.actor, first.actor);
  t.deepEqual(values(joinBytes(elsewhere, second.record)).sort(), ['v', 'w'], 'neither has seen the other');
  t.is(noteOf(opened.peek('k') ?? Buffer.alloc(8)).toString('hex'), second.actor);
});

test('a key that stays keeps its actor when another leaves', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  const { actor } = opened.putKnown('stays', 'v');
  opened.putKnown('leaves', 'v');
  await world.timers.advance(50);
  drop(opened, 'leaves');
  t.not(opened.identity.actor, actor);
  t.is(opened.putKnown('stays', 'w').actor, actor);
});

test('a merged key that leaves begins an epoch too: this actor may have minted for it', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  const { actor } = opened.identity;
  opened.merge('k', foreignObject(ELSEWHERE, 1, 'v'));
  await world.timers.advance(50);
  drop(opened, 'k');
  t.not(opened.identity.actor, actor);
});

test('many keys that leave together begin one epoch, and those held since an earlier one none', async (t) => {
  const world = new ManualWorld();
  const opened = await OpenedReplica.openWarm(world);
  for (let i = 0; i < 20; i++) opened.putKnown(`k${i}`, 'v');
  await world.timers.advance(50);
  for (let i = 0; i < 10; i++) drop(opened, `k${i}`);
  t.true(opened.identity.actor.endsWith('0001'));
  for (let i = 10; i < 20; i++) t.true(drop(opened, `k${i}`).dropped);
  t.true(opened.identity.actor.endsWith('0001'), 'nothing was minted for them in this epoch');
  opened.putKnown('new', 'v');
  await world.timers.advance(50);
  drop(opened, 'new');
  t.true(opened.identity.actor.endsWith('0002'));
});
