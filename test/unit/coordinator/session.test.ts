import test from 'ava';
import type { Change } from '../../../cluster/coordinator/changes/change.js';
import { decodeRequest, encodeReply, type ForwardedReply } from '../../../cluster/coordinator/forwarding/forwarded.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import {
  actorNamed,
  counterAt,
  DRIFT_MAX_MS,
  objectWith,
  ScriptedNode,
  SLOT_OF_OTHERS,
  SLOT_OF_OWN,
  SLOT_OF_PEER,
} from './scripted-node.js';

const NOTHING_SEEN = new Map();
const SET: Change = {
  kind: 'set',
  condition: 'present',
  keepExpiry: false,
  expiryMs: 0,
  value: Buffer.from('changed'),
  context: undefined,
  answersPrevious: false,
};
const FOREIGN = objectWith({ actor: actorNamed('a'), counter: 5, value: 'foreign' });

function replyWith(over: Partial<ForwardedReply> = {}): Buffer {
  return encodeReply({ failure: undefined, applied: true, previous: undefined, object: undefined, ...over });
}

/** A disk on which a node alone wrote these keys. */
async function diskWith(...keys: readonly string[]) {
  const before = await ScriptedNode.open({ nodes: 1 });
  const client = before.openClient();
  for (const key of keys) client.put(key, 'stored', NOTHING_SEEN);
  return before.opened.stop(before.node.hybridClock.last);
}

test('a get after a put in the same turn sees it, though the key is still being loaded', async (t) => {
  const disk = await diskWith('k');
  const scripted = await ScriptedNode.open({ disk, cold: true, keyspace: { r: 1, w: 1 } });
  const client = scripted.openClient();
  client.get('k', 'before');
  client.put('k', 'one', null, 'put one');
  client.get('k', 'between');
  client.put('k', 'two', null, 'put two');
  client.get('k', 'after');
  t.deepEqual(client.ended(), []);
  await scripted.advance(20);
  t.deepEqual(client.ended(), ['before', 'put one', 'between', 'put two', 'after']);
  t.deepEqual(
    client.outcomes.filter(({ name }) => !name.startsWith('put')).map(({ values }) => values),
    [['stored'], ['one'], ['two']],
  );
});

test('what comes after a change of the same key waits for it, and sees it; other keys do not wait', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', FOREIGN);
  const client = scripted.openClient();
  client.modify('k', SET, 'change');
  client.get('k', 'get');
  client.put('k', 'put', null, 'put');
  client.get('other', 'other');
  const [first, second] = scripted.peers;
  t.deepEqual([first?.gets.length, second?.gets.length], [1, 1], 'the change and the other key are read');
  second?.gets[0]?.replySame();
  t.deepEqual(client.ended(), ['other']);
  first?.gets[0]?.replySame();
  t.deepEqual(first?.order, ['get', 'put']);
  first?.puts[0]?.reply();
  t.deepEqual(client.ended(), ['other', 'change']);
  t.deepEqual(scripted.heldValues('k'), ['changed']);
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  t.deepEqual(client.ended(), ['other', 'change', 'get']);
  t.deepEqual(client.last().values, ['changed']);
  t.deepEqual(scripted.heldValues('k'), ['put']);
});

test('a write waits for the gets of its key that are under way, and what follows waits for the write', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', FOREIGN);
  const [client, other] = [scripted.openClient(), scripted.openClient()];
  client.get('k', 'first');
  client.get('k', 'second');
  client.put('k', 'v', null, 'put');
  client.get('k', 'third');
  client.put('j', 'v', null, 'put j');
  const puts = (key: string) => scripted.peers.flatMap((each) => each.puts).filter((put) => put.key === key).length;
  t.is(puts('k'), 0);
  t.is(puts('j'), 2, 'another key does not wait');
  other.put('k', 'theirs', null, 'theirs');
  t.is(puts('k'), 2, 'another client does not wait');
  for (const each of scripted.peers) for (const get of each.gets) if (!get.isAnswered) get.replySame();
  t.deepEqual(client.ended(), ['first', 'second']);
  t.is(puts('k'), 4);
  for (const each of scripted.peers) for (const get of each.gets) if (!get.isAnswered) get.replySame();
  t.deepEqual(client.ended(), ['first', 'second', 'third']);
  t.deepEqual(client.last().values, ['v']);
});

