/** `cartwheel status`: what the cluster looks like from one of its nodes, once or each second. */
import type { ClusterStatus } from './cluster-status.js';
import { gatherStatus } from './gather.js';
import { Painter } from './painter.js';
import { screenLines } from './screen.js';
import { readStatusOptions, STATUS_USAGE, type StatusOptions } from './status-options.js';

const PERIOD_MS = 1000;

const PASSWORD_HINT =
  'Give the password in the environment as REDISCLI_AUTH, or by --pass; the user by --user, if it is not default.';

/** Runs to its end; gives the exit code: 0, or 1 where there is nothing to show. */
export async function runStatus(argv: readonly string[]): Promise<number> {
  const options = readStatusOptions(argv, process.env);
  if (typeof options === 'string') {
    if (options === '') process.stdout.write(STATUS_USAGE);
    else process.stderr.write(`cartwheel status: ${options}\n\n${STATUS_USAGE}`);
    return options === '' ? 0 : 1;
  }
  // Who reads it may stop reading: `| head`.
  process.stdout.on('error', () => undefined);
  return options.watch ? watch(options) : once(options);
}

async function once({ host, port, json, credentials, tls }: StatusOptions): Promise<number> {
  try {
    const status = await gatherStatus(host, port, credentials, tls);
    process.stdout.write(`${json ? JSON.stringify(status, undefined, 2) : screenLines(status).join('\n')}\n`);
    return 0;
  } catch (error) {
    if (json) process.stdout.write(`${errorObject(error)}\n`);
    process.stderr.write(`cartwheel status: ${messageOf(error)}\n`);
    return 1;
  }
}

/** Until Ctrl-C, or until nobody reads any more. A node that does not answer for a while does not end it. */
async function watch(options: StatusOptions): Promise<number> {
  const { json } = options;
  const painter = new Painter(process.stdout);
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    process.stdout.once('error', () => resolve());
  });
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  while (!isEnded) {
    const startMs = performance.now();
    const lines = await Promise.race([ended, shown(options)]);
    if (lines === undefined) break;
    if (json) painter.line(lines.join(''));
    else painter.paint(lines);
    await Promise.race([ended, pause(PERIOD_MS - (performance.now() - startMs))]);
  }
  painter.end();
  return 0;
}

async function shown({ host, port, json, credentials, tls }: StatusOptions): Promise<readonly string[]> {
  try {
    const status: ClusterStatus = await gatherStatus(host, port, credentials, tls);
    return json ? [JSON.stringify(status)] : screenLines(status);
  } catch (error) {
    return [json ? errorObject(error) : messageOf(error)];
  }
}

function errorObject(error: unknown): string {
  return JSON.stringify({ version: 1, error: messageOf(error) });
}

/** Says how to give a password where that is what is missing. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /NOAUTH|WRONGPASS/.test(message) ? `${message} ${PASSWORD_HINT}` : message;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms));
  });
}
