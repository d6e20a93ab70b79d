/** SCAN and its kin, and WAIT, on real nodes that die, join, leave and have missed writes. */
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { ask, infoField } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { TestCluster } from './processes.js';
import { redisCliText } from './redis-cli.js';

const TEST_MS = 900_000;
const MOVED_MS = 240_000;
const UNREACHED_MS = 60_000;
const SLOW = ['--request-timeout-ms', '10000'];
/** Nobody is brought what it missed but by reads. */
const STAYS_STALE = ['--hint-window-ms', '1000', '--exchange-period-ms', '0'];
const STAY = Array.from({ length: 2_000 }, (_, index) => `stay:${index}`);
const COME_AND_GO = 300;
const AT_ONCE = 100;

test.serial(
  'SCAN gives every key that stays, each step through another node, while a node joins and another leaves',
  async (t) => {
    t.timeout(TEST_MS);
    const cluster = await started(t, [...SLOW, '--transfer-settle-ms', '1000', '--exchange-period-ms', '2000']);
    const [first, second] = cluster.nodes.map(({ port }) => client(t, port));
    await writeAll(first, STAY);
    let done = false;
    let round = 0;
    const others = (async () => {
      for (; !done; round++) {
        const keys = Array.from({ length: COME_AND_GO }, (_, index) => `goes:${round % 3}:${index}`);
        await writeAll(second, keys);
        await eachOf(keys, (key) => second?.del(key));
      }
    })();
    const missing: string[] = [];
    let scans = 0;
    const scanning = (async () => {
      for (; !done; scans++) {
        const seen = await scanned(
          cluster.nodes.slice(0, 2).map(({ port }) => port),
          50,
        );
        missing.push(...STAY.filter((key) => !seen.has(key)));
      }
    })();
    const joiner = await cluster.join();
    await waitUntil('the new node has its share', MOVED_MS, async () => {
      const left = await infoField(joiner.port, 'membership', 'partitions_to_receive');
      const all = await Promise.all(
        cluster.ports.map((port) => infoField(port, 'membership', 'partitions_to_hand_over')),
      );
      return [left, ...all].every((count) => count === '0') || `${left}, ${all}`;
    });
    await cluster.leave(cluster.node(2));
    const before = scans;
    await waitUntil('it was scanned after that', MOVED_MS, () => scans > before + 1 || `${scans}`);
    done = true;
    await Promise.all([others, scanning]);
    t.deepEqual(missing, []);
    t.true(scans > 2 && round > 0);
    t.deepEqual([...(await scanned([joiner.port], 1_000))].sort(), STAY.toSorted());
  },
);

test.serial('a replica that has missed deletions and writes neither brings back nor hides a key', async (t) => {
  t.timeout(TEST_MS);
  const cluster = await started(t, [...SLOW, ...STAYS_STALE]);
  const [writer] = cluster.nodes.map(({ port }) => client(t, port));
  await writeAll(writer, [...STAY, 'lonely']);
  await cluster.node(2).kill();
  const deleted = STAY.filter((_, index) => index % 2 === 0);
  await eachOf(deleted, (key) => writer?.del(key));
  await writeAll(writer, ['new:1', 'new:2']);
  await waitUntil('the hints are too old', MOVED_MS, async () => {
    const pending = await Promise.all(
      [0, 1].map((node) => infoField(cluster.node(node).port, 'healing', 'hints_pending')),
    );
    return pending.every((count) => count === '0') || `${pending}`;
  });
  await cluster.revive(2);
  const expected = [...STAY.filter((_, index) => index % 2 === 1), 'lonely', 'new:1', 'new:2'].sort();
  const stale = cluster.node(2).port;
  t.deepEqual([...(await scanned([stale], 100))].sort(), expected);
  await cluster.node(0).kill();
  t.deepEqual([...(await client(t, stale).keys('*'))].sort(), expected);
  t.true(expected.includes(String(await ask(stale, 'RANDOMKEY'))));
});

test.serial(
  'too few replicas are an error, not a shorter list; WAIT counts those that hold what was written',
  async (t) => {
    t.timeout(TEST_MS);
    const cluster = await started(t, SLOW);
    const [redis, idle] = [client(t, cluster.node(0).port), client(t, cluster.node(0).port)];
    await redis.set('a', '1');
    t.is(await redis.wait(2, 120_000), 2);
    t.is(await redis.wait(0, 0), 2);
    t.is(await idle.wait(2, 120_000), 2);
    await cluster.node(2).kill();
    await redis.set('b', '1');
    t.is(await redis.wait(2, 200), 1);
    t.is(await redis.wait(1, 0), 1);
    await waitUntil('the dead node is not reached', UNREACHED_MS, async () => (await idle.wait(2, 1)) === 1 || 'it is');
    await cluster.revive(2);
    t.is(await redis.wait(2, 0), 2, 'what it missed is brought to it');
    await cluster.node(1).kill();
    await cluster.node(2).kill();
    const refused = { message: /^CLUSTERDOWN 1 of 2 required replicas answered the read$/ };
    for (const command of [['SCAN', '0'], ['KEYS', '*'], ['RANDOMKEY']]) {
      await t.throwsAsync(ask(cluster.node(0).port, ...command), refused);
    }
  },
);

test.serial('scanStream, and redis-cli --scan and --bigkeys, see all keys', async (t) => {
  t.timeout(TEST_MS);
  const cluster = await started(t, SLOW);
  const redis = client(t, cluster.node(1).port);
  await writeAll(redis, STAY);
  await redis.set('big', 'x'.repeat(10_000));
  const seen = new Set<string>();
  for await (const keys of redis.scanStream({ match: 'stay:*', count: 100 })) for (const key of keys) seen.add(key);
  t.deepEqual([...seen].sort(), STAY.toSorted());
  const { port } = cluster.node(2);
  const listed = await redisCliText(port, '--scan', '--pattern', 'stay:1?');
  t.deepEqual(listed.trim().split('\n').sort(), STAY.slice(10, 20).sort());
  t.regex(await redisCliText(port, '--bigkeys'), /Biggest string found '"big"' has 10000 bytes/);
});

async function started(t: ExecutionContext, args: readonly string[]): Promise<TestCluster> {
  const cluster = await TestCluster.start({ args });
  t.teardown(() => cluster.close());
  return cluster;
}

function client(t: ExecutionContext, port: number): Redis {
  const redis = new Redis(port, '127.0.0.1');
  // Nodes are killed; what is asked of them fails by itself.
  redis.on('error', () => undefined);
  t.teardown(() => redis.disconnect());
  return redis;
}

/** Some at a time. */
async function eachOf(keys: readonly string[], run: (key: string) => Promise<unknown> | undefined): Promise<void> {
  for (let at = 0; at < keys.length; at += AT_ONCE) await Promise.all(keys.slice(at, at + AT_ONCE).map(run));
}

async function writeAll(redis: Redis | undefined, keys: readonly string[]): Promise<void> {
  await eachOf(keys, (key) => redis?.set(key, 'v'));
}

/** All keys, each step asked of the next of these nodes. */
async function scanned(ports: readonly number[], count: number): Promise<Set<string>> {
  const clients = ports.map((port) => new Redis(port, '127.0.0.1'));
  const seen = new Set<string>();
  try {
    let cursor = '0';
    let step = 0;
    do {
      const found = await clients[step++ % clients.length]?.scan(cursor, 'COUNT', count);
      cursor = found?.[0] ?? '0';
      for (const key of found?.[1] ?? []) seen.add(key);
    } while (cursor !== '0');
  } finally {
    for (const redis of clients) redis.disconnect();
  }
  return seen;
}