test('a write waits for all gets of its key and for no other, in whatever order they end', async (t) => {
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
    [2, 0, 3, 1],
  ];
  for (const order of orders) {
    const scripted = await ScriptedNode.open();
    for (const key of ['k', 'j', 'i']) scripted.hold(key, FOREIGN);
    const client = scripted.openClient();
    for (const [at, key] of ['k', 'j', 'k', 'i'].entries()) client.get(key, `${at}`);
    const gets = scripted.peers.flatMap((each) => each.gets);
    const askedFor = (at: number) => gets.filter(({ key }) => key === ['k', 'j', 'k', 'i'][at])[at === 2 ? 1 : 0];
    client.put('k', 'v', null, 'put');
    const puts = () => scripted.peers.flatMap((each) => each.puts).length;
    let left = 2;
    for (const at of order) {
      t.is(puts(), left === 0 ? 2 : 0);
      askedFor(at)?.replySame();
      if (at === 0 || at === 2) left--;
    }
    t.is(puts(), 2);
    t.deepEqual(client.ended(), order.map(String));
  }
});

test('a client is told of a change before what waited for it goes on', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 1 });
  scripted.hold('k', FOREIGN);
  const client = scripted.openClient();
  client.modify('k', SET, 'change');
  t.deepEqual(client.ended(), ['change']);

  const cold = await ScriptedNode.open({ nodes: 1, disk: await diskWith('k'), cold: true });
  const other = cold.openClient();
  for (const name of ['one', 'two', 'three']) other.modify('k', SET, name);
  other.get('k', 'four');
  await cold.advance(20);
  t.deepEqual(other.ended(), ['one', 'two', 'three', 'four']);
});

test('other clients do not wait for what one client has forwarded', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const [one, two] = [scripted.openClient(SLOT_OF_OTHERS), scripted.openClient(SLOT_OF_OTHERS)];
  one.put('k', 'v');
  two.get('k');
  t.is(scripted.peer(2).forwards.length, 2);
});

test('what is forwarded holds back the same key of the same client, in order, and nothing else', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'one', null, 'put one');
  client.get('k', 'get');
  client.modify('k', SET, 'change');
  client.put('k', 'two', null, 'put two');
  client.get('other', 'other');
  const { forwards } = scripted.peer(2);
  const kinds = (): string[] => forwards.map(({ body }) => `${decodeRequest(body).kind} ${decodeRequest(body).key}`);
  t.deepEqual(kinds(), ['put k', 'get other']);
  forwards[1]?.reply(replyWith());
  t.deepEqual(client.ended(), ['other']);
  forwards[0]?.reply(replyWith());
  t.deepEqual(kinds(), ['put k', 'get other', 'get k']);
  forwards[2]?.reply(replyWith({ object: FOREIGN }));
  t.deepEqual(client.last().values, ['foreign']);
  t.deepEqual(kinds().slice(3), ['modify k']);
  forwards[3]?.reply(replyWith({ applied: true, previous: Buffer.from('foreign') }));
  t.like(client.last(), { applied: true, previous: 'foreign' });
  t.deepEqual(kinds().slice(4), ['put k']);
  forwards[4]?.reply(replyWith());
  t.deepEqual(client.ended(), ['other', 'put one', 'get', 'change', 'put two']);
});

test('one key in two databases is two keys', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k', 'in 0', 0);
  client.get('k', 'in 1', 1);
  t.is(scripted.peer(2).forwards.length, 2);
});

test('a change runs at the first reachable primary, or here when that is this node', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient(SLOT_OF_PEER);
  client.modify('k', SET);
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [['forward'], []],
  );
  scripted.peer(0).forwards[0]?.reply(replyWith({ applied: false }));
  scripted.peer(0).up = false;
  client.modify('k', SET);
  t.deepEqual(
    scripted.peers.map(({ order }) => order),
    [['forward'], ['get']],
  );
});

test('a change that is forwarded goes out after the puts of its client that wait for the key', async (t) => {
  const before = await ScriptedNode.open({ nodes: 1 });
  before.openClient(SLOT_OF_PEER).put('k', 'stored', NOTHING_SEEN);
  const disk = await before.opened.stop(before.node.hybridClock.last);
  const scripted = await ScriptedNode.open({ disk, cold: true });
  const client = scripted.openClient(SLOT_OF_PEER);
  client.put('k', 'v');
  client.modify('k', SET);
  client.get('k', 'after');
  t.deepEqual(scripted.peer(0).order, []);
  await scripted.advance(10);
  t.deepEqual(scripted.peer(0).order, ['put', 'forward']);
  t.deepEqual(client.ended(), []);
  scripted.peer(0).puts[0]?.reply();
  scripted.peer(0).forwards[0]?.reply(replyWith());
  t.deepEqual(client.ended(), ['put k v', 'modify k']);
  t.is(scripted.peer(0).gets.length + scripted.peer(1).gets.length, 1);
});

