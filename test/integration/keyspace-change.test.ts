/** The N of a keyspace is changed on one node after the other. */
import test from 'ava';
import { Redis } from 'ioredis';
import { ask, infoField } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { TestCluster } from './processes.js';

const KEYS = Array.from({ length: 600 }, (_, index) => `cart:${index}`);
const REPLICATED_MS = 240_000;
const ARGS = ['--enable-debug-command', 'local', '--exchange-period-ms', '1000', '--transfer-settle-ms', '3000'];
const FEW = ['--keyspace', 'cart: n=1 r=1 w=1'];
const MANY = ['--keyspace', 'cart: n=3 r=2 w=2'];

test.serial('with N raised from 1 to 3, node by node, all three nodes come to hold every key', async (t) => {
  t.timeout(900_000);
  const cluster = await TestCluster.start({ args: [...ARGS, ...FEW] });
  t.teardown(() => cluster.close());
  await writeAll(cluster.node(0).port);
  // A slow node is stood in for, so that some keys have a copy more.
  const few = (await copies(cluster)).filter((count) => count < 3).length;
  t.true(few > KEYS.length / 2, `${few} keys have fewer than three copies`);

  await cluster.restart(0, MANY);
  await waitUntil('all nodes say that the keyspaces differ', REPLICATED_MS, async () => {
    const told = await Promise.all(cluster.ports.map((port) => infoField(port, 'membership', 'keyspaces_differ')));
    return told.join() === '2,1,1' || told.join();
  });
  const line = await infoField(cluster.node(1).port, 'membership', 'keyspaces_differ0');
  const id = String(await ask(cluster.node(0).port, 'CLUSTER', 'MYID'));
  t.is(line, `id=${id},rows="cart:" has n=1 r=1 w=1 here and n=3 r=2 w=2 there`);
  await cluster.restart(1, MANY);
  await cluster.restart(2, MANY);
  await waitUntil('all nodes agree again', REPLICATED_MS, async () => {
    const told = await Promise.all(cluster.ports.map((port) => infoField(port, 'membership', 'keyspaces_differ')));
    return told.join() === '0,0,0' || told.join();
  });

  await waitUntil('each key has three copies', REPLICATED_MS, async () => {
    const missing = (await copies(cluster)).filter((count) => count < 3).length;
    return missing === 0 || `${missing} keys have fewer`;
  });
  // Any one of the nodes may be lost now.
  await cluster.node(2).kill();
  for (const index of [0, 1]) t.deepEqual(await readAll(cluster.node(index).port), KEYS.map(valueFor));
});

function valueFor(key: string): string {
  return `value of ${key}`;
}

async function writeAll(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1');
  try {
    await Promise.all(KEYS.map((key) => client.set(key, valueFor(key))));
  } finally {
    client.disconnect();
  }
}

async function readAll(port: number): Promise<(string | null)[]> {
  const client = new Redis(port, '127.0.0.1');
  try {
    return await client.mget(KEYS);
  } finally {
    client.disconnect();
  }
}

/** Of how many nodes each key is held. */
async function copies(cluster: TestCluster): Promise<number[]> {
  const counts = KEYS.map(() => 0);
  for (const port of cluster.ports) {
    const digests = await ask(port, 'DEBUG', 'DIGEST-VALUE', ...KEYS);
    if (!Array.isArray(digests)) throw new Error(`port ${port} answers with ${String(digests)}`);
    for (const [index, digest] of digests.entries()) {
      if (!/^0+$/.test(String(digest))) counts[index] = (counts[index] ?? 0) + 1;
    }
  }
  return counts;
}
