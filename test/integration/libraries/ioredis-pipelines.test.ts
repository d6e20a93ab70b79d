/** ioredis with what apps switch on: automatic pipelines, a prefix for keys, pipelines by hand and streams of keys. */
import test, { type ExecutionContext } from 'ava';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { startPatientCluster } from './patient-cluster.js';
import { throughAKill } from './through-a-kill.js';

const VICTIM = 2;
const MANY = 500;

const cluster = await startPatientCluster();
test.after.always(() => cluster.close());

function open(t: ExecutionContext, index: number, options: RedisOptions): Redis {
  const client = new Redis(cluster.node(index).port, '127.0.0.1', options);
  client.on('error', (error: Error) => t.fail(error.message));
  t.teardown(() => client.disconnect());
  return client;
}

function openCluster(t: ExecutionContext, options: ConstructorParameters<typeof Cluster>[1]): Cluster {
  const client = new Cluster(
    cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
    options,
  );
  client.on('error', (error: Error) => t.fail(error.message));
  t.teardown(() => client.disconnect());
  return client;
}

const AUTOMATIC = [
  { name: 'one node', connect: (t: ExecutionContext) => open(t, 0, { enableAutoPipelining: true }) },
  { name: 'the cluster', connect: (t: ExecutionContext) => openCluster(t, { enableAutoPipelining: true }) },
];

for (const { name, connect } of AUTOMATIC) {
  test.serial(`commands of one turn go out as one pipeline to ${name}, and each gets its own reply`, async (t) => {
    const client = connect(t);
    const indexes = [...Array(MANY).keys()];
    const keys = indexes.map((index) => `auto:${name}:${index}`);
    const key = (index: number): string => keys[index] ?? '';
    t.deepEqual(
      await Promise.all(indexes.map((index) => client.set(key(index), index, 'EX', 1000))),
      indexes.map(() => 'OK'),
    );
    t.deepEqual(
      await Promise.all(indexes.flatMap((index) => [client.get(key(index)), client.incr(key(index))])),
      indexes.flatMap((index) => [`${index}`, index + 1]),
    );
    const [wrong, right] = await Promise.allSettled([client.expire(key(0), 'soon'), client.get(key(1))]);
    t.is(wrong.status, 'rejected');
    t.like(right, { status: 'fulfilled', value: '2' });
    t.deepEqual(
      await Promise.all(keys.map((one) => client.del(one))),
      indexes.map(() => 1),
    );
  });

  test.serial(`automatic pipelines to ${name} go on while a node is killed and comes back`, async (t) => {
    const client = connect(t);
    await throughAKill(cluster, VICTIM, async (index) => {
      const key = `auto:${index}`;
      const [, value, long] = await Promise.all([
        client.set(key, index),
        client.get(key),
        client.set(`${key}:long`, 'x'.repeat(1000)).then(() => client.strlen(`${key}:long`)),
      ]);
      t.is(value, `${index}`);
      t.is(long, 1000);
    });
  });
}

test.serial('a prefix stands before all keys, and nowhere else', async (t) => {
  const client = open(t, 0, { keyPrefix: 'app:' });
  const bare = open(t, 1, {});
  await client.mset('a', '1', 'b', '2');
  t.is(await client.rename('a', 'c'), 'OK');
  t.is(await client.copy('c', 'a'), 1);
  t.is(await client.incr('a'), 2);
  t.is(await client.exists('a', 'b', 'c', 'd'), 3);
  t.deepEqual(await bare.mget('app:a', 'app:b', 'app:c', 'a'), ['2', '2', '1', null]);
  t.deepEqual((await client.keys('app:*')).sort(), ['app:a', 'app:b', 'app:c']);
  t.is(await client.del('a', 'b', 'c'), 3);
});

test.serial('a pipeline without a transaction gives each command its own reply or error', async (t) => {
  const client = open(t, 1, {});
  const replies = await client
    .pipeline()
    .set('batch', '10')
    .incrby('batch', 5)
    .append('batch', 'x')
    .incr('batch')
    .getrange('batch', 0, 1)
    .getdel('batch')
    .exists('batch')
    .exec();
  t.deepEqual(
    replies?.map(([error, value]) => error?.message ?? value),
    ['OK', 15, 3, 'ERR value is not an integer or out of range', '15', '15x', 0],
  );
});

test.serial('a stream of keys gives each key, through any node', async (t) => {
  const keys = Array.from({ length: MANY }, (_, index) => `stream:${index}`);
  const writer = open(t, 0, {});
  await writer.mset(Object.fromEntries(keys.map((key) => [key, 'v'])));
  for (const index of cluster.nodes.keys()) {
    const found = new Set<string>();
    for await (const page of open(t, index, {}).scanStream({ match: 'stream:*', count: 100, type: 'string' })) {
      for (const key of page as string[]) found.add(key);
    }
    t.deepEqual([...found].sort(), [...keys].sort());
  }
});