test('what a change left behind elsewhere is superseded by the next plain put of its client here', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient(SLOT_OF_PEER);
  client.modify('k', SET);
  client.put('k', 'later', null, 'later');
  // The peer's clock is ahead, and its PUT has not reached this node yet.
  const changed = { actor: actorNamed('a'), counter: counterAt(scripted.world, 5_000), value: 'changed' };
  scripted.peer(0).forwards[0]?.reply(replyWith({ object: objectWith(changed) }));
  const { clock, siblings } = decodeObject(scripted.held('k', SLOT_OF_PEER) ?? Buffer.alloc(0));
  t.is(clock.get(changed.actor), changed.counter);
  t.deepEqual(
    siblings.map(({ value }) => value.toString()),
    ['later'],
  );
  t.true((siblings[0]?.dot.counter ?? 0) > changed.counter);
});

test('an object from the future that a change brought back is not kept', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient(SLOT_OF_PEER);
  client.modify('k', SET);
  const counter = counterAt(scripted.world, DRIFT_MAX_MS + 5_000);
  scripted
    .peer(0)
    .forwards[0]?.reply(replyWith({ object: objectWith({ actor: actorNamed('a'), counter, value: 'x' }) }));
  t.is(client.outcomes.length, 1);
  t.is(scripted.held('k', SLOT_OF_PEER), null);
  t.is(scripted.node.counters.clock_drift_refusals, 1);
});

test('50,000 operations that wait for one key go on without going over the queue each time', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const { forwards } = scripted.peer(2);
  const count = 50_000;
  let ended = 0;
  for (let i = 0; i < count; i++) {
    client.session.get(0, SLOT_OF_OTHERS, 'k', i, (name) => {
      if (name === ended) ended++;
    });
  }
  const reply = replyWith();
  for (let i = 0; i < count; i++) forwards[i]?.reply(reply);
  t.is(ended, count);
});

test('an operation that is asked for while a waiting one is let go queues up behind', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const keys = (): string[] => scripted.peer(2).forwards.map(({ body }) => decodeRequest(body).kind);
  client.session.get(0, SLOT_OF_OTHERS, 'k', undefined, () => client.modify('k', SET, 'asked last'));
  client.put('k', 'v', null, 'asked second');
  scripted.peer(2).forwards[0]?.reply(replyWith());
  t.deepEqual(keys(), ['get', 'put']);
  scripted.peer(2).forwards[1]?.reply(replyWith());
  t.deepEqual(keys(), ['get', 'put', 'modify']);
});

test('a session that is gone leaves nothing waiting', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.openClient(SLOT_OF_OWN).modify('k', SET);
  // Nobody listens any more; another client's change must come to its turn all the same.
  scripted.peer(0).gets[0]?.fail('timeout');
  scripted.peer(1).gets[0]?.fail('timeout');
  const other = scripted.openClient(SLOT_OF_OWN);
  other.modify('k', SET);
  scripted.peer(0).gets[1]?.replySame();
  t.like(other.last(), { failure: undefined, applied: false });
});

test('a turn on several keys waits for what was asked before it, and what is asked later waits for its end', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const done: string[] = [];
  const turn = (name: string, ...keys: readonly string[]): void =>
    client.session.turn(
      keys.map((key) => ({ db: 0, key })),
      (within, end) => {
        done.push(`${name} begins`);
        within.get(0, SLOT_OF_OTHERS, keys[0] ?? '', undefined, () => {
          done.push(`${name} ends`);
          end();
        });
      },
    );
  const { forwards } = scripted.peer(2);
  client.put('a', 'v', null, 'put a');
  turn('first', 'a', 'b', 'a');
  turn('second', 'b', 'c');
  client.get('b', 'get b');
  client.get('d', 'get d');
  t.deepEqual(done, []);
  t.is(forwards.length, 2, 'the put, and what has nothing to do with the turns');
  forwards[0]?.reply(replyWith());
  t.deepEqual(done, ['first begins']);
  forwards[2]?.reply(replyWith());
  t.deepEqual(done, ['first begins', 'first ends', 'second begins']);
  t.deepEqual(client.ended(), ['put a']);
  forwards[3]?.reply(replyWith());
  forwards[4]?.reply(replyWith());
  t.deepEqual(client.ended(), ['put a', 'get b']);
});

test('a turn waits for the gets of its keys that are under way', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', FOREIGN);
  const client = scripted.openClient();
  client.get('k', 'get');
  let isBegun = false;
  client.session.turn([{ db: 0, key: 'k' }], (_within, end) => {
    isBegun = true;
    end();
  });
  t.false(isBegun);
  for (const peer of scripted.peers) for (const asked of peer.gets) asked.replySame();
  t.deepEqual(client.ended(), ['get']);
  t.true(isBegun);
});
