import test from 'ava';
import { decodeRequest, encodeReply } from '../../../cluster/coordinator/forwarding/forwarded.js';
import type { KeyspaceRow } from '../../../cluster/keyspaces/keyspaces.js';
import { BUFFER, type Durability, FSYNC, LOG } from '../../../cluster/replica/replica.js';
import { STORAGE_KIND } from '../../../cluster/storage/layout.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import { valuesOf } from './fake-peer.js';
import { actorNamed, counterAt, DRIFT_MAX_MS, objectWith, ScriptedNode, SLOT_OF_OTHERS } from './scripted-node.js';

const SIBLINGS = { reconcile: 'siblings' } as const;
const NOTHING_SEEN = new Map();

test('a put is answered when W replicas have it, and not before', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { w: 3 } });
  const client = scripted.openClient();
  client.put('k', 'v');
  const [first, second] = scripted.peers.map((peer) => peer.puts[0]);
  t.deepEqual(first?.values(), ['v']);
  t.deepEqual(scripted.heldValues('k'), ['v']);
  t.deepEqual(client.ended(), []);
  second?.reply();
  t.deepEqual(client.ended(), []);
  first?.reply();
  t.deepEqual(client.ended(), ['put k v']);
  t.is(client.last().failure, undefined);
  t.deepEqual(client.last().values, ['v']);
});

test('the own replica counts only once its batch is as safe as asked', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { durability: 'log' }, storeLatencyMs: 10 });
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.reply();
  await scripted.advance(5);
  t.deepEqual(client.ended(), []);
  await scripted.advance(20);
  t.deepEqual(client.ended(), ['put k v']);
});

test('W acknowledgements of others are enough while the own store is slow', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { durability: 'log' }, storeLatencyMs: 10 });
  const client = scripted.openClient();
  client.put('k', 'v');
  for (const peer of scripted.peers) peer.puts[0]?.reply();
  t.deepEqual(client.ended(), ['put k v']);
  await scripted.advance(50);
  t.deepEqual(client.ended(), ['put k v']);
});

test('a put is answered once, whatever comes after', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.reply();
  scripted.peer(1).puts[0]?.fail('timeout');
  await scripted.advance(500);
  t.is(client.outcomes.length, 1);
});

test('with W = 1 the own replica is enough, and the others are sent the object all the same', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { w: 1 } });
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(client.ended(), ['put k v']);
  for (const peer of scripted.peers) t.deepEqual(peer.puts[0]?.values(), ['v']);
});

test('too few reachable replicas: the put fails at once and nothing is written', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { w: 3 } });
  scripted.peer(1).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 2, needed: 3, attempted: false });
  t.is(client.last().object, undefined);
  t.is(scripted.held('k'), null);
  t.deepEqual(scripted.peer(0).puts, []);
  t.is(scripted.node.counters.write_quorum_failures, 1);
});

test('a put is accepted while one of three primaries is down', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.peer(0).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(1).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a put fails as soon as W can no longer be reached, and says that it may persist', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.fail('timeout');
  t.deepEqual(client.ended(), []);
  scripted.peer(1).puts[0]?.reply(1);
  t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 1, needed: 2, attempted: true });
  t.is(client.outcomes.length, 1);
});

test('peers that refuse within the call leave one answer and the right counts', async (t) => {
  for (const refusing of [1, 2]) {
    const scripted = await ScriptedNode.open();
    for (const peer of scripted.peers.slice(0, refusing)) peer.refusals = 1;
    const client = scripted.openClient();
    client.put('k', 'v');
    scripted.peer(1).puts[0]?.reply();
    await scripted.advance(500);
    t.is(client.outcomes.length, 1);
    if (refusing === 1) t.is(client.last().failure, undefined);
    else t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 0, needed: 2, attempted: true });
  }
});

const DURABILITIES: readonly (readonly [KeyspaceRow['durability'], Durability])[] = [
  ['buffer', BUFFER],
  ['log', LOG],
  ['fsync-one', LOG],
  ['fsync', FSYNC],
];

for (const [durability, remote] of DURABILITIES) {
  test(`${durability} asks of the others what it says`, async (t) => {
    const scripted = await ScriptedNode.open({ keyspace: { durability } });
    scripted.openClient().put('k', 'v');
    for (const peer of scripted.peers) t.is(peer.puts[0]?.durability, remote);
    await scripted.advance(100);
    const synced = scripted.opened.store.disk.synced.size > 0;
    t.is(
      [...scripted.opened.store.disk.synced.keys()].some((key) => key.charCodeAt(0) === STORAGE_KIND.journal),
      durability.startsWith('fsync'),
    );
    t.true(synced);
  });
}

