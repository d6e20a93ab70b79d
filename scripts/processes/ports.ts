import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
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

/**
 * Gives this process the port, among all that call this, until it ends or closes the socket; undefined where another has it. Between the choice of a port and the start of
 * the node that listens on it, and while that node is down, nobody listens: another test would take it. So its owner holds
 * the UDP port of the same number, which nothing else here uses, and which the system gives back whatever becomes of the process.
 */
function take(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    socket.once('error', () => socket.close(() => resolve(undefined)));
    socket.bind({ port, address: HOST, exclusive: true }, () => resolve(socket));
  });
}

/** Takes all of these ports, on which nobody may listen, or none of them. */
async function takeAll(ports: readonly number[]): Promise<boolean> {
  const taken: Socket[] = [];
  for (const port of ports) {
    const socket = await take(port);
    if (socket !== undefined) taken.push(socket);
    if (socket === undefined || (await portFault(port)) !== undefined) {
      for (const each of taken) each.close();
      return false;
    }
  }
  return true;
}

/**
 * Gives the first of `count` ports in a row that are free as those of `freePorts` are, and so is the port that lies `offset` above
 * each of them.
 */
export async function freePortsInRow(count: number, offset: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const first = randomInt(PORT_MIN, PORT_END - offset - count);
    const row = Array.from({ length: count }, (_, index) => first + index);
    if (await takeAll(row.flatMap((port) => [port, port + offset]))) return first;
  }
  throw new Error(`no ${count} free ports in a row from ${PORT_MIN} to ${PORT_END}`);
}

/** Gives `count` different ports on which nobody listens, and which no other process is given before this one ends. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count && attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_MIN, PORT_END);
    if (await takeAll([port])) ports.add(port);
  }
  if (ports.size < count) throw new Error(`no ${count} free ports from ${PORT_MIN} to ${PORT_END}`);
  return [...ports];
}
