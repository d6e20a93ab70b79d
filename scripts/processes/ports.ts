import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';
/**
 * Below the range that systems take the local ports of outgoing connections from (32768 on Linux), so that a node that
 * was stopped finds its port free when it comes back.
 */
const PORT_MIN = 12_000;
const PORT_END = 32_000;
const ATTEMPTS_MAX = 1000;

/** Whether this machine lets us listen on `port`; otherwise the system's code for why not, e.g. `EADDRINUSE`. */
export function portFault(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, HOST, () => server.close(() => resolve(undefined)));
  });
}

/** Gives `count` different ports on which nobody listens. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count && attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_MIN, PORT_END);
    if (!ports.has(port) && (await portFault(port)) === undefined) ports.add(port);
  }
  if (ports.size < count) throw new Error(`no ${count} free ports from ${PORT_MIN} to ${PORT_END}`);
  return [...ports];
}
