import test from 'ava';
import type { Run } from '../../../../scripts/bench/contest.js';
import { axisUpTo } from '../../../../scripts/growth/axes.js';
import { perKey } from '../../../../scripts/growth/key-memory.js';
import { axisTable, marked, type Outcome, ratioOf } from '../../../../scripts/growth/report.js';
import { areBuilt, restartTable } from '../../../../scripts/growth/restart.js';

const MIB = 1024 ** 2;

function run(operationsPerSecond: number): Run {
  return { operationsPerSecond, p50Ms: 1, p99Ms: 2, cpuUs: 3 };
}

function outcome(label: string, test: 'SET' | 'GET', ours: number | undefined): Outcome {
  return {
    label,
    test,
    cluster: ours === undefined ? undefined : run(ours),
    redis: ours === undefined ? undefined : { ...run(1000), cpuUs: 0.75 },
    fault: ours === undefined ? 'refused' : undefined,
    nodeBytes: 200 * MIB,
    redisBytes: undefined,
  };
}

const OUTCOMES = [
  outcome('1', 'SET', 500),
  outcome('1', 'GET', 100),
  outcome('4', 'SET', 200),
  outcome('4', 'GET', 90),
  outcome('16', 'SET', undefined),
];

test('each test is held against itself', (t) => {
  t.deepEqual(
    marked(OUTCOMES).map(({ mark }) => mark),
    ['', '', 'cliff', '', 'failed'],
  );
  t.deepEqual(OUTCOMES.map(ratioOf), [0.5, 0.1, 0.2, 0.09, undefined]);
});

test('the table has a row for each test of each step, marks cliffs, and says what failed', (t) => {
  const lines = axisTable(axisUpTo('pipelines', 16), OUTCOMES).split('\n');
  t.is(lines.length, 2 + OUTCOMES.length + 1);
  t.regex(lines[4] ?? '', /^ 4 {2}SET +200 +1\.00 +2\.00 +3\.0 +1,000 .* 0\.8 +0\.20 +0\.25 +200 MiB +\? +CLIFF$/);
  t.regex(lines[6] ?? '', /^16 {2}SET .*FAILED$/);
  t.is(lines[7], '16 SET: refused');
});

test('what a key takes is the difference over the keys between', (t) => {
  const few = { keys: 100, usedBytes: 50_000, residentBytes: 90_000, countedBytes: 40_000 };
  const many = { keys: 200, usedBytes: 90_000, residentBytes: 150_000, countedBytes: 70_000 };
  t.deepEqual(perKey(few, many), { usedBytes: 400, residentBytes: 600, countedBytes: 300 });
});

test('trees are built once those of all partitions are', (t) => {
  const reply = (built: number) => ['partitions', 256, 'built', built, 'keys', 7, 'compared', 0, 'repaired', []];
  t.true(areBuilt(reply(256)));
  t.false(areBuilt(reply(255)));
  t.false(areBuilt(null));
});

test('a restart is a row in ms', (t) => {
  const restart = {
    keys: 1000,
    nodes: 3,
    ending: 'SIGKILL',
    stopMs: 1.4,
    pongMs: 700.6,
    pongCpuMs: undefined,
  } as const;
  const table = restartTable([{ ...restart, getMs: 710, healthyMs: 1800, treesMs: 2000, warmMs: 2001 }]);
  t.regex(table.split('\n')[2] ?? '', /^one of 3, SIGKILL +1,000 +1 +701 +\? +710 +1,800 +2,000 +2,001$/);
});
