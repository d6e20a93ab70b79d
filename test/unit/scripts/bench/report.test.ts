import test from 'ava';
import { targetRatio } from '../../../../scripts/bench/plan.js';
import { memoryTable, type Result, resultTable } from '../../../../scripts/bench/report.js';
import { textTable } from '../../../../scripts/bench/text-table.js';

const REDIS = { operationsPerSecond: 100_000, p50Ms: 0.25, p99Ms: 0.5, cpuUs: undefined };

function result(operationsPerSecond: number): Result {
  const cluster = { operationsPerSecond, p50Ms: 0.6, p99Ms: 1.5, cpuUs: 51.26 };
  return { contender: 'buffer3', load: 'plain', test: 'SET', cluster, redis: REDIS };
}

test('the columns of a table are as wide as their widest cells, figures flush right', (t) => {
  t.is(
    textTable(
      ['name', 'n'],
      [
        ['a', '1'],
        ['longer', '100'],
      ],
    ),
    ['name      n', '──────  ───', 'a         1', 'longer  100'].join('\n'),
  );
});

test('a result shows its ratio to Redis and whether its target is reached', (t) => {
  const [, , reached = '', missed = ''] = resultTable([result(41_000), result(39_000)]).split('\n');
  t.regex(
    reached,
    /^buffer3 +plain +SET +41,000 +0\.60 +1\.50 +51\.3 +100,000 +0\.25 +0\.50 +\? +0\.41 +0\.40 +reached$/,
  );
  t.regex(missed, /0\.39 +0\.40 +MISSED$/);
});

test('one hot key has the target of many keys, and a load without a target has none', (t) => {
  t.is(targetRatio('buffer3', 'one key', 'GET'), targetRatio('buffer3', 'plain', 'GET'));
  t.is(targetRatio('buffer3', 'one key -P 16', 'SET'), 0.12);
  t.is(targetRatio('log3', '-P 16', 'SET'), undefined);
});

test('memory over its bound is a miss, and unknown memory is no verdict', (t) => {
  const mib = 1024 ** 2;
  const rows = [
    { contender: 'a', idleBytes: 100 * mib, loadedBytes: 500 * mib },
    { contender: 'b', idleBytes: undefined, loadedBytes: undefined },
  ];
  const [, , known = '', unknown = ''] = memoryTable(rows, 120 * mib, 400 * mib).split('\n');
  t.regex(known, /^a +100 MiB +120 MiB +reached +500 MiB +400 MiB +MISSED$/);
  t.regex(unknown, /^b +\? +120 MiB +\? +400 MiB$/);
});
