import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { ask } from '../../scripts/processes/ask.js';
import type { NodeProcess } from '../../scripts/processes/node-process.js';
import { STOP_MS, TestCluster } from './processes.js';

const LANES = 32;
const ACKNOWLEDGED_BEFORE_END = 5000;
const READS_AT_ONCE = 200;
const ALONE = ['--n', '1', '--r', '1', '--w', '1'];

test.serial('what was acknowledged at durability log is there after SIGKILL of all three nodes', async (t) => {
  const cluster = await TestCluster.start({ args: ['--durability', 'log'] });
  t.teardown(() => cluster.close());
  await nothingIsLost(t, cluster, (node) => node.kill());
});

test.serial(
  'what was acknowledged at durability buffer is there after all three nodes were stopped in order',
  async (t) => {
    const cluster = await TestCluster.start({ args: ['--durability', 'buffer'] });
    t.teardown(() => cluster.close());
    await nothingIsLost(t, cluster, terminate);
  },
);

// Nothing is flushed before the end, so that all of it is in the buffer then.
const BUFFERED = ['--durability', 'buffer', '--object-flush-ms', '60000'];

test.serial('a node alone that is stopped by SIGTERM keeps what it has acknowledged from its buffer', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1, args: [...ALONE, ...BUFFERED] });
  t.teardown(() => cluster.close());
  await nothingIsLost(t, cluster, terminate);
});

test.serial('a node alone that is stopped by SHUTDOWN keeps what it has acknowledged from its buffer', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1, args: [...ALONE, ...BUFFERED] });
  t.teardown(() => cluster.close());
  await nothingIsLost(t, cluster, async (node) => {
    const ended = node.ended();
    // No reply: the connection is closed.
    await t.throwsAsync(ask(node.port, 'SHUTDOWN'), { message: /closed|ECONNRESET/ });
    t.is((await ended).code, 0, node.logTail());
  });
});

/** Writes without a pause until `end` has ended all nodes; then starts them, and reads all that was acknowledged through each. */
async function nothingIsLost(
  t: ExecutionContext,
  cluster: TestCluster,
  end: (node: NodeProcess) => Promise<void>,
): Promise<void> {
  const acknowledged = await writeUntilEnded(cluster, end);
  t.true(acknowledged.length >= ACKNOWLEDGED_BEFORE_END);
  await Promise.all(cluster.nodes.map((_, index) => cluster.revive(index)));
  for (const port of cluster.ports) {
    const client = new Redis(port, '127.0.0.1');
    t.teardown(() => client.disconnect());
    const lost: string[] = [];
    for (let at = 0; at < acknowledged.length; at += READS_AT_ONCE) {
      const keys = acknowledged.slice(at, at + READS_AT_ONCE);
      const values = await Promise.all(keys.map((key) => client.get(key)));
      lost.push(...keys.filter((key, index) => values[index] !== valueFor(key)));
    }
    t.deepEqual(lost, [], `through port ${port}`);
  }
}

async function terminate(node: NodeProcess): Promise<void> {
  const end = await node.stop(STOP_MS, () => undefined);
  if (end?.code !== 0) throw new Error(`node ${node.port} did not stop in order:\n${node.logTail()}`);
}

function valueFor(key: string): string {
  return `value of ${key}`;
}

/** Writes through all nodes at once, ends all of them in the middle of it, and gives the keys that were acknowledged. */
async function writeUntilEnded(cluster: TestCluster, end: (node: NodeProcess) => Promise<void>): Promise<string[]> {
  const acknowledged: string[] = [];
  let ended: Promise<unknown> | undefined;
  const clients = cluster.ports.map((port) => new Redis(port, '127.0.0.1', { retryStrategy: () => null }));
  for (const client of clients) {
    client.on('error', () => {
      // The nodes end: the writes that are under way then fail, and are not counted.
    });
  }
  const writeOn = async (client: Redis, lane: string): Promise<void> => {
    for (let index = 0; ; index++) {
      const key = `${lane}:${index}`;
      try {
        await client.set(key, valueFor(key));
      } catch {
        // One that was refused, e.g. as the other nodes were gone first; where the connection is gone all are.
        if (client.status === 'end') return;
        continue;
      }
      acknowledged.push(key);
      if (acknowledged.length >= ACKNOWLEDGED_BEFORE_END) ended ??= Promise.all(cluster.nodes.map(end));
    }
  };
  const lanes = clients.flatMap((client, node) =>
    Array.from({ length: LANES }, (_, lane) => writeOn(client, `${node}:${lane}`)),
  );
  await Promise.all(lanes);
  await ended;
  for (const client of clients) client.disconnect();
  return acknowledged;
}
