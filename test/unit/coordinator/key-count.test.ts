import test from 'ava';
import { answerKeyCount, countKeys } from '../../../cluster/coordinator/key-count.js';
import type { Replica } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { readU64, writeU64 } from '../../../cluster/version/words.js';
import { QUERY_KIND, Queries } from '../../../cluster/wire/queries.js';
import { actorNamed, objectWith, ScriptedNode, SLOT_OF_OTHERS, SLOT_OF_OWN, SLOT_OF_PEER } from './scripted-node.js';

function answerOf(count: number): Buffer {
  const answer = Buffer.alloc(8);
  writeU64(answer, 0, count);
  return answer;
}

function answerQuestion(replica: Replica, question: Buffer): Buffer {
  const queries = new Queries();
  queries.on(QUERY_KIND.countKeys, answerKeyCount(replica));
  let given: Buffer = Buffer.from('no answer');
  queries.answer('another' as NodeId, question, (reply) => {
    given = reply;
  });
  return given;
}

/** Partitions that a question asks for. */
function askedPartitions(question: Buffer | undefined): number[] {
  return [0, 1, 2, 3].filter((bit) => ((question?.readUInt8(2) ?? 0) & (1 << bit)) !== 0);
}

function count(scripted: ScriptedNode, db = 0): { calls: [number, number][] } {
  const calls: [number, number][] = [];
  countKeys(scripted.node, db, (keys, missing) => calls.push([keys, missing]));
  return { calls };
}

const OBJECT = objectWith({ actor: actorNamed('a'), counter: 1, value: 'x' });

test('every partition is counted once, by the first node of its preference list', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('one', OBJECT, SLOT_OF_OWN);
  scripted.hold('two', OBJECT, SLOT_OF_OWN);
  scripted.hold('not ours to count', OBJECT, SLOT_OF_PEER);
  const { calls } = count(scripted);
  const [first, second] = scripted.peers.map((peer) => peer.queries[0]);
  t.deepEqual(askedPartitions(first?.body), [1]);
  t.deepEqual(askedPartitions(second?.body), [2]);
  first?.reply(answerOf(10));
  t.deepEqual(calls, []);
  second?.reply(answerOf(100));
  t.deepEqual(calls, [[112, 0]]);
});

test('where a node fails, the next one counts in its place', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('mine in the end', OBJECT, SLOT_OF_PEER);
  const { calls } = count(scripted);
  const [first, second] = scripted.peers;
  first?.queries[0]?.fail('timeout');
  second?.queries[0]?.reply(answerOf(5));
  t.deepEqual(calls, [[6, 0]]);
});

test('nodes that are down are not asked, and partitions that nobody holds are missing', async (t) => {
  const alone = await ScriptedNode.open();
  for (const peer of alone.peers) peer.up = false;
  t.deepEqual(count(alone).calls, [[0, 0]]);

  const unheard = await ScriptedNode.open({ nodes: 1 });
  t.deepEqual(count(unheard).calls, [[0, 0]]);
});

test('peers that refuse within the call are replaced, and the count ends once', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  scripted.hold('k', OBJECT, SLOT_OF_OTHERS);
  for (const peer of scripted.peers) peer.refusals = 9;
  t.deepEqual(count(scripted).calls, [[1, 0]]);
});

test('an answer that is none leaves its partitions missing', async (t) => {
  const scripted = await ScriptedNode.open();
  const { calls } = count(scripted);
  scripted.peer(0).queries[0]?.reply(Buffer.alloc(0));
  scripted.peer(1).queries[0]?.reply(answerOf(1));
  t.deepEqual(calls, [[1, 1]]);
});

test('a peer answers for the partitions and the database that it was asked for', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('a', OBJECT, SLOT_OF_OWN);
  scripted.hold('b', OBJECT, SLOT_OF_PEER);
  const ask = (db: number, bits: number): number =>
    readU64(answerQuestion(scripted.node.replica, Buffer.from([1, db, bits])), 0);
  t.is(ask(0, 0b0001), 1);
  t.is(ask(0, 0b0011), 2);
  t.is(ask(0, 0b1100), 0);
  t.is(ask(1, 0b1111), 0);
});

test('questions that are not known, or ask for what does not exist, do no harm', async (t) => {
  const { node } = await ScriptedNode.open();
  t.is(answerQuestion(node.replica, Buffer.alloc(0)).length, 0);
  t.is(answerQuestion(node.replica, Buffer.from([99, 0, 255])).length, 0);
  t.is(answerQuestion(node.replica, Buffer.from([1])).length, 0);
  t.notThrows(() => answerQuestion(node.replica, Buffer.concat([Buffer.from([1, 255]), Buffer.alloc(64, 255)])));
});
