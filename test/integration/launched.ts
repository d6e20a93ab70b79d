/** What `npm start` runs, launched by a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { portFault } from '../../scripts/processes/ports.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { READY_MS } from './processes.js';

const LOCAL_CLUSTER = fileURLToPath(new URL('../../scripts/local-cluster.js', import.meta.url));
/** A cluster of three, and as many nodes that join it. */
const PORTS = 6;

export interface Launched {
  readonly child: ChildProcess;
  readonly printed: () => string;
  readonly ended: Promise<number | null>;
}

export function launchLocalCluster(
  t: ExecutionContext,
  args: readonly (string | number)[],
  environment: Readonly<Record<string, string>> = {},
): Launched {
  return launched(t, process.execPath, [LOCAL_CLUSTER, ...args.map(String)], environment);
}

/** Runs a line as a person types it in this folder. */
export function launchLine(
  t: ExecutionContext,
  line: string,
  environment: Readonly<Record<string, string>> = {},
): Launched {
  return launched(t, 'sh', ['-c', `exec ${line}`], environment);
}

function launched(
  t: ExecutionContext,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Launched {
  const child = spawn(program, args, { env: { ...process.env, ...environment } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  t.teardown(() => child.kill('SIGKILL'));
  return { child, printed: () => printed, ended };
}

/** A first port that has free ports behind it, for clients and for peers. */
export async function basePort(): Promise<number> {
  let base = 0;
  await waitUntil('free pairs of ports in a row', READY_MS, async () => {
    base = 12_000 + Math.floor(Math.random() * 8000);
    const offsets = Array.from({ length: PORTS }, (_, offset) => offset);
    const wanted = offsets.flatMap((offset) => [base + offset, base + offset + 10_000]);
    const faults = await Promise.all(wanted.map((port) => portFault(port)));
    return faults.every((fault) => fault === undefined) || 'taken';
  });
  return base;
}
