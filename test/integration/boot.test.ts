import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ask } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM, nodeFlags } from '../../scripts/processes/node-flags.js';
import { portFault } from '../../scripts/processes/ports.js';
import { removeFolder } from '../../scripts/processes/remove-folder.js';
import { waitUntil, within } from '../../scripts/processes/wait.js';
import { basePort, launchLocalCluster } from './launched.js';
import { portPairs, READY_MS, runProgram, STOP_MS, TestCluster, temporaryFolder } from './processes.js';

function folderFor(t: ExecutionContext): string {
  const folder = temporaryFolder();
  t.teardown(() => removeFolder(folder));
  return folder;
}

function runNode(...args: readonly (string | number)[]) {
  return runProgram(process.execPath, [...nodeFlags(), NODE_PROGRAM, ...args]);
}

test.serial('a node alone serves with default quorums and stops on SIGTERM with exit code 0', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1 });
  t.teardown(() => cluster.close());
  const node = cluster.node(0);
  t.is(await ask(node.port, 'SET', 'k', 'v'), 'OK');
  const end = await node.stop(STOP_MS, () => t.fail('it had to be killed'));
  t.is(end?.code, 0, node.logTail());
  await cluster.revive(0);
  t.is(await ask(node.port, 'GET', 'k'), 'v');
});

test.serial(
  'a node without TLS goes on when its terminal hangs up, and says that it has nothing to read again',
  async (t) => {
    const cluster = await TestCluster.start({ nodeCount: 1 });
    t.teardown(() => cluster.close());
    const node = cluster.node(0);
    node.signal('SIGHUP');
    const log = (): string => readFileSync(node.start.logPath, 'utf8');
    await waitUntil('the signal is noticed', READY_MS, () => /SIGHUP is ignored/.test(log()) || 'not yet');
    t.is(await ask(node.port, 'SET', 'k', 'v'), 'OK');
  },
);

test.serial('SHUTDOWN stops a node cleanly', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1 });
  t.teardown(() => cluster.close());
  const node = cluster.node(0);
  await ask(node.port, 'SET', 'k', 'v');
  // No reply: the connection is closed.
  await t.throwsAsync(ask(node.port, 'SHUTDOWN'), { message: /closed|ECONNRESET/ });
  await waitUntil('the node is gone', STOP_MS, () => node.pid === undefined || 'it runs');
  await cluster.revive(0);
  t.is(await ask(node.port, 'GET', 'k'), 'v');
});

test.serial('an unknown option is named on standard error, with exit code 1', async (t) => {
  const { code, errorOutput } = await runNode('--no-such-option', 'x', '--dir', folderFor(t));
  t.is(code, 1);
  t.regex(errorOutput, /no-such-option/);
});

test.serial('a mistyped word is named on standard error, with the one that was meant and exit code 1', async (t) => {
  const { code, errorOutput } = await runNode('staus');
  t.is(code, 1);
  t.regex(errorOutput, /'staus' .* did you mean 'cartwheel status'\?/);
});

test.serial('a data folder that can not be made is named, with exit code 1', async (t) => {
  const { code, errorOutput } = await runNode('--port', '0', '--dir', '/proc/nope');
  t.is(code, 1);
  t.regex(errorOutput, /\/proc\/nope.*dir/);
});

test.serial('a bad value names its option, itself and its bounds, with exit code 1', async (t) => {
  const { code, errorOutput } = await runNode('--port', '70000', '--dir', folderFor(t));
  t.is(code, 1);
  t.regex(errorOutput, /port/);
  t.regex(errorOutput, /70000/);
  t.regex(errorOutput, /65535/);
});

test.serial('a bad value in a configuration file is named with its bounds, with exit code 1', async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'cartwheel.conf');
  writeFileSync(path, '# as in redis.conf\nport 7001\nr 17\n');
  const { code, errorOutput } = await runNode(path, '--dir', join(folder, 'data'));
  t.is(code, 1);
  t.regex(errorOutput, /'r'/);
  t.regex(errorOutput, /'17'.*1 to 16|1 to 16.*'17'/s);
});

test.serial('a port in use is named on standard error, with exit code 1', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1 });
  t.teardown(() => cluster.close());
  const [other] = await portPairs(1);
  const { port } = cluster.node(0);
  const args = ['--port', port, '--peer-port', other?.peerPort ?? 0, '--dir', folderFor(t)];
  const { code, output, errorOutput } = await runNode(...args);
  t.is(code, 1);
  t.regex(output + errorOutput, new RegExp(`${port}`));
  t.regex(output + errorOutput, /in use/i);
});

test.serial('a second node on the folder of another is refused', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1 });
  t.teardown(() => cluster.close());
  const [free] = await portPairs(1);
  const folder = join(cluster.folder, `${cluster.node(0).port}`);
  const args = ['--port', free?.port ?? 0, '--peer-port', free?.peerPort ?? 0, '--dir', folder];
  const { code, output, errorOutput } = await runNode(...args);
  t.is(code, 1);
  t.true((output + errorOutput).includes(folder), output + errorOutput);
});

test.serial(
  'the local cluster says how to connect, keeps its secret to itself and stops all nodes on SIGINT',
  async (t) => {
    const folder = folderFor(t);
    const base = await basePort();
    const { child, printed, ended } = launchLocalCluster(t, ['--base-port', base, '--dir', folder]);
    await waitUntil('it says how to connect', READY_MS, () => printed().includes(`redis-cli -p ${base}`) || printed());
    t.is(await ask(base, 'SET', 'k', 'v'), 'OK');
    t.is(await ask(base + 2, 'GET', 'k'), 'v');
    t.is(statSync(join(folder, 'cluster-secret')).mode & 0o777, 0o600);
    t.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.log')),
      [0, 1, 2].map((offset) => `${base + offset}.log`),
    );
    child.kill('SIGINT');
    t.is(await within(ended, STOP_MS), 0, printed());
    for (const port of [base, base + 1, base + 2]) t.is(await portFault(port), undefined);
  },
);

test.serial('the local cluster names a port that is in use', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 1 });
  t.teardown(() => cluster.close());
  const { port } = cluster.node(0);
  const args = ['--nodes', 1, '--base-port', port, '--dir', folderFor(t)];
  const { printed, ended } = launchLocalCluster(t, args);
  t.is(await within(ended, STOP_MS), 1);
  t.regex(printed(), new RegExp(`Port ${port} .* in use`));
});

test.serial('the local cluster tells when a node dies, with the end of its log, and the others go on', async (t) => {
  const base = await basePort();
  const { child, printed, ended } = launchLocalCluster(t, ['--base-port', base, '--dir', folderFor(t)]);
  await waitUntil('it is ready', READY_MS, () => printed().includes('Ctrl-C') || printed());
  const pid = Number(new RegExp(`${base + 1} +process (\\d+)`).exec(printed())?.[1]);
  process.kill(pid, 'SIGKILL');
  await waitUntil(
    'it says so',
    READY_MS,
    () => printed().includes(`Node ${base + 1} has ended (SIGKILL)`) || printed(),
  );
  t.is(await ask(base, 'SET', 'k', 'v'), 'OK');
  child.kill('SIGTERM');
  t.is(await within(ended, STOP_MS), 0, printed());
});
