import test from 'ava';
import fc from 'fast-check';
import { decodeLeafAnswer, encodeLeafQuestion, LeafKeyAnswers } from '../../../cluster/anti-entropy/leaf-keys.js';
import { LeafSet } from '../../../cluster/anti-entropy/leaf-page.js';
import { PAGE_KEYS, TREE_NODES_MAX } from '../../../cluster/anti-entropy/limits.js';
import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { FANOUT, HASH_BYTES, LEAF_COUNT, TREE_BYTES } from '../../../cluster/anti-entropy/merkle-tree.js';
import {
  answerTreeNodes,
  decodeTreeAnswer,
  encodeTreeQuestion,
  hashesOf,
  INNERS,
  LEAF,
  LEAVES,
  ROOT,
  type TreeNodes,
} from '../../../cluster/anti-entropy/tree-nodes.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import type { AnswerQuery } from '../../../cluster/wire/queries.js';
import { foreignObject, OpenedReplica, PARTITIONS, partitionOfKey } from '../replica/opened-replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { keyspaces } from './rebuilt.js';

const PEER = '1'.repeat(40) as NodeId;
const PARTITION = partitionOfKey('key 1');

function grown(): MerkleForest {
  const forest = new MerkleForest(PARTITIONS, keyspaces);
  for (let i = 0; i < 200; i++) {
    const partition = partitionOfKey(`key ${i}`);
    if (!forest.isBuilt(partition)) forest.begin(partition);
    forest.found(partition, 0, `key ${i}`, foreignObject('ff00000000000001', i + 1, 'v'));
  }
  forest.complete(PARTITION);
  return forest;
}

function answerOf(answerQuery: AnswerQuery, body: Buffer): Buffer {
  let given: Buffer | undefined;
  answerQuery(PEER, body, (reply) => {
    given = reply;
  });
  if (given === undefined) throw new Error('there was no answer');
  return given;
}

const asked: TreeNodes[] = [
  { n: 3, partition: PARTITION, what: ROOT, index: 0 },
  { n: 3, partition: PARTITION, what: INNERS, index: 0 },
  { n: 3, partition: PARTITION, what: LEAVES, index: FANOUT - 1 },
  { n: 3, partition: PARTITION, what: LEAF, index: LEAF_COUNT - 1 },
];

test('nodes of trees are answered with their hashes', (t) => {
  const forest = grown();
  const answer = answerOf(answerTreeNodes(forest), encodeTreeQuestion(asked));
  t.is(answer.length, 4 + (1 + 2 * FANOUT + 1) * HASH_BYTES);
  t.deepEqual(
    decodeTreeAnswer(asked, answer),
    asked.map((nodes) => hashesOf(forest, nodes)),
  );
});

test('a tree that is not built, or of an N that no keyspace has, is answered as one that can not be used', (t) => {
  const forest = grown();
  const other = ((PARTITION + 1) % PARTITIONS) as Partition;
  const unusable: TreeNodes[] = [
    { n: 3, partition: other, what: ROOT, index: 0 },
    { n: 5, partition: PARTITION, what: INNERS, index: 0 },
  ];
  const answer = answerOf(answerTreeNodes(forest), encodeTreeQuestion(unusable));
  t.deepEqual(decodeTreeAnswer(unusable, answer), [undefined, undefined]);
});

test('a question that is malformed, too long or about nodes that there are not has an empty answer', (t) => {
  const answerQuery = answerTreeNodes(grown());
  const good = encodeTreeQuestion(asked);
  for (let end = 0; end < good.length; end++) t.is(answerOf(answerQuery, good.subarray(0, end)).length, 0);
  t.is(answerOf(answerQuery, Buffer.concat([good, Buffer.of(0)])).length, 0);
  const tooMany = Array.from({ length: TREE_NODES_MAX + 1 }, () => asked[0] as TreeNodes);
  t.is(answerOf(answerQuery, encodeTreeQuestion(tooMany)).length, 0);
  for (const wrong of [
    { partition: PARTITIONS as Partition, what: ROOT, index: 0 },
    { partition: PARTITION, what: LEAF, index: LEAF_COUNT },
    { partition: PARTITION, what: LEAVES, index: FANOUT },
    { partition: PARTITION, what: 4 as typeof LEAF, index: 0 },
  ] as const) {
    t.is(answerOf(answerQuery, encodeTreeQuestion([{ n: 3, ...wrong }])).length, 0);
  }
});

