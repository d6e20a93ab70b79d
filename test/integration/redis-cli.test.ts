import test from 'ava';
import { connectedPeers } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS, runProgram, TestCluster } from './processes.js';
import { redisCli, redisCliText } from './redis-cli.js';

const SLOT_COUNT = 16_384;
let cluster: TestCluster;

test.before(async () => {
  cluster = await TestCluster.start();
});
test.after.always(() => cluster?.close());

test('what redis-cli sets through one node it gets through every node', async (t) => {
  await redisCli(cluster.node(0).port, 'SET', 'greeting', 'hello');
  for (const port of cluster.ports) t.is(await redisCli(port, 'GET', 'greeting'), 'hello');
});

test('redis-cli -c reads and writes without being sent to another node', async (t) => {
  for (const key of ['a', 'b', 'c', 'd']) {
    const args = ['-p', cluster.node(1).port, '-c', 'SET', key, key.toUpperCase()];
    const { output } = await runProgram('redis-cli', args);
    t.is(output.trim(), 'OK');
  }
  const { output } = await runProgram('redis-cli', ['-p', cluster.node(2).port, '-c', 'MGET', 'a', 'b', 'c', 'd']);
  t.deepEqual(output.trim().split('\n'), ['A', 'B', 'C', 'D']);
});

test('redis-cli sends a file of commands and each is answered in order', async (t) => {
  const commands = ['SET list:1 one', 'GET list:1', 'DEL list:1', 'GET list:1', 'PING'];
  // Again where a busy machine kept a node silent for so long that something was refused.
  let output = '';
  await waitUntil('nothing is refused', READY_MS, async () => {
    ({ output } = await runProgram('redis-cli', ['-p', cluster.node(0).port], `${commands.join('\n')}\n`));
    return !/CLUSTERDOWN|NOREPLICAS/.test(output) || output;
  });
  t.deepEqual(output.split('\n').slice(0, 5), ['OK', 'one', '1', '', 'PONG']);
});

test('redis-cli --pipe loads many keys in one go', async (t) => {
  const count = 5000;
  const commands = Array.from({ length: count }, (_, index) => `SET pipe:${index} ${index}\r\n`).join('');
  // Again where a busy machine kept a node silent for so long that writes were refused.
  await waitUntil('all are written', READY_MS, async () => {
    const { code, output } = await runProgram('redis-cli', ['-p', cluster.node(0).port, '--pipe'], commands);
    t.regex(output, new RegExp(`errors: \\d+, replies: ${count}`));
    return (code === 0 && output.includes('errors: 0,')) || output;
  });
  t.is(await redisCli(cluster.node(2).port, 'GET', 'pipe:4999'), '4999');
});

type SlotsRow = [first: number, last: number, first: [host: string, port: number]];

/** What each node answers to CLUSTER SLOTS, once they answer the same: each leaves out who is silent, as one may be on a busy machine. */
async function slotsOfAll(): Promise<SlotsRow[]> {
  let rows: SlotsRow[] = [];
  await waitUntil('all nodes answer the same', READY_MS, async () => {
    const answers = await Promise.all(cluster.ports.map((port) => redisCli(port, 'CLUSTER', 'SLOTS')));
    const connected = await Promise.all(cluster.ports.map((port) => connectedPeers(port)));
    rows = answers[0] as SlotsRow[];
    const isAgreed =
      connected.every((count) => count === 2) && new Set(answers.map((each) => JSON.stringify(each))).size === 1;
    return isAgreed || JSON.stringify(answers);
  });
  return rows;
}

test('the nodes agree on the ring: CLUSTER SLOTS names every slot once, with every node as a coordinator somewhere', async (t) => {
  const rows = await slotsOfAll();
  const named = rows.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  t.is(named, SLOT_COUNT);
  const masters = new Set(rows.map(([, , [, port]]) => port));
  t.deepEqual([...masters].toSorted(), cluster.ports.toSorted());
});

test('CLUSTER INFO, MYID, NODES, SHARDS and KEYSLOT answer as in Redis Cluster', async (t) => {
  const { port } = cluster.node(0);
  const info = await redisCliText(port, 'CLUSTER', 'INFO');
  t.regex(info, /cluster_state:ok/);
  t.regex(info, /cluster_known_nodes:3/);
  const id = await redisCliText(port, 'CLUSTER', 'MYID');
  t.regex(id, /^[0-9a-f]{40}$/);
  const nodes = await redisCliText(port, 'CLUSTER', 'NODES');
  const myself = nodes.split('\n').find((line) => line.includes('myself'));
  t.true(myself?.startsWith(`${id} 127.0.0.1:${port}@`), myself);
  t.true(Array.isArray(await redisCli(port, 'CLUSTER', 'SHARDS')));
  t.is(await redisCli(port, 'CLUSTER', 'KEYSLOT', '{user1000}.following'), 3443);
});

test('an unknown command is refused in the words of Redis', async (t) => {
  await t.throwsAsync(redisCli(cluster.node(0).port, 'NOSUCH', 'thing'), { message: /ERR unknown command 'NOSUCH'/ });
});
