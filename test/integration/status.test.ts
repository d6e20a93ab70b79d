import { spawn } from 'node:child_process';
import test from 'ava';
import { ask } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM, nodeFlags } from '../../scripts/processes/node-flags.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import type { ClusterStatus } from '../../server/status/cluster-status.js';
import { READY_MS, runProgram, TestCluster } from './processes.js';

const STATUS = [...nodeFlags(), NODE_PROGRAM, 'status'];

test.serial('status tells every node and its keys, for people and for machines', async (t) => {
  const cluster = await TestCluster.start();
  t.teardown(() => cluster.close());
  const [port = 0] = cluster.ports;
  for (let k = 0; k < 20; k++) await ask(port, 'SET', `k${k}`, 'v');
  const { code, output, errorOutput } = await runProgram(process.execPath, [...STATUS, '--port', port, '--json']);
  t.is(code, 0, errorOutput);
  const status = JSON.parse(output) as ClusterStatus;
  t.is(status.asked, `127.0.0.1:${port}`);
  t.deepEqual(
    status.nodes.map((node) => node.port),
    cluster.ports.toSorted((a, b) => a - b),
  );
  t.true(status.nodes.every(({ reachable, answered, state }) => reachable && answered && state === 'member'));
  t.is(status.keys, 20);
  const screen = await runProgram(process.execPath, [...STATUS, '--port', port]);
  t.is(screen.code, 0);
  t.regex(screen.output, /^cluster as .* sees it: 3 nodes, 256 partitions, 20 keys, nothing moves/);
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
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const shows = (text: string) => () => printed.includes(text) || printed;
  await waitUntil('it shows the cluster', READY_MS, shows('3 nodes'));
  t.false(printed.includes('DOWN'));
  await cluster.node(2).kill();
  await waitUntil('it shows that one is gone', READY_MS, shows('DOWN'));
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
