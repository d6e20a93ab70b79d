/** Gets and puts while a partition moves. Of five nodes the list of SLOT_OF_OWN is: the node under test, then peers 0 to 3. */
import test from 'ava';
import { actorNamed, objectWith, partitionOfSlot, ScriptedNode, SLOT_OF_OWN } from './scripted-node.js';

const OLD = objectWith({ actor: actorNamed('a'), counter: 5, value: 'old' });
const NEW = objectWith({ actor: actorNamed('a'), counter: 9, value: 'new' });

function orders(scripted: ScriptedNode): string[][] {
  return scripted.peers.map(({ order }) => order);
}

/** Peer 0 has joined and holds nothing yet; peer 2 holds the partition in its place. */
async function receiving(over: Parameters<typeof ScriptedNode.open>[0] = {}): Promise<ScriptedNode> {
  const scripted = await ScriptedNode.open({ nodes: 5, ...over });
  scripted.heldBy('own', 1, 2);
  return scripted;
}

test('a receiver is sent every put, and a put ends when W and one more have acknowledged', async (t) => {
  const scripted = await receiving();
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(orders(scripted), [['put'], ['put'], ['put'], []]);
  scripted.peer(1).puts[0]?.reply();
  t.deepEqual(client.ended(), [], 'two of four');
  scripted.peer(0).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a receiver that is slow is not waited for once all others have acknowledged', async (t) => {
  const scripted = await receiving();
  const client = scripted.openClient();
  client.put('k', 'v');
  for (const index of [1, 2]) scripted.peer(index).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  scripted.peer(0).puts[0]?.fail('timeout');
  t.deepEqual(scripted.hints.kept, []);
  t.deepEqual(orders(scripted)[3], []);
});

test('a receiver that dies in the middle of a put fails it never, and gets neither hint nor stand-in', async (t) => {
  for (const reason of ['unreachable', 'timeout', 'refused'] as const) {
    for (const first of ['receiver', 'primary'] as const) {
      const scripted = await receiving();
      const client = scripted.openClient();
      client.put('k', 'v');
      if (first === 'primary') scripted.peer(1).puts[0]?.reply();
      scripted.peer(0).up = false;
      scripted.peer(0).puts[0]?.fail(reason);
      if (first === 'receiver') scripted.peer(1).puts[0]?.reply();
      t.deepEqual(client.ended(), [], 'the other primary can acknowledge still');
      scripted.peer(2).puts[0]?.reply();
      t.is(client.last().failure, undefined);
      t.deepEqual(scripted.hints.kept, []);
      t.deepEqual(orders(scripted)[3], []);
    }
  }
});

test('with a receiver and a primary lost a put ends with W', async (t) => {
  const scripted = await receiving({ keyspace: { sloppy: false } });
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.fail('timeout');
  scripted.peer(2).puts[0]?.fail('timeout');
  t.deepEqual(client.ended(), []);
  scripted.peer(1).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a receiver that can not be reached is not waited for', async (t) => {
  const scripted = await receiving();
  scripted.peer(0).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(orders(scripted), [[], ['put'], ['put'], []]);
  scripted.peer(1).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  t.deepEqual(scripted.hints.kept, []);
});

test('a receiver counts towards W where fallbacks do, and only there', async (t) => {
  for (const sloppy of [true, false]) {
    const scripted = await receiving({ keyspace: { sloppy } });
    scripted.peer(3).up = false;
    const client = scripted.openClient();
    client.put('k', 'v');
    scripted.peer(0).puts[0]?.reply();
    for (const index of [1, 2]) scripted.peer(index).puts[0]?.fail('timeout');
    t.is(client.last().failure?.code, sloppy ? undefined : 'WriteQuorumNotMet');
  }
});

test('with only a receiver left beside the coordinator a sloppy put is taken', async (t) => {
  const scripted = await receiving();
  for (const index of [1, 2, 3]) scripted.peer(index).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  t.deepEqual(
    scripted.hints.kept,
    [1, 2].map((index) => `${scripted.peer(index).id} 0 k`),
    'the coordinator keeps what the primaries miss',
  );
});

test('a lost primary is stood in for by a fallback, never by a receiver', async (t) => {
  const scripted = await receiving();
  scripted.peer(1).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(orders(scripted), [['put'], [], ['put'], ['put']]);
  t.is(scripted.peer(3).puts[0]?.standsInFor, scripted.peer(1).id);
  t.is(scripted.peer(0).puts[0]?.standsInFor, undefined);
  for (const index of [0, 3]) scripted.peer(index).puts[0]?.reply();
  t.is(client.last().failure, undefined, 'the own copy, the stand-in and the receiver');
});

test('a holder that retires is sent every put, as a receiver is', async (t) => {
  const scripted = await receiving();
  scripted.heldBy('own', 0, 1, 2);
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(orders(scripted), [['put'], ['put'], ['put'], []]);
  scripted.peer(2).puts[0]?.reply();
  t.deepEqual(client.ended(), []);
  scripted.peer(0).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  scripted.heldBy('own', 0, 1);
  client.put('k', 'v2');
  t.deepEqual(orders(scripted)[2], ['put'], 'it has handed over');
});

