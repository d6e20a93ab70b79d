import test from 'ava';
import { Redis } from 'ioredis';
import { TestCluster } from './processes.js';

const LANES = 32;
const ACKNOWLEDGED_BEFORE_KILL = 5000;

test('what was acknowledged at durability log is there after SIGKILL of all three nodes', async (t) => {
  const cluster = await TestCluster.start({ args: ['--durability', 'log'] });
  t.teardown(() => cluster.close());
  const acknowledged = await writeUntilKilled(cluster);
  t.true(acknowledged.length >= ACKNOWLEDGED_BEFORE_KILL);

  await Promise.all(cluster.nodes.map((_, index) => cluster.revive(index)));
  for (const port of cluster.ports) {
    const client = new Redis(port, '127.0.0.1');
    t.teardown(() => client.disconnect());
    const values = await Promise.all(acknowledged.map((key) => client.get(key)));
    const lost = acknowledged.filter((key, index) => values[index] !== valueFor(key));
    t.deepEqual(lost, [], `through port ${port}`);
  }
});

function valueFor(key: string): string {
  return `value of ${key}`;
}

/** Writes through all nodes at once, kills all of them in the middle of it, and gives the keys that were acknowledged. */
async function writeUntilKilled(cluster: TestCluster): Promise<string[]> {
  const acknowledged: string[] = [];
  let killed: Promise<unknown> | undefined;
  const clients = cluster.ports.map((port) => new Redis(port, '127.0.0.1', { retryStrategy: () => null }));
  for (const client of clients) {
    client.on('error', () => {
      // The nodes are killed: the writes that are under way then fail, and are not counted.
    });
  }
  const writeOn = async (client: Redis, lane: string): Promise<void> => {
    for (let index = 0; ; index++) {
      const key = `${lane}:${index}`;
      try {
        await client.set(key, valueFor(key));
      } catch {
        return;
      }
      acknowledged.push(key);
      if (acknowledged.length >= ACKNOWLEDGED_BEFORE_KILL) {
        killed ??= Promise.all(cluster.nodes.map((node) => node.kill()));
      }
    }
  };
  const lanes = clients.flatMap((client, node) =>
    Array.from({ length: LANES }, (_, lane) => writeOn(client, `${node}:${lane}`)),
  );
  await Promise.all(lanes);
  await killed;
  for (const client of clients) client.disconnect();
  return acknowledged;
}
