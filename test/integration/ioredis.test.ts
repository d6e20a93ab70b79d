/** A stock ioredis goes on without an error while one of three nodes is killed and comes back. */
import test, { type ExecutionContext } from 'ava';
import { Cluster, Redis } from 'ioredis';
import { TestCluster } from './processes.js';

const KEYS = 10_000;
const LANES = 50;
const KILL_AFTER = 2000;
const REVIVE_AFTER = 5000;
const VICTIM = 2;

interface Kind {
  readonly name: string;
  readonly connect: (ports: readonly number[]) => Redis | Cluster;
}

const KINDS: readonly Kind[] = [
  { name: 'Redis in RESP3, its default', connect: ([port = 0]) => new Redis(port, '127.0.0.1') },
  { name: 'Redis with protocol 2', connect: ([port = 0]) => new Redis(port, '127.0.0.1', { protocol: 2 }) },
  {
    name: 'Redis.Cluster',
    connect: (ports) => new Cluster(ports.map((port) => ({ host: '127.0.0.1', port }))),
  },
];

for (const { name, connect } of KINDS) {
  test.serial(`${name} sets and gets 10,000 keys while a node is killed and comes back`, async (t) => {
    const cluster = await TestCluster.start();
    t.teardown(() => cluster.close());
    const client = connect(cluster.ports);
    t.teardown(() => client.disconnect());
    const errors: Error[] = [];
    client.on('error', (error: Error) => errors.push(error));

    await workThroughAKill(cluster, client);
    t.deepEqual(errors, []);
    await allRightThroughEveryNode(t, cluster);
  });
}

test.serial('a pipeline is answered in its order: what follows an MGET does not show in it', async (t) => {
  const cluster = await TestCluster.start();
  t.teardown(() => cluster.close());
  const client = new Redis(cluster.ports[0] ?? 0, '127.0.0.1');
  t.teardown(() => client.disconnect());
  const others = Array.from({ length: 10 }, (_, index) => `other:${index}`);
  for (let round = 1000; round < 1100; round++) {
    const replies = await client
      .pipeline()
      .set('m', round)
      .mget('m', ...others)
      .get('n')
      .set('m', round + 1)
      .exec();
    t.deepEqual(replies?.[1], [null, [`${round}`, ...others.map(() => null)]]);
  }
});

function valueFor(index: number): string {
  return `value ${index}`;
}

/** Sets and gets every key, many at a time; kills a node and starts it again on the way. Any failed command rejects. */
async function workThroughAKill(cluster: TestCluster, client: Redis | Cluster): Promise<void> {
  let done = 0;
  let revived: Promise<void> | undefined;
  let killed: Promise<void> | undefined;
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < KEYS; index += LANES) {
      await client.set(`key:${index}`, valueFor(index));
      const value = await client.get(`key:${index}`);
      if (value !== valueFor(index)) throw new Error(`key:${index} is ${value} right after it was set`);
      done += 1;
      if (done >= KILL_AFTER) killed ??= cluster.node(VICTIM).kill();
      if (done >= REVIVE_AFTER) revived ??= Promise.resolve(killed).then(() => cluster.revive(VICTIM));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
  await revived;
}

async function allRightThroughEveryNode(t: ExecutionContext, cluster: TestCluster): Promise<void> {
  const keys = Array.from({ length: KEYS }, (_, index) => `key:${index}`);
  for (const port of cluster.ports) {
    const client = new Redis(port, '127.0.0.1');
    t.teardown(() => client.disconnect());
    const values = await Promise.all(keys.map((key) => client.get(key)));
    const wrong = keys.filter((_, index) => values[index] !== valueFor(index));
    t.deepEqual(wrong, [], `through port ${port}`);
  }
}