test('no bytes of a peer do harm, as questions or as answers', async (t) => {
  const forest = grown();
  const trees = answerTreeNodes(forest);
  const world = new ManualWorld();
  const { replica } = await OpenedReplica.openWarm(world);
  const governor = { admit: () => Promise.resolve(true) };
  const keys = new LeafKeyAnswers(world, replica, forest, governor);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const body = Buffer.from(bytes);
      answerOf(trees, body);
      decodeTreeAnswer(asked, body);
      decodeLeafAnswer(body);
      const answered = new Promise((resolve) => {
        keys.answer(PEER, body, resolve);
      });
      await world.timers.until(answered);
    }),
  );
  const answer = answerOf(trees, encodeTreeQuestion(asked));
  for (let end = 0; end < answer.length; end++) t.is(decodeTreeAnswer(asked, answer.subarray(0, end)), undefined);
});

function allLeaves(): LeafSet {
  const leaves = new LeafSet();
  for (let leaf = 0; leaf < LEAF_COUNT; leaf++) leaves.add(leaf);
  return leaves;
}

test('keys of leaves come in pages, in order, each once', async (t) => {
  const world = new ManualWorld();
  const forest = new MerkleForest(PARTITIONS, keyspaces);
  const opened = await OpenedReplica.openWarm(world, { observer: forest, memoryBytesMax: 10_000_000 });
  const partition = partitionOfKey('{x}');
  const count = 2 * PAGE_KEYS + 10;
  for (let i = 0; i < count; i++) {
    opened.merge(`{x}${i}`, foreignObject('ff00000000000001', i + 1, 'v'), 0, i % 2);
  }
  const keys = new LeafKeyAnswers(world, opened.replica, forest, { admit: () => Promise.resolve(true) });
  const leaves = { n: 3, partition, leaves: allLeaves() };
  const seen: string[] = [];
  let after: { db: number; key: string } | undefined;
  let pages = 0;
  do {
    const body = encodeLeafQuestion(leaves, after, undefined);
    const page = decodeLeafAnswer(
      await world.timers.until(new Promise<Buffer>((resolve) => keys.answer(PEER, body, resolve))),
    );
    if (page === undefined || page === 'busy') throw new Error('no page');
    pages++;
    for (const { db, key } of page.rows) seen.push(`${db} ${key}`);
    after = page.upTo;
  } while (after !== undefined);
  t.is(pages, 3);
  t.is(seen.length, count);
  t.deepEqual(seen, [...new Set(seen)].sort());
});

test('where the governor lets a question wait the peer is told to ask again, and what was admitted is not lost', async (t) => {
  const world = new ManualWorld();
  const { replica } = await OpenedReplica.openWarm(world);
  const admissions: ((go: boolean) => void)[] = [];
  const governor = { admit: () => new Promise<boolean>((resolve) => admissions.push(resolve)) };
  const keys = new LeafKeyAnswers(world, replica, new MerkleForest(PARTITIONS, keyspaces), governor);
  const body = encodeLeafQuestion({ n: 3, partition: PARTITION, leaves: allLeaves() }, undefined, undefined);
  const ask = () =>
    world.timers.until(new Promise<Buffer>((resolve) => keys.answer(PEER, body, resolve))).then(decodeLeafAnswer);
  t.is(await ask(), 'busy');
  t.is(await ask(), 'busy');
  t.is(admissions.length, 1);
  admissions[0]?.(true);
  t.deepEqual(await ask(), { rows: [], upTo: undefined });
  t.is(await ask(), 'busy');
  t.is(admissions.length, 2);
});

test('a tree costs under 16 KiB', (t) => {
  t.true(TREE_BYTES < 16 * 1024);
});
