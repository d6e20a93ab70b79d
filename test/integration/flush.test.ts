/** FLUSHALL on real nodes: at once, whatever the number of keys, and nothing of the old comes back with a node that missed it. */
import test, { type ExecutionContext } from 'ava';
import { Cluster, Redis } from 'ioredis';
import { ask } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, runProgram, TestCluster } from './processes.js';

const SWEPT_MS = 180_000;
const NOTICED_MS = 60_000;
const KEYS = Array.from({ length: 2_000 }, (_, index) => `key:${index}`);
const LOT = 100;
const LATER = Array.from({ length: 100 }, (_, index) => `later:${index}`);
/** A node that reads shows what it holds itself. */
const OWN_READS = ['--n', '3', '--r', '1', '--w', '2'];

test('a node that is killed during FLUSHALL, and one that stood still, show nothing of the old once they are back', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 4, args: OWN_READS });
  t.teardown(() => cluster.close());
  const [flusher, witness, frozen, victim] = [0, 1, 2, 3].map((index) => cluster.node(index));
  if (!flusher || !witness || !frozen || !victim) throw new Error('a node is missing');
  await writeAll(flusher.port, 0, KEYS);
  await writeAll(witness.port, 3, KEYS.slice(0, 50));

  frozen.signal('SIGSTOP');
  await waitUntil('the node that stands still is noticed', NOTICED_MS, () => reaches(flusher.port, 3));
  const [reply] = await Promise.all([ask(flusher.port, 'FLUSHALL'), victim.kill()]);
  t.is(reply, 'OK');
  for (const { port } of [flusher, witness]) {
    t.is(await ask(port, 'DBSIZE'), 0);
    t.deepEqual(await shown(port, 0, KEYS), []);
    t.deepEqual(await shown(port, 3, KEYS.slice(0, 50)), []);
  }
  await writeAll(witness.port, 0, LATER);

  frozen.signal('SIGCONT');
  await cluster.revive(3);
  await waitUntil('all nodes reach each other', READY_MS, () => reaches(frozen.port, 4));
  for (const { port } of cluster.nodes) {
    t.deepEqual(await shown(port, 0, KEYS), [], 'nothing of the old');
    t.deepEqual(await shown(port, 3, KEYS.slice(0, 50)), []);
  }
  await allHave(t, cluster, LATER);
  await swept(cluster);
  for (const { port } of cluster.nodes) {
    t.deepEqual(await shown(port, 0, KEYS), []);
    await counts(port, LATER.length);
  }

  // The watermark is on the disk of each: no other node is there to tell it.
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await Promise.all(cluster.nodes.map((_, index) => cluster.revive(index)));
  for (const { port } of cluster.nodes) t.deepEqual(await shown(port, 0, [...KEYS, ...LATER]), LATER);
});

test('a client of a cluster selects databases, and each number means one database through every node', async (t) => {
  const cluster = await TestCluster.start();
  t.teardown(() => cluster.close());
  const [first, second, third] = cluster.ports;
  const client = new Cluster(cluster.ports.map((port) => ({ host: '127.0.0.1', port })));
  t.teardown(() => client.disconnect());
  await client.set('cart', 'zero');
  await Promise.all(client.nodes('all').map((node) => node.select(5)));
  await Promise.all(KEYS.slice(0, 30).map((key) => client.set(key, 'five')));
  t.is(await client.get('cart'), null);
  await waitUntil('a replica that is late has them all', READY_MS, async () => {
    const five = await runProgram('redis-cli', ['-c', '-p', second ?? 0, '-n', 5, 'DBSIZE']);
    return five.output.trim() === '30' || five.output;
  });

  t.is(await ask(third ?? 0, 'SWAPDB', '0', '5'), 'OK');
  t.is(await client.get('cart'), 'zero', 'the connections mean another database by the same number');
  for (const port of cluster.ports) await counts(port, 30);
  t.is(await ask(first ?? 0, 'FLUSHDB', 'ASYNC'), 'OK');
  for (const port of cluster.ports) t.is(await ask(port, 'DBSIZE'), 0);
  t.is(await client.get('cart'), 'zero');
});

async function writeAll(port: number, db: number, keys: readonly string[]): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { db });
  try {
    for (let from = 0; from < keys.length; from += LOT) {
      await Promise.all(keys.slice(from, from + LOT).map((key) => written(client, key)));
    }
  } finally {
    client.disconnect();
  }
}

/** Again where too few answered in time: on a machine that has other work they may. */
async function written(client: Redis, key: string): Promise<void> {
  await waitUntil(`${key} is written`, READY_MS, () => client.set(key, `value of ${key}`).then(() => true as const));
}

/** Those of the keys that are there, as the node shows them. */
async function shown(port: number, db: number, keys: readonly string[]): Promise<string[]> {
  const client = new Redis(port, '127.0.0.1', { db });
  try {
    const values = await Promise.all(keys.map((key) => client.get(key)));
    return keys.filter((_, index) => values[index] !== null);
  } finally {
    client.disconnect();
  }
}

async function allHave(t: ExecutionContext, cluster: TestCluster, keys: readonly string[]): Promise<void> {
  for (const { port } of cluster.nodes) {
    await waitUntil('the later keys are everywhere', READY_MS, async () => {
      const there = await shown(port, 0, keys);
      return there.length === keys.length || `${there.length} are`;
    });
  }
  t.pass();
}

/** Waits until no node has anything left of what was flushed. */
async function swept(cluster: TestCluster): Promise<void> {
  for (const { port } of cluster.nodes) {
    await waitUntil('what was flushed has left', SWEPT_MS, async () => {
      const left = await figure(port, 'flush_sweep_partitions_left');
      return left === 0 || `${left} partitions are left`;
    });
  }
}

/** Waits until the node counts so many keys: it asks one replica of each partition, which may be late. */
async function counts(port: number, expected: number): Promise<void> {
  await waitUntil(`${expected} keys are counted`, READY_MS, async () => {
    const count = await ask(port, 'DBSIZE');
    return count === expected || `${count} are`;
  });
}

async function reaches(port: number, count: number): Promise<true | string> {
  const reached = await figure(port, 'nodes_reachable');
  return reached === count || `${reached} are reached`;
}

async function figure(port: number, name: string): Promise<number> {
  const text = String(await ask(port, 'INFO', 'dynamo'));
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1]);
}
