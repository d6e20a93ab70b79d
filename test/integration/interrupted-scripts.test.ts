import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { waitUntil } from '../../scripts/processes/wait.js';

const DEADLINE_MS = 180_000;

const CALLS: readonly (readonly [script: string, ...args: string[]])[] = [
  ['background', '--quick'],
  ['bench', '--quick', '--only', 'single'],
  ['experiments', 'quorums'],
  ['load', '--compare', '--quick'],
  ['profile', '--quick', '--nodes', '1'],
];

/** One after the other: each begins to start a cluster. */
for (const [script, ...args] of CALLS) {
  test.serial(`npm run ${script} leaves no process and no folder behind when it is interrupted`, async (t) => {
    t.timeout(4 * DEADLINE_MS);
    const folder = mkdtempSync(join(tmpdir(), 'cartwheel-test-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const program = fileURLToPath(new URL(`../../scripts/${script}.js`, import.meta.url));
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(process.execPath, [program, ...args], { cwd: folder, env, stdio: 'ignore' });
    t.teardown(() => child.kill('SIGKILL'));
    const ended = new Promise<number | null>((resolve) => {
      child.once('exit', resolve);
    });
    await waitUntil('a node starts', DEADLINE_MS, () => processesIn(folder).length > 0 || 'no process');
    child.kill('SIGINT');
    t.is(await ended, 1);
    await waitUntil('all processes are gone', DEADLINE_MS, () => processesIn(folder).join() === '' || 'some run');
    t.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('cartwheel-')),
      [],
    );
  });
}

/** Process ids of what was started with data below `folder`. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLineOf(name).includes(`${folder}/`));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended since.
    return '';
  }
}
