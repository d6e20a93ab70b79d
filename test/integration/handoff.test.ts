import test from 'ava';
import { Redis } from 'ioredis';
import { ask } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, TestCluster } from './processes.js';

const HANDED_OFF_MS = 180_000;
/** One hash tag: all keys have the same primaries. */
const KEYS = Array.from({ length: 200 }, (_, index) => `{cart}:${index}`);

test('what two fallbacks took for two dead primaries reaches these, though the fallbacks were killed meanwhile', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 5, args: ['--n', '3', '--r', '2', '--w', '2'] });
  t.teardown(() => cluster.close());
  const [p1, p2, p3, f1, f2] = await preferenceList(cluster);
  const [primaries, fallbacks] = [
    [p1, p2],
    [f1, f2],
  ];
  // The second fallback may take a write after its client has the answer; and after a start hints are read from the disk.
  const waitUntilHinted = () =>
    waitUntil('the fallbacks have all hints', HANDED_OFF_MS, async () => {
      const pending = await sumOf(cluster, fallbacks, 'hints_pending');
      return pending === KEYS.length * primaries.length || `${pending} are pending`;
    });
  await Promise.all(primaries.map((index) => cluster.node(index).kill()));
  await writeAll(cluster.node(p3).port);
  await waitUntilHinted();

  await Promise.all(fallbacks.map((index) => cluster.node(index).kill()));
  await Promise.all(fallbacks.map((index) => launch(cluster, index, 2)));
  await waitUntilHinted();

  // From here on nobody but the fallbacks can bring the primaries anything.
  await cluster.node(p3).kill();
  await Promise.all(primaries.map((index) => launch(cluster, index, 3)));
  await waitUntil('all hints are delivered', HANDED_OFF_MS, async () => {
    const pending = await sumOf(cluster, fallbacks, 'hints_pending');
    return pending === 0 || `${pending} are pending`;
  });
  t.is(await sumOf(cluster, fallbacks, 'hints_delivered'), KEYS.length * primaries.length);
  await waitUntil('the copies leave', HANDED_OFF_MS, async () => {
    const copies = await sumOf(cluster, fallbacks, 'cached_objects');
    return copies === 0 || `${copies} are left`;
  });

  await Promise.all(fallbacks.map((index) => cluster.node(index).kill()));
  for (const index of primaries) t.deepEqual(await readAll(cluster.node(index).port), KEYS.map(valueFor));
});

function valueFor(key: string): string {
  return `value of ${key}`;
}

async function writeAll(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1');
  try {
    for (const key of KEYS) await client.set(key, valueFor(key));
  } finally {
    client.disconnect();
  }
}

async function readAll(port: number): Promise<(string | null)[]> {
  const client = new Redis(port, '127.0.0.1');
  try {
    return await Promise.all(KEYS.map((key) => client.get(key)));
  } finally {
    client.disconnect();
  }
}

/** Starts a node that was killed and waits until it sees `peers` others. */
async function launch(cluster: TestCluster, index: number, peers: number): Promise<void> {
  const node = cluster.node(index);
  void node.launch();
  await node.ready(peers, READY_MS);
}

/** The numbers of the nodes in the order in which they serve the keys: three primaries, two fallbacks. */
async function preferenceList(cluster: TestCluster): Promise<[number, number, number, number, number]> {
  const reply = JSON.stringify(await ask(cluster.node(0).port, 'DYNAMO', 'OWNERS', KEYS[0] ?? ''));
  const ports = [...reply.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
  const [a = -1, b = -1, c = -1, d = -1, e = -1] = ports.map((port) => cluster.ports.indexOf(port));
  return [a, b, c, d, e];
}

/** The sum of a number of `INFO` over some nodes. */
async function sumOf(cluster: TestCluster, indexes: readonly number[], name: string): Promise<number> {
  let sum = 0;
  for (const index of indexes) {
    const info = String(await ask(cluster.node(index).port, 'INFO', 'everything'));
    sum += Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  }
  return sum;
}
