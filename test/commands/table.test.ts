import test from 'ava';
import { LiveServer } from '../unit/commands/live-server.js';
import { compareTable } from './compare-table.js';
import { Comparison } from './comparison.js';
import { RedisProcess } from './redis-process.js';

const redis = await RedisProcess.start();
const live = await LiveServer.start({ loginDelayMaxMs: 0 });

test.after.always(async () => {
  await live.stop();
  await redis.stop();
});

compareTable(test, new Comparison(redis.port, live.port), [2, 3]);
