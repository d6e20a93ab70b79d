/** Commands of one connection to one key take effect in their order, pipelined or not, through any node. */
import test from 'ava';
import { TestCluster } from '../integration/processes.js';
import { comparePipelines } from './compare-random.js';
import { Comparison } from './comparison.js';
import { RedisProcess } from './redis-process.js';

const RUNS = 30;
/** Whether a request is answered in time is not what is asked, on a machine that runs others beside it. */
const PATIENT = ['--login-delay-max-ms', '0', '--request-timeout-ms', '10000'];

const redis = await RedisProcess.start();
const cluster = await TestCluster.start({ args: PATIENT });

test.after.always(async () => {
  await cluster.close();
  await redis.stop();
});

cluster.nodes.forEach(({ port }, index) => {
  test.serial(`random pipelines are answered as by Redis through node ${index} of three`, async (t) => {
    await t.notThrowsAsync(comparePipelines(new Comparison(redis.port, port), { resp: 3, runs: RUNS }));
  });
});
