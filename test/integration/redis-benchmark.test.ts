import test from 'ava';
import { runProgram, TestCluster } from './processes.js';

const TESTS = ['PING_INLINE', 'PING_MBULK', 'SET', 'GET', 'MSET (10 keys)'];
const RUNS = [
  { name: 'without options', requests: 10_000, args: [] },
  { name: 'with pipelines of 16', requests: 10_000, args: ['-P', '16'] },
  { name: 'with values of 10,000 bytes', requests: 2000, args: ['-d', '10000'] },
  { name: 'in RESP3 with random keys', requests: 10_000, args: ['-3', '-r', '100000'] },
];

let cluster: TestCluster;

test.before(async () => {
  cluster = await TestCluster.start({ args: ['--durability', 'buffer'] });
});
test.after.always(() => cluster?.close());

for (const { name, requests, args } of RUNS) {
  test.serial(`redis-benchmark ${name} finishes all its tests without an error`, async (t) => {
    const common = ['-p', cluster.node(0).port, '-t', 'ping,set,get,mset', '-n', requests, '-q'];
    const { code, output, errorOutput } = await runProgram('redis-benchmark', [...common, ...args]);
    t.is(code, 0, output + errorOutput);
    for (const name of TESTS) t.true(output.includes(`${name}: `), `${name} in ${output}`);
    t.notRegex(output + errorOutput, /error|warning/i);
  });
}

test.serial('redis-benchmark --cluster finds the nodes by itself and spreads its load over them', async (t) => {
  const args = ['-p', cluster.node(0).port, '--cluster', '-t', 'set,get', '-n', 10_000, '-q', '-r', 1000];
  const { code, output, errorOutput } = await runProgram('redis-benchmark', args);
  t.is(code, 0, output + errorOutput);
  for (const name of ['SET', 'GET']) t.true(output.includes(`${name}: `), `${name} in ${output}`);
  for (const port of cluster.ports) t.regex(output, new RegExp(`127\\.0\\.0\\.1:${port}`));
  t.notRegex(output + errorOutput, /error|warning/i);
});