test('fsync-one waits for the synced batch of the coordinator, though W others have answered', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { durability: 'fsync-one' }, storeLatencyMs: 10 });
  const client = scripted.openClient();
  client.put('k', 'v');
  for (const peer of scripted.peers) peer.puts[0]?.reply();
  t.deepEqual(client.ended(), []);
  await scripted.advance(50);
  t.deepEqual(client.ended(), ['put k v']);
  t.is(client.last().failure, undefined);
});

test('fsync-one has another replica sync the object when the store of the coordinator fails', async (t) => {
  for (const syncs of [true, false]) {
    const scripted = await ScriptedNode.open({ keyspace: { durability: 'fsync-one' } });
    scripted.opened.store.failWrites = 'disk full';
    const client = scripted.openClient();
    client.put('k', 'v');
    for (const peer of scripted.peers) peer.puts[0]?.reply();
    await scripted.advance(20);
    t.deepEqual(client.ended(), [], 'W have the object, and none has synced it');
    const [first, second] = scripted.peers.map((peer) => peer.puts[1]);
    t.deepEqual([first?.durability, first?.standsInFor, second], [FSYNC, undefined, undefined]);
    first?.fail('timeout');
    if (syncs) scripted.peer(1).puts[1]?.reply();
    else scripted.peer(1).puts[1]?.reply(1);
    t.is(client.outcomes.length, 1);
    t.is(client.last().failure?.code, syncs ? undefined : 'StoreFailed', 'the quorum is not blamed');
  }
});

test('a store that fails at the coordinator is one missing acknowledgement', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { durability: 'log' } });
  scripted.opened.store.failWrites = 'disk full';
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.reply();
  await scripted.advance(20);
  t.deepEqual(client.ended(), []);
  scripted.peer(1).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a put that fails because the own store did says why the store did', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { durability: 'log', n: 1, r: 1, w: 1, sloppy: false } });
  scripted.opened.store.failWrites = 'disk full';
  const client = scripted.openClient();
  client.put('k', 'v');
  await scripted.advance(20);
  t.deepEqual(client.last().failure, { code: 'StoreFailed', reason: 'disk full' });
});

test('an own replica that can take no more: nothing is sent, so no dot is minted that this node does not hold', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: SIBLINGS, memoryBytesMax: 10_000 });
  const client = scripted.openClient();
  scripted.opened.store.failWrites = 'disk full';
  client.put('first', 'x'.repeat(12_000));
  client.put('k', 'refused', NOTHING_SEEN);
  await scripted.advance(1);
  t.is(client.last().name, 'put k refused');
  t.is(client.last().failure?.code, 'Overloaded');
  for (const peer of scripted.peers)
    t.deepEqual(
      peer.puts.filter(({ key }) => key === 'k'),
      [],
    );
  t.is(client.outcomes.filter(({ name }) => name === 'put k refused').length, 1);
});

test('a put replaces all that the coordinator has, under one actor while it holds the key', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter: 7, value: 'foreign' }));
  client.put('k', 'v1');
  client.put('k', 'v2');
  const { clock, siblings } = decodeObject(scripted.held('k') ?? Buffer.alloc(0));
  const own = scripted.opened.identity.actor;
  t.deepEqual([...clock.keys()].sort(), [actorNamed('a'), own].sort());
  t.is(siblings.length, 1);
  t.like(siblings[0], { dot: { actor: own, counter: clock.get(own) } });
  t.deepEqual(
    scripted.peer(0).puts.map((put) => put.values()),
    [['v1'], ['v2']],
  );
});

test('a put with a context leaves siblings that the context has not seen', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: SIBLINGS });
  const client = scripted.openClient();
  client.put('k', 'one', NOTHING_SEEN);
  const seenOne = decodeObject(scripted.held('k') ?? Buffer.alloc(0)).clock;
  client.put('k', 'two', NOTHING_SEEN);
  t.deepEqual(scripted.heldValues('k'), ['two', 'one']);
  client.put('k', 'three', seenOne);
  t.deepEqual(scripted.heldValues('k'), ['three', 'two']);
  t.deepEqual(
    scripted.peer(1).puts.map((put) => put.values()),
    [['one'], ['two', 'one'], ['three', 'two']],
  );
});

test('a key that must be loaded is read before it is written, and puts keep their order', async (t) => {
  const before = await ScriptedNode.open({ keyspace: { n: 1, r: 1, w: 1 } });
  before.openClient().put('k', 'old', NOTHING_SEEN);
  const disk = await before.opened.stop(before.node.hybridClock.last);

  const scripted = await ScriptedNode.open({ disk, cold: true, keyspace: SIBLINGS });
  const client = scripted.openClient();
  client.put('k', 'one', NOTHING_SEEN);
  client.put('k', 'two', NOTHING_SEEN);
  t.deepEqual(scripted.peer(0).puts, []);
  await scripted.advance(100);
  t.deepEqual(
    scripted.peer(0).puts.map((put) => put.values()),
    [
      ['one', 'old'],
      ['two', 'one', 'old'],
    ],
  );
});

