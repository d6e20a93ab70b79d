import assert from 'node:assert/strict';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { ask, connectedPeers, infoField } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, TestCluster } from './processes.js';

const KEYS = 60;
/** On a slow machine a round may last until the frozen node is found out as one that is gone: such a round shows nothing. */
const ROUNDS_MAX = 20;

type Act = (client: Redis, key: string) => Promise<unknown>;

const read: Act = async (client, key) => assert.equal(await client.get(key), key);
const write: Act = async (client, key) => assert.equal(await client.set(key, key), 'OK');

/** Since when and how the node at `port` judges the one whose clients' port is `other`. */
async function judgement(port: number, other: number): Promise<string> {
  const peers = String(await ask(port, 'INFO', 'peers')).split('\r\n');
  const line = peers.find((each) => each.includes(`,port=${other},`)) ?? '';
  return (line.match(/state=\w+|changes=\d+/g) ?? []).join();
}

/** Freezes the last node, lets a client of the first do something with every key, and thaws it only when all is done. */
async function whileFrozen(t: ExecutionContext, cluster: TestCluster, act: Act): Promise<void> {
  const [port = 0] = cluster.ports;
  const slow = cluster.node(cluster.nodes.length - 1);
  const client = new Redis({ port });
  t.teardown(() => client.disconnect());
  const keys = Array.from({ length: KEYS }, (_, index) => `slow:${index}`);
  await Promise.all(keys.map((key) => write(client, key)));
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = await judgement(port, slow.port);
    slow.signal('SIGSTOP');
    await Promise.all(keys.map((key) => act(client, key)));
    const after = await judgement(port, slow.port);
    slow.signal('SIGCONT');
    await waitUntil('the frozen node is back', READY_MS, async () => {
      const connected = await connectedPeers(port);
      return connected === cluster.nodes.length - 1 || `${connected} are`;
    });
    if (before.startsWith('state=reachable') && before === after) {
      t.pass();
      return;
    }
  }
  t.fail(`in none of ${ROUNDS_MAX} rounds the frozen node counted as reachable till the end`);
}

async function start(t: ExecutionContext, nodeCount: number): Promise<TestCluster> {
  t.timeout(900_000);
  const cluster = await TestCluster.start({ nodeCount, args: ['--n', '3', '--r', '2', '--w', '2'] });
  t.teardown(() => cluster.close());
  return cluster;
}

test.serial('reads do not wait for a replica that stands still and counts as reachable', async (t) => {
  const cluster = await start(t, 3);
  await whileFrozen(t, cluster, read);
  t.true(Number(await infoField(cluster.ports[0] ?? 0, 'dynamo', 'hedged_reads')) > 0);
});

test.serial('nor do reads that another node coordinates, the one that stands still perhaps', async (t) => {
  const cluster = await start(t, 5);
  await whileFrozen(t, cluster, read);
});

test.serial('nor do writes', async (t) => {
  const cluster = await start(t, 3);
  await whileFrozen(t, cluster, write);
});
