import test from 'ava';
import type { Change } from '../../../../cluster/coordinator/changes/change.js';
import { ModifyOperation, ModifyQueues } from '../../../../cluster/coordinator/changes/modify.js';
import { encodeReply } from '../../../../cluster/coordinator/forwarding/forwarded.js';
import { decodeObject } from '../../../../cluster/version/codec.js';
import { valuesOf } from '../fake-peer.js';
import { actorNamed, counterAt, objectWith, partitionOfSlot, ScriptedNode, SLOT_OF_OWN } from '../scripted-node.js';

const ALONE = { n: 1, r: 1, w: 1 } as const;

function setIf(condition: 'always' | 'absent' | 'present', value: string): Change {
  const plain = { keepExpiry: false, expiryMs: 0, context: undefined, answersPrevious: false } as const;
  return { kind: 'set', condition, value: Buffer.from(value), ...plain };
}

const DELETE: Change = { kind: 'delete', context: undefined };

test('one change of a key is under way at a time, in the order of arrival; other keys are not held up', (t) => {
  const queues = new ModifyQueues();
  const begun: string[] = [];
  const enter = (key: string, name: string): void => queues.enter(key, { begin: () => begun.push(name) });
  enter('k', 'k1');
  enter('k', 'k2');
  enter('other', 'o1');
  enter('k', 'k3');
  t.deepEqual(begun, ['k1', 'o1']);
  queues.leave('k');
  t.deepEqual(begun, ['k1', 'o1', 'k2']);
  queues.leave('other');
  queues.leave('k');
  t.deepEqual(begun, ['k1', 'o1', 'k2', 'k3']);
  queues.leave('k');
  enter('k', 'k4');
  t.is(begun.at(-1), 'k4');
});

test('50,000 queued changes that end within the call take no stack, whoever ends first', (t) => {
  const queues = new ModifyQueues();
  let begun = 0;
  queues.enter('k', { begin: () => undefined });
  for (let i = 0; i < 50_000; i++) {
    queues.enter('k', {
      begin: () => {
        begun++;
        queues.leave('k');
      },
    });
  }
  t.is(begun, 0);
  queues.leave('k');
  t.is(begun, 50_000);
});

test('50,000 queued changes that end later are begun one after the other, without going over the queue each time', (t) => {
  const queues = new ModifyQueues();
  const begun: number[] = [];
  for (let i = 0; i < 50_000; i++) queues.enter('k', { begin: () => begun.push(i) });
  let oneAtATime = true;
  for (let i = 1; i <= 50_000; i++) {
    oneAtATime &&= begun.length === i;
    queues.leave('k');
  }
  t.true(oneAtATime);
  t.is(begun.length, 50_000);
  t.true(begun.every((name, i) => name === i));
});

test('a change that enters from within another waits until that one makes way', (t) => {
  const queues = new ModifyQueues();
  const begun: string[] = [];
  queues.enter('k', {
    begin: () => {
      begun.push('first');
      queues.enter('k', { begin: () => begun.push('second') });
      begun.push('first goes on');
      queues.leave('k');
    },
  });
  queues.enter('k', { begin: () => begun.push('late') });
  t.deepEqual(begun, ['first', 'first goes on', 'second']);
});

test('a change is decided on what a quorum holds, and written on top of it', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.modify('k', setIf('absent', 'mine'));
  scripted.peer(0).gets[0]?.reply(objectWith({ actor: actorNamed('a'), counter: 5, value: 'theirs' }));
  t.like(client.last(), { failure: undefined, applied: false, previous: 'theirs', values: ['theirs'] });

  client.modify('other', setIf('present', 'mine'));
  const theirs = { actor: actorNamed('b'), counter: counterAt(scripted.world, 1_000), value: 'theirs' };
  scripted.peer(0).gets[1]?.reply(objectWith(theirs));
  const [sent] = scripted.peer(1).puts.filter(({ key }) => key === 'other');
  t.deepEqual(sent?.values(), ['mine']);
  t.is(decodeObject(sent?.object ?? Buffer.alloc(0)).clock.get(theirs.actor), theirs.counter);
  sent?.reply();
  t.like(client.last(), { failure: undefined, applied: true, previous: 'theirs', values: ['mine'] });
});

test('of two NX sets of one key one takes effect', async (t) => {
  const scripted = await ScriptedNode.open();
  const [first, second] = [scripted.openClient(), scripted.openClient()];
  first.modify('k', setIf('absent', 'first'));
  second.modify('k', setIf('absent', 'second'));
  t.deepEqual(
    scripted.peers.map(({ gets }) => gets.length),
    [1, 0],
    'the second waits',
  );
  scripted.peer(0).gets[0]?.replySame();
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  for (const peer of scripted.peers) peer.puts[0]?.reply();
  t.like(first.last(), { applied: true });
  t.like(second.last(), { applied: false, previous: 'first', failure: undefined });
  t.deepEqual(scripted.heldValues('k'), ['first']);
});

