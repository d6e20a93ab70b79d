import { Redis } from 'ioredis';

const COMMAND_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 2000;
const RECONNECT_MS = 100;

/** A stock client for each node. A command that fails is never sent again: its caller writes down how it ended. */
export class Clients {
  readonly #clients = new Map<number, Redis>();

  constructor(ports: readonly number[]) {
    for (const port of ports) this.add(port);
  }

  add(port: number): void {
    this.#clients.set(port, clientOf(port));
  }

  /** Closes the client of a node that is gone for good. */
  remove(port: number): void {
    this.#clients.get(port)?.disconnect();
    this.#clients.delete(port);
  }

  /** The clients that are connected now. */
  connected(): readonly Redis[] {
    return [...this.#clients.values()].filter(({ status }) => status === 'ready');
  }

  close(): void {
    for (const port of [...this.#clients.keys()]) this.remove(port);
  }
}

function clientOf(port: number): Redis {
  const client = new Redis(port, '127.0.0.1', {
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: () => RECONNECT_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
  });
  // Nodes come and go here; commands that fail say so themselves.
  client.on('error', () => undefined);
  return client;
}

/** A reply that is made of arrays and strings, as `GET key CONTEXT` gives it. */
export function readContextReply(reply: unknown): { token: string; siblings: string[] } {
  if (Array.isArray(reply) && reply.length === 2) {
    const [token, siblings]: unknown[] = reply;
    if (typeof token === 'string' && Array.isArray(siblings) && siblings.every((value) => typeof value === 'string')) {
      return { token, siblings };
    }
  }
  throw new Error(`not a reply to GET key CONTEXT: ${JSON.stringify(reply)}`);
}
