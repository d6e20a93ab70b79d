/** rate-limiter-flexible without scripts: the class whose commands go out as transactions, which it does not need to be isolated. */
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { RateLimiterRedisNonAtomic, RateLimiterRes } from 'rate-limiter-flexible';
import { connectClient } from './node-redis-clients.js';
import { startPatientCluster } from './patient-cluster.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const POINTS = 5;
const DURATION_S = 600;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

function openIoredis(t: ExecutionContext, index: number): Redis {
  const client = new Redis(cluster.node(index).port, '127.0.0.1');
  client.on('error', (error: Error) => t.fail(error.message));
  t.teardown(() => client.disconnect());
  return client;
}

async function openNodeRedis(t: ExecutionContext, index: number) {
  const client = await connectClient(cluster.node(index).port, (error) => t.fail(error.message));
  t.teardown(() => client.destroy());
  return client;
}

const LIMITS = { points: POINTS, duration: DURATION_S };

function forIoredis(storeClient: unknown, keyPrefix: string): RateLimiterRedisNonAtomic {
  return new RateLimiterRedisNonAtomic({ ...LIMITS, storeClient, keyPrefix });
}

function forNodeRedis(storeClient: unknown, keyPrefix: string): RateLimiterRedisNonAtomic {
  return new RateLimiterRedisNonAtomic({ ...LIMITS, storeClient, keyPrefix, useRedisPackage: true });
}

async function limits(t: ExecutionContext, first: RateLimiterRedisNonAtomic, second: RateLimiterRedisNonAtomic) {
  for (let left = POINTS - 1; left >= 0; left--) t.is((await first.consume('ada')).remainingPoints, left);
  await t.throwsAsync(second.consume('ada'), { any: true });
  const refused: unknown = await second.consume('ada').catch((reason: unknown) => reason);
  if (!(refused instanceof RateLimiterRes)) throw new Error(String(refused));
  t.is(refused.remainingPoints, 0);
  t.true(refused.msBeforeNext > 0 && refused.msBeforeNext <= DURATION_S * 1000);
  t.is((await second.consume('bob', 2)).consumedPoints, 2);
  t.is((await first.penalty('bob', 1)).consumedPoints, 3);
  t.is((await first.reward('bob', 2)).consumedPoints, 1);
  t.is((await second.get('bob'))?.consumedPoints, 1);
  await first.block('bob', DURATION_S);
  await t.throwsAsync(second.consume('bob'), { any: true });
  t.true(await second.delete('ada'));
  t.false(await second.delete('ada'));
  t.is(await first.get('ada'), null);
  t.is((await first.consume('ada')).remainingPoints, POINTS - 1);
}

test.serial('points are limited through two nodes, by ioredis', async (t) => {
  const [first, second] = [openIoredis(t, 0), openIoredis(t, 1)].map((client) => forIoredis(client, 'ioredis'));
  if (first === undefined || second === undefined) throw new Error('there are two');
  await limits(t, first, second);
});

test.serial('points are limited through two nodes, by node-redis', async (t) => {
  const first = forNodeRedis(await openNodeRedis(t, 0), 'node-redis');
  const second = forNodeRedis(await openNodeRedis(t, 1), 'node-redis');
  await limits(t, first, second);
});

test.serial('points are limited through two nodes, by ioredis in a cluster of it', async (t) => {
  const client = new Redis.Cluster([{ host: '127.0.0.1', port: cluster.node(0).port }]);
  t.teardown(() => client.disconnect());
  await limits(t, forIoredis(client, 'cluster'), forIoredis(openIoredis(t, 1), 'cluster'));
});

test.serial('points are limited while a node is killed and comes back', async (t) => {
  const own = forIoredis(openIoredis(t, 0), 'kept');
  await throughAKill(cluster, VICTIM, async (index) => {
    t.is((await own.consume(`user:${index}`, POINTS)).remainingPoints, 0);
    await t.throwsAsync(own.consume(`user:${index}`), { any: true });
  });
});
