import { connect } from 'node:net';
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls';
import RedisParser from 'redis-parser';

/** What a node replied to one command: RESP2, an error where it refused. */
export type Reply = unknown;

/** Who asks, where nodes want to know. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const ANSWER_MS = 2000;

/**
 * Sends commands on a connection of its own and gives their replies in order; a refusal is an Error among them. Rejects when
 * the node can't be reached, speaks another protocol, does not let us in, or has not answered all of them within two seconds.
 */
export function askNode(
  host: string,
  port: number,
  commands: readonly (readonly string[])[],
  credentials?: Credentials,
  tls?: ConnectionOptions,
): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const address = `${host}:${port}`;
    const replies: Reply[] = [];
    const socket = tls === undefined ? connect({ host, port }) : connectSecurely({ ...tls, host, port });
    const late = setTimeout(() => settle(() => reject(new Error(`${address} does not answer`))), ANSWER_MS);
    const settle = (action: () => void): void => {
      clearTimeout(late);
      socket.destroy();
      action();
    };
    let isLoggingIn = credentials !== undefined;
    const take = (reply: Reply): void => {
      if (isLoggingIn) {
        isLoggingIn = false;
        if (reply instanceof Error) settle(() => reject(new Error(`${address}: ${reply.message}`)));
        return;
      }
      replies.push(reply);
      if (replies.length === commands.length) settle(() => resolve(replies));
    };
    const parser = new RedisParser({
      returnReply: take,
      returnError: take,
      returnFatalError: () => {
        const hint = tls === undefined ? '; --tls where this is its port for TLS' : '';
        settle(() => reject(new Error(`${address} does not speak the Redis protocol${hint}`)));
      },
    });
    socket.on('error', (error) => settle(() => reject(new Error(`${address} can't be reached: ${error.message}`))));
    socket.on('close', () => settle(() => reject(new Error(`${address} has closed the connection`))));
    socket.on('data', (chunk) => parser.execute(chunk));
    if (credentials !== undefined) socket.write(requestOf(['AUTH', credentials.user, credentials.password]));
    socket.write(commands.map(requestOf).join(''));
  });
}

function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
