import test from 'ava';
import { type Comparison, comparisonOf, comparisonTable, spreadOf } from '../../../../scripts/bench/comparison.js';
import type { Run } from '../../../../scripts/bench/contest.js';

function run(operationsPerSecond: number, cpuUs: number | undefined): Run {
  return { operationsPerSecond, p50Ms: 1, p99Ms: 2, cpuUs };
}

const COMPARISON: Comparison = {
  contender: 'buffer3',
  load: 'plain',
  test: 'SET',
  // The second round was slow for all.
  revision: [run(10_000, 100), run(5_000, 100), run(10_000, 100)],
  present: [run(12_000, 80), run(5_500, 90), run(11_000, 85)],
  redis: [run(100_000, 10), run(50_000, 10), run(100_000, 10)],
};

test('ratios are taken within a round, and their spread is over the rounds', (t) => {
  const rates = spreadOf(COMPARISON, (one) => one.operationsPerSecond);
  t.deepEqual(rates, { median: 1.1, least: 1.1, most: 1.2 });
  t.deepEqual(
    spreadOf(COMPARISON, (one) => one.cpuUs),
    { median: 0.85, least: 0.8, most: 0.9 },
  );
});

test('a figure that is not known in a round has no ratio there', (t) => {
  const revision = [run(1, undefined), run(1, 50)];
  const present = [run(1, 10), run(1, 100)];
  t.deepEqual(
    spreadOf({ revision, present }, (one) => one.cpuUs),
    { median: 2, least: 2, most: 2 },
  );
  t.is(
    spreadOf({ revision: [run(1, undefined)], present }, (one) => one.cpuUs),
    undefined,
  );
});

test('the table has both, their ratios with the spread, and both against Redis', (t) => {
  const [header = '', , row = ''] = comparisonTable([COMPARISON], 'abc1234').split('\n');
  t.regex(header, /abc1234 ops\/s +now +now\/abc1234 +least–most +abc1234 CPU µs +now +now\/abc1234 +least–most/);
  t.regex(row, /^buffer3 +plain +SET +10,000 +11,000 +1\.100 +1\.100–1\.200 +100\.0 +85\.0 +0\.850 +0\.800–0\.900/);
  t.regex(row, / 2\.00 +2\.00 +100,000 +10\.0 +2\.00 +0\.10 +0\.11$/);
});

test('where no CPU time is told, the table says so', (t) => {
  const unknown = [run(10_000, undefined)];
  const row = comparisonTable([{ ...COMPARISON, revision: unknown, present: unknown }], 'old').split('\n')[2] ?? '';
  t.regex(row, / 1\.000–1\.000 +\? +\? +\? +2\.00/);
});

test('a bout is told by the names of those who took part', (t) => {
  const runs = new Map([
    ['revision', [run(1, 1)]],
    ['present', [run(2, 2)]],
    ['redis-server', [run(3, 3)]],
  ]);
  const { revision, present, redis } = comparisonOf('single', { load: 'plain', test: 'GET', runs });
  t.deepEqual([revision[0]?.cpuUs, present[0]?.cpuUs, redis[0]?.cpuUs], [1, 2, 3]);
});