test('a key that can not be read is not written, but put by another node, in order', async (t) => {
  const scripted = await ScriptedNode.open({ cold: true });
  scripted.opened.store.failReads = 'bad block';
  const client = scripted.openClient();
  client.put('k', 'one');
  client.put('k', 'two');
  await scripted.advance(20);
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [['forward'], []],
    'the second waits for the first',
  );
  const [first] = scripted.peer(0).forwards;
  t.like(decodeRequest(first?.body ?? Buffer.alloc(0)), { kind: 'put', key: 'k', context: undefined });
  const reply = { applied: true, previous: undefined, object: undefined };
  first?.reply(encodeReply({ ...reply, failure: undefined }));
  t.like(client.last(), { name: 'put k one', failure: undefined });
  for (const peer of scripted.peers) {
    peer.forwards.at(-1)?.reply(encodeReply({ ...reply, failure: { code: 'StoreFailed', reason: 'theirs' } }));
  }
  t.like(client.last(), { name: 'put k two', failure: { code: 'StoreFailed', reason: 'bad block' } });
  t.deepEqual(
    scripted.peers.map(({ puts }) => puts),
    [[], []],
  );
});

test('after a restart the next dots are minted under a new actor', async (t) => {
  const before = await ScriptedNode.open({ keyspace: { durability: 'log' } });
  before.openClient().put('k', 'one', NOTHING_SEEN);
  await before.advance(50);
  const disk = before.opened.store.crash('process');

  const scripted = await ScriptedNode.open({ disk, draw: 1 });
  t.not(scripted.opened.identity.actor, before.opened.identity.actor);
  scripted.openClient().put('k', 'two');
  const { clock, siblings } = decodeObject(scripted.held('k') ?? Buffer.alloc(0));
  t.deepEqual([...clock.keys()].sort(), [before.opened.identity.actor, scripted.opened.identity.actor].sort());
  t.is(siblings[0]?.dot.actor, scripted.opened.identity.actor);
});

test('what is minted is ahead of what the key holds and of what the client has seen', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  const ahead = counterAt(scripted.world, 5_000);
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter: ahead, value: 'x' }));
  client.put('k', 'v');
  const newest = decodeObject(scripted.held('k') ?? Buffer.alloc(0)).siblings[0];
  t.true((newest?.dot.counter ?? 0) > ahead);

  const seen = counterAt(scripted.world, 9_000);
  client.put('other', 'v', new Map([[actorNamed('b'), seen]]));
  const other = decodeObject(scripted.held('other') ?? Buffer.alloc(0)).siblings[0];
  t.true((other?.dot.counter ?? 0) > seen);
});

test('a context from too far in the future is refused before anything is written', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.put('k', 'v', new Map([[actorNamed('b'), counterAt(scripted.world, DRIFT_MAX_MS + 1_000)]]));
  t.is(client.last().failure?.code, 'Refused');
  t.is(scripted.held('k'), null);
  for (const peer of scripted.peers) t.deepEqual(peer.puts, []);
  t.is(scripted.node.counters.clock_drift_refusals, 1);
  t.is(scripted.world.log.errors().length, 1);
  t.true(scripted.node.hybridClock.next() <= counterAt(scripted.world, 1_000));
});

test('siblings that are too large together are refused while each of them would do', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { ...SIBLINGS, n: 1, w: 1 }, memoryBytesMax: 50_000_000 });
  const client = scripted.openClient();
  const value = 'x'.repeat(400_000);
  for (let i = 0; i < 3; i++) client.put('k', value, NOTHING_SEEN);
  t.deepEqual(
    client.outcomes.map(({ failure }) => failure?.code),
    [undefined, undefined, 'Refused'],
  );
  client.put('k', value, decodeObject(scripted.held('k') ?? Buffer.alloc(0)).clock);
  t.is(client.last().failure, undefined, 'a write that merges them passes');
});

test('a key takes no more siblings than it may have; a write that supersedes some passes', async (t) => {
  const scripted = await ScriptedNode.open({ keyspace: { ...SIBLINGS, n: 1, w: 1 }, memoryBytesMax: 50_000_000 });
  const client = scripted.openClient();
  let written = 0;
  while (written < 5_000 && client.outcomes.at(-1)?.failure === undefined) {
    client.put('k', `v${written}`, NOTHING_SEEN);
    written++;
  }
  t.is(client.last().failure?.code, 'Refused');
  const held = decodeObject(scripted.held('k') ?? Buffer.alloc(0));
  t.is(held.siblings.length, written - 1);
  client.put('k', 'merged', held.clock);
  t.is(client.last().failure, undefined);
  t.deepEqual(scripted.heldValues('k'), ['merged']);
});

test('a client of a node outside the preference list is served by the first reachable primary', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [[], [], ['forward']],
  );
  t.deepEqual(valuesOf(scripted.held('k', SLOT_OF_OTHERS)), []);
});
