/** Which node is asked does not matter where all replicas answer all reads and writes. */
import test from 'ava';
import { TestCluster } from '../integration/processes.js';
import { compareOneByOne } from './compare-random.js';
import { Comparison } from './comparison.js';
import { RedisProcess } from './redis-process.js';

const RUNS = 25;
const ALL_ANSWER = ['--n', '3', '--r', '3', '--w', '3', '--login-delay-max-ms', '0', '--request-timeout-ms', '10000'];

const redis = await RedisProcess.start();
const cluster = await TestCluster.start({ args: ALL_ANSWER });
const [first = 0, ...others] = cluster.ports;
const comparison = new Comparison(redis.port, first, ...others);

test.after.always(async () => {
  await cluster.close();
  await redis.stop();
});

for (const resp of [2, 3] as const) {
  test.serial(`random commands to three nodes in turn are answered as by one Redis (RESP${resp})`, async (t) => {
    await t.notThrowsAsync(compareOneByOne(comparison, { resp, runs: RUNS }));
  });
}
