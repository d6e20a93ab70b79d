import test from 'ava';
import { TestCluster } from '../integration/processes.js';
import { compareOneByOne } from './compare-random.js';
import { compareTable } from './compare-table.js';
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

compareTable(test, new Comparison(redis.port, cluster.node(0).port), [2]);

cluster.nodes.forEach(({ port }, index) => {
  test.serial(`random commands are answered as by Redis through node ${index} of three`, async (t) => {
    await t.notThrowsAsync(compareOneByOne(new Comparison(redis.port, port), { resp: 2, runs: RUNS }));
  });
});
