import test from 'ava';
import { LOG } from '../../../cluster/replica/replica.js';
import { valuesOf } from './fake-peer.js';
import { actorNamed, HEDGE_DELAY_MS, objectWith, ScriptedNode, SLOT_OF_OTHERS, SLOT_OF_OWN } from './scripted-node.js';

const A = actorNamed('a');
const OLD = objectWith({ actor: A, counter: 5, value: 'old' });
const NEW = objectWith({ actor: A, counter: 9, value: 'new' });

// Of five nodes the list of SLOT_OF_OWN is: the node under test, peers 0 and 1; then peers 2 and 3.

function orders(scripted: ScriptedNode): string[][] {
  return scripted.peers.map(({ order }) => order);
}

/** For whom each peer was sent an object: `own` is itself. */
function sentFor(scripted: ScriptedNode): string[][] {
  const nameOf = new Map(scripted.peers.map(({ id }, i) => [id, `peer ${i}`]));
  return scripted.peers.map(({ puts }) =>
    puts.map(({ standsInFor }) => (standsInFor === undefined ? 'own' : (nameOf.get(standsInFor) ?? 'the coordinator'))),
  );
}

test('with all primaries reachable no other node is asked, and no hint is kept', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  const client = scripted.openClient();
  client.put('k', 'v');
  client.get('other');
  t.deepEqual(sentFor(scripted), [['own'], ['own'], [], []]);
  for (const peer of scripted.peers) peer.puts[0]?.reply();
  t.is(client.outcomes.length, 1);
  t.deepEqual(scripted.hints.kept, []);
  t.deepEqual(orders(scripted).slice(2), [[], []]);
});

test('a put is taken while any W nodes can be reached', async (t) => {
  for (const up of [0, 1, 2, 3]) {
    const scripted = await ScriptedNode.open({ nodes: 5 });
    for (const [index, peer] of scripted.peers.entries()) peer.up = index === up;
    const client = scripted.openClient();
    client.put('k', 'v');
    t.deepEqual(client.ended(), []);
    scripted.peer(up).puts[0]?.reply();
    t.is(client.last().failure, undefined);
    t.is(scripted.node.counters.stand_ins, up < 2 ? 0 : 1);
  }
});

test('with W = 1 a put is taken by a node alone, which keeps a hint for each primary that misses it', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { w: 1 } });
  for (const peer of scripted.peers) peer.up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  t.is(client.last().failure, undefined);
  t.deepEqual(scripted.hints.kept, [`${scripted.peer(0).id} 0 k`, `${scripted.peer(1).id} 0 k`]);
});

test('with fewer reachable nodes than W or R the answer is given at once, with how many there are', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { w: 3, r: 3 } });
  for (const index of [0, 1, 2]) scripted.peer(index).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 2, needed: 3, attempted: false });
  t.is(scripted.held('k'), null);
  client.get('k');
  t.deepEqual(client.last().failure, { code: 'ReadQuorumNotMet', answered: 1, needed: 3 });
  t.deepEqual(scripted.hints.kept, []);
});

test('in a keyspace that is not sloppy nobody stands in, and the coordinator keeps the hint', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { sloppy: false } });
  scripted.peer(0).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(1).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  t.deepEqual(sentFor(scripted), [[], ['own'], [], []]);
  t.deepEqual(scripted.hints.kept, [`${scripted.peer(0).id} 0 k`]);
  scripted.peer(1).up = false;
  client.put('k', 'v');
  t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 1, needed: 2, attempted: false });
  client.get('k');
  t.deepEqual(client.last().failure, { code: 'ReadQuorumNotMet', answered: 1, needed: 2 });
});

test('each fallback stands in for one primary, and one that fails is followed by the next', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { w: 3 } });
  scripted.peer(0).up = false;
  const client = scripted.openClient();
  client.put('k', 'v');
  t.deepEqual(sentFor(scripted), [[], ['own'], ['peer 0'], []]);
  scripted.peer(2).puts[0]?.fail('timeout');
  t.deepEqual(sentFor(scripted), [[], ['own'], ['peer 0'], ['peer 0']]);
  scripted.peer(1).puts[0]?.reply();
  t.deepEqual(client.ended(), []);
  scripted.peer(3).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  t.deepEqual(scripted.hints.kept, [], 'the fallbacks keep them');
});

test('a primary that fails while W is not reached is stood in for; one that fails later is not', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  const client = scripted.openClient();
  client.put('early', 'v');
  scripted.peer(0).puts[0]?.fail('timeout');
  t.deepEqual(sentFor(scripted), [['own'], ['own'], ['peer 0'], []]);
  scripted.peer(2).puts[0]?.reply();
  t.is(client.last().failure, undefined);
  scripted.peer(1).puts[0]?.fail('timeout');
  t.deepEqual(scripted.hints.kept, [], 'hints are for nodes that are down, not for slow ones');

  client.put('late', 'v');
  scripted.peer(0).puts[1]?.reply();
  t.is(client.outcomes.length, 2);
  scripted.peer(1).up = false;
  scripted.peer(1).puts[1]?.fail('unreachable');
  t.deepEqual(sentFor(scripted).slice(2), [['peer 0'], []]);
  t.deepEqual(scripted.hints.kept, [`${scripted.peer(1).id} 0 late`]);
});