test('a change that can not read fails, and makes way for the next', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.modify('k', DELETE, 'one');
  scripted.openClient().modify('k', DELETE, 'two');
  for (const peer of scripted.peers) peer.gets[0]?.fail('timeout');
  t.like(client.last(), { applied: false, failure: { code: 'ReadQuorumNotMet', answered: 1, needed: 2 } });
  t.is(scripted.peer(0).gets.length, 2);
});

test('a change that can not be written is not applied', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter: 5, value: 'x' }));
  client.modify('k', DELETE);
  scripted.peer(0).gets[0]?.replySame();
  for (const peer of scripted.peers) peer.puts[0]?.fail('timeout');
  t.like(client.last(), { applied: false, failure: { code: 'WriteQuorumNotMet', attempted: true } });
});

test('a change that writes nothing takes no put', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.modify('k', DELETE);
  scripted.peer(0).gets[0]?.replySame();
  t.like(client.last(), { applied: false, failure: undefined, previous: undefined, object: undefined });
  t.deepEqual(
    scripted.peers.map(({ puts }) => puts.length),
    [0, 0],
  );
});

test('changes of one key in two databases do not wait for each other', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  for (const db of [0, 1]) client.session.modify(db, SLOT_OF_OWN, 'k', DELETE, undefined, () => undefined);
  t.is(scripted.peer(0).gets.length + scripted.peer(1).gets.length, 2);
});

test('a sibling that arrived while the quorum was asked is part of what is changed', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.modify('k', setIf('absent', 'mine'));
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter: 5, value: 'arrived' }));
  scripted.peer(0).gets[0]?.replySame();
  t.like(client.last(), { applied: false, previous: 'arrived' });
});

test('a record that went out of memory while the quorum was asked is read again before the change is decided', async (t) => {
  const before = await ScriptedNode.open({ keyspace: { ...ALONE, durability: 'log' }, nodes: 1 });
  const disk = await before.opened.stop(before.node.hybridClock.last);

  const scripted = await ScriptedNode.open({ disk, memoryBytesMax: 20_000, keyspace: { durability: 'log' } });
  const client = scripted.openClient();
  client.modify('k', setIf('absent', 'mine'));
  await scripted.advance(5);
  // While a peer is asked, another coordinator's write arrives, and is evicted from memory.
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter: 5, value: 'arrived' }));
  await scripted.opened.world.timers.until(scripted.node.replica.flush());
  for (let i = 0; i < 40; i++) {
    const value = 'x'.repeat(2_000);
    scripted.hold(`filler${i}`, objectWith({ actor: actorNamed('b'), counter: 5, value }));
    await scripted.opened.world.timers.until(scripted.node.replica.flush());
  }
  const { loads } = scripted.node.replica.stats();
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  await scripted.advance(20);
  t.is(scripted.node.replica.stats().loads, loads + 1, 'the record was no longer in memory');
  t.like(client.last(), { applied: false, previous: 'arrived' });
  t.deepEqual(
    scripted.peer(0).puts.filter(({ key }) => key === 'k'),
    [],
  );
});

test('a change that must read again and can not goes to another node, and makes way', async (t) => {
  const scripted = await ScriptedNode.open({ cold: true });
  scripted.opened.store.failReads = 'bad block';
  const client = scripted.openClient();
  client.modify('k', DELETE);
  await scripted.advance(5);
  for (const peer of scripted.peers)
    peer.gets[0]?.reply(objectWith({ actor: actorNamed('a'), counter: 5, value: 'x' }));
  await scripted.advance(5);
  for (const peer of scripted.peers) {
    const nothing = { applied: false, previous: undefined, object: undefined };
    peer.forwards[0]?.reply(encodeReply({ ...nothing, failure: { code: 'StoreFailed', reason: 'theirs' } }));
  }
  t.like(client.last(), { applied: false, failure: { code: 'StoreFailed', reason: 'bad block' } });
  scripted.opened.store.failReads = undefined;
  client.modify('k', DELETE, 'again');
  await scripted.advance(5);
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  await scripted.advance(5);
  t.true(client.ended().includes('again') || scripted.peer(0).puts.length > 0);
});

test('20,000 changes of one key by one client take effect in order', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 1, keyspace: ALONE });
  const client = scripted.openClient();
  for (let i = 0; i < 20_000; i++) client.modify('k', setIf('always', `v${i}`), `${i}`);
  await scripted.advance(10);
  t.deepEqual(
    client.ended(),
    Array.from({ length: 20_000 }, (_, i) => `${i}`),
  );
  t.deepEqual(valuesOf(scripted.node.replica.peek(partitionOfSlot(SLOT_OF_OWN), 0, 'k')), ['v19999']);
});

