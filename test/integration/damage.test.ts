/** Disks that are damaged or full: never a wrong value, never a lost one, always a reason in the log. */
import assert from 'node:assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Redis } from 'ioredis';
import { ask } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM, nodeFlags } from '../../scripts/processes/node-flags.js';
import type { NodeProcess } from '../../scripts/processes/node-process.js';
import { removeFolder } from '../../scripts/processes/remove-folder.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { PATIENT, portPairs, READY_MS, runProgram, STOP_MS, TestCluster, temporaryFolder } from './processes.js';

const HEAL_MS = 240_000;
const KEYS = 300;
/** Random text, which is stored as it is: it does not compress. */
const VALUE_BYTES = 300;

function storeFolder(cluster: TestCluster, node: NodeProcess): string {
  return join(cluster.folder, `${node.port}`, 'store');
}

async function stop(node: NodeProcess): Promise<void> {
  const end = await node.stop(STOP_MS, () => undefined);
  assert(end?.code === 0, node.logTail());
}

for (const { what, damage } of [
  { what: 'CURRENT is', damage: (folder: string) => writeFileSync(join(folder, 'CURRENT'), 'nonsense\n') },
  { what: 'MANIFEST is', damage: (folder: string) => flipAll(folder, /^MANIFEST/) },
]) {
  test.serial(`a node whose ${what} damaged says so in one line and ends with exit code 1`, async (t) => {
    const cluster = await TestCluster.start({ nodeCount: 1 });
    t.teardown(() => cluster.close());
    const node = cluster.node(0);
    await ask(node.port, 'SET', 'k', 'v');
    await stop(node);
    damage(storeFolder(cluster, node));
    const args = ['--port', node.port, '--dir', join(cluster.folder, `${node.port}`)];
    const { code, output, errorOutput } = await runProgram(process.execPath, [...nodeFlags(), NODE_PROGRAM, ...args]);
    t.is(code, 1);
    t.regex(errorOutput, /^cartwheel: the data folder .* can't be opened: Corruption: .*\n$/);
    t.notRegex(output + errorOutput, / at /);
  });
}

function flipAll(folder: string, name: RegExp): void {
  for (const file of readdirSync(folder).filter((found) => name.test(found))) {
    const path = join(folder, file);
    writeFileSync(
      path,
      readFileSync(path).map((byte) => byte ^ 0x55),
    );
  }
}

/** Flips a byte in the stored values of as many as possible; gives how many. */
function flipValues(folder: string, name: RegExp, values: readonly string[]): number {
  let flipped = 0;
  for (const file of readdirSync(folder).filter((found) => name.test(found))) {
    const bytes = readFileSync(join(folder, file));
    for (const value of values) {
      const at = bytes.indexOf(value.slice(100, 200));
      if (at < 0) continue;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at);
      flipped++;
    }
    writeFileSync(join(folder, file), bytes);
  }
  return flipped;
}

for (const { where, name, isKilled } of [
  { where: 'tables', name: /\.sst$/, isKilled: false },
  { where: 'log', name: /\.log$/, isKilled: true },
]) {
  test.serial(
    `with flipped bytes in the ${where} of a node every value is read as it was written, through every node`,
    async (t) => {
      const cluster = await TestCluster.start({
        args: ['--enable-debug-command', 'local', '--exchange-period-ms', '500'],
      });
      t.teardown(() => cluster.close());
      const node = cluster.node(0);
      const values = Array.from({ length: KEYS }, () => randomBytes(VALUE_BYTES).toString('base64'));
      const writer = new Redis(node.port, '127.0.0.1');
      await Promise.all(values.map((value, at) => writer.set(`key:${at}`, value)));
      writer.disconnect();
      if (isKilled) {
        await node.kill();
      } else {
        // What is in the log goes to a table at the next start.
        await stop(node);
        await cluster.revive(0);
        await stop(node);
      }
      t.true(flipValues(storeFolder(cluster, node), name, values.slice(0, 20)) > 0);
      await cluster.revive(0);
      for (const port of cluster.ports) {
        const reader = new Redis(port, '127.0.0.1');
        t.teardown(() => reader.disconnect());
        for (const [at, value] of values.entries()) t.is(await reader.get(`key:${at}`), value, `key:${at} at ${port}`);
      }
      if (!isKilled) {
        const log = (): string => readFileSync(node.start.logPath, 'utf8');
        await waitUntil('the log says so', HEAL_MS, () => /damaged|Corruption/.test(log()) || node.logTail());
        return;
      }
      // What RocksDB did not find behind the damage in its log comes back from the others.
      const keys = values.map((_, at) => `key:${at}`);
      await waitUntil('all replicas are equal', HEAL_MS, async () => {
        const digests = await Promise.all(cluster.ports.map((port) => ask(port, 'DEBUG', 'DIGEST-VALUE', ...keys)));
        return digests.every((some) => String(some) === String(digests[0])) || 'they differ';
      });
    },
  );
}

const FILE_BLOCKS_MAX = 4096;
const BLOCK_BYTES = 512;

test.serial(
  'a node whose log can not grow any more says so, goes on reading, writes again and loses nothing',
  async (t) => {
    const folder = temporaryFolder();
    const [{ port } = { port: 0 }] = await portPairs(1);
    let child: ChildProcess | undefined;
    t.teardown(() => {
      child?.kill('SIGKILL');
      removeFolder(folder);
    });
    const start = async (limit: string): Promise<void> => {
      const command = [
        process.execPath,
        ...nodeFlags(),
        NODE_PROGRAM,
        '--port',
        `${port}`,
        '--dir',
        join(folder, 'data'),
        ...PATIENT,
      ];
      const logged = ['--logfile', join(folder, 'log')];
      child = spawn('sh', ['-c', `ulimit -S -f ${limit}; exec "$@"`, 'sh', ...command, ...logged], { stdio: 'ignore' });
      await waitUntil(
        'the node answers',
        READY_MS,
        async () => (await ask(port, 'PING')) === 'PONG' || 'another answer',
      );
    };
    await start(String(FILE_BLOCKS_MAX));
    const acknowledged: string[] = [];
    const value = 'x'.repeat(BLOCK_BYTES * 40);
    let failures = 0;
    const set = async (key: string): Promise<boolean> => {
      try {
        await ask(port, 'SET', key, value + key);
        acknowledged.push(key);
        return true;
      } catch (error) {
        t.regex(String(error), /IOERR/);
        failures++;
        return false;
      }
    };
    for (let at = 0; at < (2 * FILE_BLOCKS_MAX) / 40 && failures === 0; at++) await set(`early:${at}`);
    t.true(failures > 0, 'the limit was reached');
    t.is(await ask(port, 'GET', 'early:0'), `${value}early:0`);
    // As when the disk has room again.
    const prlimit = await runProgram('prlimit', ['--pid', child?.pid ?? 0, '--fsize=unlimited']);
    t.is(prlimit.code, 0, prlimit.errorOutput);
    await waitUntil('it writes again', READY_MS, async () => (await set('again')) || 'not yet');
    for (let at = 0; at < 20; at++) await set(`late:${at}`);
    t.regex(readFileSync(join(folder, 'log'), 'utf8'), /the store could not write.*|File too large/);
    child?.kill('SIGKILL');
    await waitUntil('it is gone', READY_MS, () => child?.signalCode !== null || 'it runs');
    await start('unlimited');
    for (const key of acknowledged) t.is(await ask(port, 'GET', key), value + key, key);
  },
);