test('a replica that has too much to do is stood in for only where W would not be reached without', async (t) => {
  const OVERLOADED = 3;
  const scripted = await ScriptedNode.open({ nodes: 5 });
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.reply(OVERLOADED);
  t.deepEqual(sentFor(scripted).slice(2), [[], []]);
  scripted.peer(1).puts[0]?.reply(OVERLOADED);
  t.deepEqual(sentFor(scripted).slice(2), [['peer 1'], []]);
  scripted.peer(2).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a replica whose store fails is stood in for', async (t) => {
  const STORE_FAILED = 1;
  const scripted = await ScriptedNode.open({ nodes: 5 });
  const client = scripted.openClient();
  client.put('k', 'v');
  scripted.peer(0).puts[0]?.reply(STORE_FAILED);
  t.deepEqual(sentFor(scripted).slice(2), [['peer 0'], []]);
  scripted.peer(2).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a coordinator whose own store fails is stood in for', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { n: 1, r: 1, w: 1, durability: 'log' } });
  scripted.opened.store.failWrites = 'disk full';
  const client = scripted.openClient();
  client.put('k', 'v');
  await scripted.advance(20);
  t.deepEqual(sentFor(scripted), [['the coordinator'], [], [], []]);
  scripted.peer(0).puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a node that stands in itself counts once its own hint is as safe as the object', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { w: 1, durability: 'log' } });
  for (const peer of scripted.peers) peer.up = false;
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  await scripted.advance(100);
  t.deepEqual(client.ended(), [], 'the object is stored, the hint is not');
  t.is(scripted.hints.kept[0], `${scripted.peer(2).id} 0 k ${LOG}`);
  t.deepEqual(scripted.hints.kept.slice(1), [`${scripted.peer(1).id} 0 k`, `${scripted.peer(0).id} 0 k`]);
  scripted.hints.waiters[0]?.stored(undefined);
  t.is(client.last().failure, undefined);
});

test('a get asks primaries first, and fallbacks in the place of those that can not be reached', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  scripted.peer(0).up = false;
  client.get('k');
  t.deepEqual(orders(scripted), [[], ['get'], [], []]);
  scripted.peer(1).gets[0]?.fail('timeout');
  t.deepEqual(orders(scripted), [[], ['get'], ['get'], []]);
  scripted.peer(2).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(scripted.heldValues('k'), ['new']);
});

test('a get that is late asks N nodes in all', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  const client = scripted.openClient();
  client.get('healthy');
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(orders(scripted), [['get'], ['get'], [], []]);
  scripted.peer(0).up = false;
  client.get('k');
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(orders(scripted), [['get'], ['get', 'get'], ['get'], []]);
});

test('what a fallback holds is answered and given to the primaries; a fallback that holds less is left alone', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { r: 3 } });
  scripted.hold('k', OLD);
  scripted.peer(0).up = false;
  const client = scripted.openClient();
  client.get('k');
  scripted.peer(1).gets[0]?.replySame();
  scripted.peer(2).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(sentFor(scripted), [[], ['own'], [], []]);

  client.get('k');
  scripted.peer(1).gets[1]?.replySame();
  scripted.peer(2).gets[1]?.reply(OLD);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(sentFor(scripted), [[], ['own'], [], []]);
});

test('what a fallback holds is left out where the primaries may have deleted it and forgotten that', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { r: 3 }, strayCopyMaxMs: 1000 });
  scripted.peer(0).up = false;
  const client = scripted.openClient();
  client.get('k');
  scripted.peer(1).gets[0]?.replySame();
  scripted.peer(2).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, []);
  t.deepEqual(sentFor(scripted), [[], [], [], []]);
  t.deepEqual(scripted.heldValues('k'), []);
});

test('what a fallback reads it keeps with a hint, so that it leaves again', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5 });
  for (const index of [0, 1, 2]) scripted.peer(index).up = false;
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  t.deepEqual(orders(scripted), [[], [], [], ['get']]);
  scripted.peer(3).gets[0]?.reply(NEW);
  t.deepEqual(client.last().values, ['new']);
  t.deepEqual(valuesOf(scripted.held('k', SLOT_OF_OTHERS)), ['new']);
  t.deepEqual(scripted.hints.kept, [`${scripted.peer(2).id} 0 k`]);
});

test('a primary that has no peer left still serves reads of R = 1', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { r: 1 } });
  for (const peer of scripted.peers) peer.up = false;
  scripted.hold('k', OLD);
  const client = scripted.openClient(SLOT_OF_OWN);
  client.get('k');
  t.deepEqual(client.last().values, ['old']);
});