test('a change whose first run has left its value at another node is applied, and W replicas get it', async (t) => {
  const scripted = await ScriptedNode.open();
  const replies: boolean[] = [];
  const partition = partitionOfSlot(SLOT_OF_OWN);
  const run = (ranSince: number | undefined): void =>
    new ModifyOperation(
      scripted.node,
      partition,
      0,
      'k',
      setIf('absent', 'mine'),
      ranSince,
      undefined,
      (_s, _f, applied) => replies.push(applied),
    ).start();
  const counter = counterAt(scripted.world);
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter, value: 'mine' }));
  run(undefined);
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  t.deepEqual(replies, [false]);
  run(counter - 1);
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  t.deepEqual(replies, [false]);
  scripted.peer(0).puts[0]?.reply();
  t.deepEqual(replies, [false, true]);
});

test('a change that ran before does not count as its own what was there when it was asked for', async (t) => {
  const scripted = await ScriptedNode.open();
  const replies: boolean[] = [];
  const partition = partitionOfSlot(SLOT_OF_OWN);
  const counter = counterAt(scripted.world);
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter, tombstone: true }));
  new ModifyOperation(scripted.node, partition, 0, 'k', DELETE, counter, undefined, (_s, _f, applied) =>
    replies.push(applied),
  ).start();
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  t.deepEqual(replies, [false]);
});

test('the value before a change is told as it was, though the next change of the key takes its place at once', async (t) => {
  const alone = { ...ALONE, durability: 'log' } as const;
  const before = await ScriptedNode.open({ keyspace: alone, nodes: 1 });
  before.openClient().put('k', 'first');
  await before.advance(5);
  const disk = await before.opened.stop();

  const scripted = await ScriptedNode.open({ disk, keyspace: alone, nodes: 1, cold: true });
  const refused = scripted.openClient();
  const next = scripted.openClient();
  refused.modify('k', { ...setIf('absent', 'other'), answersPrevious: true } as Change);
  next.modify('k', { ...setIf('present', 'later'), answersPrevious: true } as Change);
  await scripted.advance(20);
  t.like(refused.last(), { applied: false, previous: 'first' });
  t.like(next.last(), { applied: true, previous: 'first' });
  t.deepEqual(scripted.heldValues('k'), ['later']);
});

const incr: Change = { kind: 'increment', by: { units: 2n, scale: 0 }, isFloat: false };

test('an increment is taken where too few replicas can be read, and other changes are not', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  client.modify('k', incr);
  for (const peer of [0, 1]) scripted.peer(peer).gets[0]?.fail('timeout');
  scripted.peer(0).puts[0]?.reply();
  t.like(client.last(), { failure: undefined, applied: true, previous: '2' });
  client.modify('k', setIf('present', 'x'));
  for (const peer of [0, 1]) scripted.peer(peer).gets[1]?.fail('timeout');
  t.is(client.last().failure?.code, 'ReadQuorumNotMet');
});

test('no counter is written while a node that may hold the key can not read one', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient();
  scripted.peer(1).protocolVersion = 2;
  for (const [version, isCounter] of [
    [2, undefined],
    [3, true],
  ] as const) {
    scripted.peer(1).protocolVersion = version;
    const key = `k${version}`;
    client.modify(key, incr);
    scripted.peer(0).gets.at(-1)?.reply(undefined);
    const sent = scripted.peer(0).puts.find((put) => put.key === key);
    const [sibling] = decodeObject(sent?.object ?? Buffer.alloc(0)).siblings;
    t.is(sibling?.isCounter, isCounter);
    if (isCounter === undefined) t.is(sibling?.value.toString(), '2');
  }
});

test('changes that wait while others are read share the next read, which began after they came', async (t) => {
  const scripted = await ScriptedNode.open();
  const clients = [0, 1, 2, 3].map(() => scripted.openClient());
  for (const client of clients) client.modify('k', incr);
  t.is(scripted.peer(0).gets.length, 1);
  scripted.peer(0).gets[0]?.reply(undefined);
  t.is(scripted.peer(0).gets.length, 2, 'the first read began before the others came');
  const late = scripted.openClient();
  late.modify('k', incr);
  const theirs = { actor: actorNamed('b'), counter: counterAt(scripted.world, 1_000), value: '100' };
  scripted.peer(0).gets[1]?.reply(objectWith(theirs));
  t.is(scripted.peer(0).gets.length, 3, 'one more, for the one that came while that read was under way');
  scripted.peer(0).gets[2]?.replySame();
  for (const put of scripted.peer(0).puts) put.reply();
  t.deepEqual(
    [...clients, late].map((client) => client.last().previous),
    ['2', '102', '104', '106', '108'],
  );
});
