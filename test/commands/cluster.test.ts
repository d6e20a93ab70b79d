import test from 'ava';
import { TestCluster } from '../integration/processes.js';
import { compareOneByOne, comparePipelines } from './compare-random.js';
import { compareTable } from './compare-table.js';
import { Comparison } from './comparison.js';
import { RedisProcess } from './redis-process.js';

const RUNS = 30;

const redis = await RedisProcess.start();
const cluster = await TestCluster.start();

test.after.always(async () => {
  await cluster.close();
  await redis.stop();
});

compareTable(test, new Comparison(redis.port, cluster.node(0).port), [2]);

cluster.nodes.forEach(({ port }, index) => {
  const comparison = new Comparison(redis.port, port);
  test.serial(`random commands are answered as by Redis through node ${index} of three`, async (t) => {
    await t.notThrowsAsync(compareOneByOne(comparison, 2, RUNS));
  });

  test.serial(`random pipelines are answered as by Redis through node ${index} of three`, async (t) => {
    await t.notThrowsAsync(comparePipelines(comparison, 3, RUNS));
  });
});
