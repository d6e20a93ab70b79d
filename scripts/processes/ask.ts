import { connect } from 'node:net';
import RedisParser from 'redis-parser';

const HOST = '127.0.0.1';
/** Against what hangs: where many processes share a core a node may be slow to answer. */
const ANSWER_MS = 15_000;

/**
 * Sends one command on a connection of its own and gives the reply. Rejects with the error of the reply, or with that
 * of the connection, or when there is no answer within fifteen seconds.
 */
export function ask(port: number, ...words: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    const settle = (action: () => void): void => {
      socket.destroy();
      action();
    };
    const parser = new RedisParser({
      returnReply: (reply: unknown) => settle(() => resolve(reply)),
      returnError: (error) => settle(() => reject(error)),
    });
    socket.setTimeout(ANSWER_MS, () => settle(() => reject(new Error(`no answer from port ${port}`))));
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('close', () => reject(new Error(`port ${port} closed the connection`)));
    socket.on('data', (chunk) => parser.execute(chunk));
    socket.write(request(words));
  });
}

function request(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** A field of a node's `INFO`, as text. Rejects where there is none of that name. */
export async function infoField(port: number, section: string, name: string): Promise<string> {
  const fields = await infoFields(port, section);
  const value = fields.get(name);
  if (value === undefined) throw new Error(`port ${port} says nothing of ${name}`);
  return value;
}

/** All fields of a section of a node's `INFO`. */
export async function infoFields(port: number, section: string): Promise<ReadonlyMap<string, string>> {
  const lines = String(await ask(port, 'INFO', section)).split('\r\n');
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
}

/** How many other nodes the node at `port` has an open connection to, by its own account. */
export async function connectedPeers(port: number): Promise<number> {
  const reply = await ask(port, 'CLUSTER', 'NODES');
  if (typeof reply !== 'string') throw new Error(`port ${port} answers CLUSTER NODES with ${typeof reply}`);
  return countConnected(reply);
}

/** Counts the lines of a `CLUSTER NODES` reply that are about another node that is connected and not failing. */
export function countConnected(clusterNodes: string): number {
  const lines = clusterNodes.split('\n').filter((line) => line !== '');
  return lines.filter((line) => {
    const [, , flags = '', , , , , link] = line.split(' ');
    const names = flags.split(',');
    return !names.includes('myself') && !names.some((name) => name.startsWith('fail')) && link === 'connected';
  }).length;
}
