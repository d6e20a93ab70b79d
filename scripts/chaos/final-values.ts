/** Reads at the end what became of each key. */
import { pause } from '../processes/wait.js';
import { Clients, readContextReply } from './clients.js';
import type { FinalState } from './verdict.js';

const READERS = 32;
const READ_ATTEMPTS_MAX = 100;
const READ_AGAIN_MS = 100;
const KEYS_A_READ = 100;

/** The siblings of each key, each key asked through another node, and what is shown of it through every node. */
export async function finalValues(
  ports: readonly number[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, FinalState>> {
  const siblings = new Map<string, readonly string[]>();
  const shown = new Map<string, Map<number, string | null>>(keys.map((key) => [key, new Map()]));
  const clients = new Clients(ports);
  const readSome = async (first: number): Promise<void> => {
    for (let at = first; at < keys.length; at += READERS) {
      const key = keys[at] ?? '';
      const reply = await again((attempt) => clientAt(clients, at + attempt).call('GET', key, 'CONTEXT'));
      siblings.set(key, readContextReply(reply).siblings);
    }
  };
  const readAllThrough = async (port: number): Promise<void> => {
    for (let at = 0; at < keys.length; at += KEYS_A_READ) {
      const some = keys.slice(at, at + KEYS_A_READ);
      const values = await again(() => clientOf(clients, port).mget(some));
      for (const [index, key] of some.entries()) shown.get(key)?.set(port, values[index] ?? null);
    }
  };
  try {
    await Promise.all(Array.from({ length: READERS }, (_, first) => readSome(first)));
    await Promise.all(ports.map(readAllThrough));
  } finally {
    clients.close();
  }
  return new Map(
    keys.map((key) => [key, { siblings: siblings.get(key) ?? [], shown: shown.get(key) ?? new Map() }] as const),
  );
}

function clientAt(clients: Clients, index: number) {
  const connected = clients.connected();
  const client = connected[index % Math.max(1, connected.length)];
  if (client === undefined) throw new Error('no node is connected');
  return client;
}

function clientOf(clients: Clients, port: number) {
  const client = clients.connected().find(({ options }) => options.port === port);
  if (client === undefined) throw new Error(`port ${port} is not connected`);
  return client;
}

/** Tries until it succeeds, with pauses. Rejects with the last error. */
async function again<T>(read: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read(attempt);
    } catch (error) {
      if (attempt >= READ_ATTEMPTS_MAX) throw error;
      await pause(READ_AGAIN_MS);
    }
  }
}
