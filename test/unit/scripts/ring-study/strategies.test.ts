import test from 'ava';
import * as fc from 'fast-check';
import {
  efficiencyOf,
  loadsByClaim,
  loadsByEqualPartitions,
  loadsByTokenRanges,
  randomTokens,
} from '../../../../scripts/ring-study/strategies.js';
import { Prng } from '../../../simulation/prng.js';

const close = (a: number, b: number) => Math.abs(a - b) < 1e-9;

/** Three nodes with one token each: the ranges are 0.2 (before 0.1 and after 0.9), 0.4 and 0.4. */
const THREE = [
  { position: 0.1, node: 0 },
  { position: 0.5, node: 1 },
  { position: 0.9, node: 2 },
];

test('efficiency is the mean load over that of the hottest node', (t) => {
  t.is(efficiencyOf([1, 1, 1, 1]), 1);
  t.is(efficiencyOf([2, 1, 0, 1]), 0.5);
  t.is(efficiencyOf([0, 0, 0, 5]), 0.25);
});

test('a range between tokens belongs to the nodes that a walk from its upper end meets first', (t) => {
  const alone = loadsByTokenRanges(THREE, 3, 1);
  t.true(
    [0.2, 0.4, 0.4].every((load, node) => close(load, alone[node] ?? 0)),
    String(alone),
  );
  const pairs = loadsByTokenRanges(THREE, 3, 2);
  t.true(
    [0.6, 0.6, 0.8].every((load, node) => close(load, pairs[node] ?? 0)),
    String(pairs),
  );
});

test('an equal partition belongs to the nodes that a walk from its upper end meets first', (t) => {
  // The partitions end at 0.25, 0.5, 0.75 and 1. A token at the end of a partition is met.
  t.deepEqual(loadsByEqualPartitions(THREE, 3, 1, 4), [0.25, 0.5, 0.25]);
  t.deepEqual(loadsByEqualPartitions(THREE, 3, 2, 4), [0.5, 0.75, 0.75]);
});

test('a node with several tokens in a row is met once', (t) => {
  const tokens = [
    { position: 0.25, node: 0 },
    { position: 0.5, node: 0 },
    { position: 0.75, node: 1 },
  ];
  t.deepEqual(loadsByTokenRanges(tokens, 2, 2), [1, 1]);
});

test('the hottest of thirty nodes with Q/S tokens serves its tokens, rounded up, N times', (t) => {
  for (const partitions of [64, 256, 1024]) {
    const hottest = Math.ceil(partitions / 30) * 3;
    t.true(close(efficiencyOf(loadsByClaim(30, 3, partitions)), (partitions * 3) / 30 / hottest), String(partitions));
  }
});

test('whatever the strategy, each key is served N times', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 }), (seed, nodes, each) => {
      const tokens = randomTokens(nodes, each, new Prng(seed));
      const n = Math.min(3, nodes);
      for (const loads of [
        loadsByTokenRanges(tokens, nodes, 3),
        loadsByEqualPartitions(tokens, nodes, 3, 64),
        loadsByClaim(nodes, 3, 64),
      ]) {
        t.true(
          close(
            loads.reduce((sum, load) => sum + load, 0),
            n,
          ),
        );
        t.true(efficiencyOf(loads) <= 1 + 1e-9);
      }
    }),
    { numRuns: 30 },
  );
});

test('random tokens are sorted, as many for each node, and the same for the same seed', (t) => {
  const tokens = randomTokens(5, 7, new Prng(42));
  t.deepEqual(tokens, randomTokens(5, 7, new Prng(42)));
  t.notDeepEqual(tokens, randomTokens(5, 7, new Prng(43)));
  t.deepEqual(
    tokens.map(({ position }) => position),
    tokens.map(({ position }) => position).sort((a, b) => a - b),
  );
  for (const node of [0, 1, 2, 3, 4]) t.is(tokens.filter((token) => token.node === node).length, 7);
});