test('a holder that retires and is down, or dies in the middle of a put, gets a hint and no stand-in', async (t) => {
  for (const dies of ['before', 'after'] as const) {
    const scripted = await ScriptedNode.open({ nodes: 5 });
    scripted.heldBy('own', 0, 1, 2);
    if (dies === 'before') scripted.peer(2).up = false;
    const client = scripted.openClient();
    client.put('k', 'v');
    scripted.peer(2).up = false;
    if (dies === 'after') scripted.peer(2).puts[0]?.fail('unreachable');
    scripted.peer(0).puts[0]?.reply();
    scripted.peer(1).puts[0]?.reply();
    t.is(client.last().failure, undefined);
    t.deepEqual(scripted.hints.kept, [`${scripted.peer(2).id} 0 k`]);
    t.deepEqual(orders(scripted)[3], []);
  }
});

test('a holder that retires and is slow gets no hint', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  scripted.heldBy('own', 0, 1, 2);
  const client = scripted.openClient();
  client.put('k', 'v');
  for (const index of [0, 1]) scripted.peer(index).puts[0]?.reply();
  scripted.peer(2).puts[0]?.fail('timeout');
  t.is(client.last().failure, undefined);
  t.deepEqual(scripted.hints.kept, []);
});

test('a put ends with W and one for each receiver and each holder that retires, whoever of them they are', async (t) => {
  for (const last of [0, 1, 2, 3]) {
    const scripted = await ScriptedNode.open({ nodes: 5 });
    scripted.heldBy('own', 1, 2, 3);
    const client = scripted.openClient();
    client.put('k', 'v');
    t.deepEqual(orders(scripted), [['put'], ['put'], ['put'], ['put']], 'a receiver, two primaries, one that retires');
    const early = [0, 1, 2, 3].filter((index) => index !== last);
    for (const index of early.slice(0, 2)) scripted.peer(index).puts[0]?.reply();
    t.deepEqual(client.ended(), [], 'three of five with the own copy');
    for (const index of early.slice(2)) scripted.peer(index).puts[0]?.reply();
    t.is(client.last().failure, undefined, 'four: W = 2, and two');
  }
});

test('a get asks the primaries, and a receiver only as the first fallback', async (t) => {
  const scripted = await receiving();
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(
    orders(scripted).map(({ length }) => length),
    [0, 1, 0, 0],
  );
  scripted.peer(1).gets[0]?.replySame();
  for (const index of [1, 2]) scripted.peer(index).up = false;
  client.get('k');
  t.deepEqual(orders(scripted)[0], ['get']);
  scripted.peer(0).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(scripted.peer(0).puts, [], 'it is given nothing');
});

test('N, R and W are no larger than the number of nodes that hold the partition', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 3 });
  scripted.heldBy('own');
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(client.last().values, ['old']);
  client.put('k', 'v');
  t.deepEqual(client.ended().length, 1);
  for (const peer of scripted.peers) peer.puts[0]?.reply();
  t.is(client.last().failure, undefined);
  for (const peer of scripted.peers) peer.up = false;
  client.put('k', 'v');
  t.is(client.last().failure, undefined, 'W is 1 while this node alone holds it');
});

test('a receiver forwards what it is asked to a primary, and takes it itself where none can be reached', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  scripted.heldBy(0, 1, 2);
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(orders(scripted), [['forward'], [], [], []]);
  const [forwarded] = scripted.peer(0).forwards;
  for (const index of [0, 1, 2]) scripted.peer(index).up = false;
  forwarded?.fail('refused');
  t.deepEqual(orders(scripted)[3], ['get'], 'it reads as a fallback');
  scripted.peer(3).gets[0]?.reply(undefined);
  client.put('k', 'v');
  t.is(scripted.hints.kept[0], `${scripted.peer(0).id} 0 k 0`, 'it stands in for the first primary');
  t.is(scripted.peer(3).puts[0]?.standsInFor, scripted.peer(1).id);
  scripted.peer(3).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a receiver sends ahead only what it took in the place of a primary', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  scripted.heldBy(0, 1, 2);
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(orders(scripted)[0], ['forward']);
  scripted.node.hints.note(scripted.peer(0).id, partitionOfSlot(SLOT_OF_OWN), 0, 'k');
  scripted.openClient().get('k');
  t.deepEqual(orders(scripted)[0], ['forward', 'put', 'forward']);
});

test('a read that was begun before the partition moved goes on with those that it began with', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  const client = scripted.openClient();
  client.get('k');
  scripted.heldBy('own', 2, 3);
  scripted.peer(0).gets[0]?.fail('timeout');
  t.deepEqual(orders(scripted), [['get'], ['get'], [], []]);
  scripted.peer(1).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(scripted.heldValues('k', SLOT_OF_OWN), ['new']);
});
