import { spawn } from 'node:child_process';
import test from 'ava';
import { ask } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM, nodeFlags } from '../../scripts/processes/node-flags.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import type { ClusterStatus } from '../../server/status/cluster-status.js';
import { READY_MS, runProgram, TestCluster } from './processes.js';

const CALM = /^cluster as .* sees it: 3 nodes, 256 partitions, 20 keys, nothing moves/;
const STATUS = [...nodeFlags(), NODE_PROGRAM, 'status'];

test.serial('status tells every node and its keys, for people and for machines', async (t) => {
  const cluster = await TestCluster.start();
  t.teardown(() => cluster.close());
  const [port = 0] = cluster.ports;
  for (let k = 0; k < 20; k++) await ask(port, 'SET', `k${k}`, 'v');
  let status: ClusterStatus | undefined;
  // A node may be too slow to answer the first time, where many processes share a core.
  await waitUntil('all nodes are reached and answer', READY_MS, async () => {
    const { code, output, errorOutput } = await runProgram(process.execPath, [...STATUS, '--port', port, '--json']);
    if (code !== 0) return errorOutput;
    status = JSON.parse(output) as ClusterStatus;
    const allAnswer = status.nodes.every(({ reachable, answered }) => reachable && answered);
    return (allAnswer && status.keys === 20) || output;
  });
  t.is(status?.asked, `127.0.0.1:${port}`);
  t.deepEqual(
    status?.nodes.map((node) => node.port),
    cluster.ports.toSorted((a, b) => a - b),
  );
  t.true(status?.nodes.every(({ state }) => state === 'member'));
  await waitUntil('people are told the same', READY_MS, async () => {
    const { code, output } = await runProgram(process.execPath, [...STATUS, '--port', port]);
    return (code === 0 && CALM.test(output)) || output;
  });
});

test.serial('status --watch shows a node that dies, and ends with 0 on Ctrl-C', async (t) => {
  const cluster = await TestCluster.start();
  t.teardown(() => cluster.close());
  const [port = 0] = cluster.ports;
  const child = spawn(process.execPath, [...STATUS, '--port', String(port), '--watch']);
  t.teardown(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const screens = () => printed.split(/^(?=cluster as )/m);
  const showsCalm = () => screens().some((screen) => screen.includes('3 nodes') && !screen.includes('DOWN'));
  await waitUntil('it shows the cluster', READY_MS, () => showsCalm() || printed);
  await cluster.node(2).kill();
  const { length } = printed;
  await waitUntil('it shows that one is gone', READY_MS, () => printed.slice(length).includes('DOWN') || printed);
  t.false(printed.includes('\x1b'), 'it is no terminal');
  child.kill('SIGINT');
  t.is(await ended, 0);
});

test.serial('status of a node that is not there says so, with exit code 1', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1 });
  const [port = 0] = cluster.ports;
  await cluster.close();
  const { code, output, errorOutput } = await runProgram(process.execPath, [...STATUS, '--port', port]);
  t.is(code, 1);
  t.is(output, '');
  t.regex(errorOutput, new RegExp(`127.0.0.1:${port} can't be reached`));
});
