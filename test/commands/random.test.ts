import test from 'ava';
import { LiveServer } from '../unit/commands/live-server.js';
import { compareOneByOne, comparePipelines } from './compare-random.js';
import { Comparison } from './comparison.js';
import { RedisProcess } from './redis-process.js';

const RUNS = 80;

const redis = await RedisProcess.start();
const live = await LiveServer.start({ loginDelayMaxMs: 0 });
const comparison = new Comparison(redis.port, live.port);

test.after.always(async () => {
  await live.stop();
  await redis.stop();
});

for (const resp of [2, 3] as const) {
  test.serial(`random commands on few keys are answered as by Redis (RESP${resp})`, async (t) => {
    await t.notThrowsAsync(compareOneByOne(comparison, { resp, runs: RUNS }));
  });

  test.serial(`random pipelines on few keys are answered as by Redis (RESP${resp})`, async (t) => {
    await t.notThrowsAsync(comparePipelines(comparison, { resp, runs: RUNS }));
  });
}
