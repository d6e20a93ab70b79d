/** What `npm start` runs, launched by a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { PEER_PORT_OFFSET } from '../../scripts/processes/local-nodes.js';
import { freePortsInRow } from '../../scripts/processes/ports.js';

const LOCAL_CLUSTER = fileURLToPath(new URL('../../scripts/local-cluster.js', import.meta.url));
/** For the nodes: a request may take long where many processes share a core. */
const PATIENT = { CARTWHEEL_REQUEST_TIMEOUT_MS: '10000' };
/** A cluster of three, and as many nodes that join it. */
const PORTS = 6;

export interface Launched {
  readonly child: ChildProcess;
  readonly printed: () => string;
  /** The exit code, once all that it printed has been read. */
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
  const child = spawn(program, args, { env: { ...process.env, ...PATIENT, ...environment } });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  t.teardown(() => child.kill('SIGKILL'));
  return { child, printed: () => printed, ended };
}

/** A first port that has free ports behind it, for clients and for peers. */
export function basePort(): Promise<number> {
  return freePortsInRow(PORTS, PEER_PORT_OFFSET);
}
