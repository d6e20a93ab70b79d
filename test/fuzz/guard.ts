import { connect, type Socket } from 'node:net';
import RedisParser from 'redis-parser';
import { pause } from '../../scripts/processes/wait.js';
import { requestOf } from '../commands/request.js';
import type { Prng } from '../simulation/prng.js';

const HOST = '127.0.0.1';
const KEYS = 20;
const ROUND_PAUSE_MS = 3;
/** Without a reply for so long a client was forgotten. */
const ANSWER_MS = 60_000;
/**
 * For so long a write that was refused may still be done: a node that has begun it and stands still goes on with it afterwards, and it is
 * newer then than what was written meanwhile.
 */
const LATE_MS = 5_000;

type Reply = string | number | null | Error | Reply[];

/** What the well-behaved client has met. */
export interface GuardReport {
  readonly answered: number;
  /** Refused with an error that says that replicas did not answer. */
  readonly refused: number;
  /** What the last of them said. */
  readonly lastRefusal: string;
  readonly worstMs: number;
  readonly faults: readonly string[];
}

/**
 * A client that behaves, and checks all that it is told: what it has written is there, whatever others do. A write that was
 * refused may have taken effect all the same.
 */
export class Guard {
  #answered = 0;
  #refused = 0;
  #worstMs = 0;
  readonly #faults: string[] = [];
  /** What each key may hold. */
  readonly #possible = new Map<string, Set<string | null>>();
  /** Writes of each key that were refused, and until when they may still be done, in ms. */
  readonly #late = new Map<string, { readonly value: string | null; readonly untilMs: number }[]>();
  readonly #waiting: ((reply: Reply) => void)[] = [];
  #stopped = false;
  #serial = 0;
  #lastRefusal = '';

  private constructor(
    private readonly socket: Socket,
    private readonly prng: Prng,
    private readonly prefix: string,
  ) {
    const parser = new RedisParser({
      returnReply: (reply: Reply) => this.#waiting.shift()?.(reply),
      returnError: (error) => this.#waiting.shift()?.(error),
      returnFatalError: (error) => this.#fault(`replies are no RESP: ${error.message}`),
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => parser.execute(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#stopped) this.#fault('its connection was closed');
      for (const settle of this.#waiting.splice(0)) settle(new Error('closed'));
    });
  }

  static async open(port: number, prng: Prng, prefix: string): Promise<Guard> {
    const socket = connect(port, HOST);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Guard(socket, prng, prefix);
  }

  get report(): GuardReport {
    const refusals = this.#refused > 0 ? ` (${this.#lastRefusal})` : '';
    const faults = this.#faults.map((fault) => `a client that behaves: ${fault}${refusals}`);
    return {
      answered: this.#answered,
      refused: this.#refused,
      lastRefusal: this.#lastRefusal,
      worstMs: this.#worstMs,
      faults,
    };
  }

  /** Goes on until `stop`, or until something is wrong. */
  async run(): Promise<void> {
    while (!this.#stopped && this.#faults.length === 0) {
      await this.#round();
      await pause(ROUND_PAUSE_MS);
    }
    this.socket.destroy();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #round(): Promise<void> {
    const key = `${this.prefix}:${this.prng.below(KEYS)}`;
    const value = `${this.#serial++}:${'v'.repeat(this.prng.below(200))}`;
    switch (this.prng.below(5)) {
      case 0:
        return this.#write(key, value, 'OK', ['SET', key, value]);
      case 1: {
        // Whether it was there is known only where no write of the key was refused.
        const known = this.#possible.get(key) ?? new Set([null]);
        const expected = known.size > 1 ? undefined : known.has(null) ? 0 : 1;
        return this.#write(key, null, expected, ['DEL', key]);
      }
      case 2:
        return this.#check(['ECHO', value], (reply) => reply === value);
      default: {
        const known = this.#possible.get(key) ?? new Set([null]);
        return this.#check(['GET', key], (reply) => (reply === null || typeof reply === 'string') && known.has(reply));
      }
    }
  }

  async #write(key: string, value: string | null, expected: Reply | undefined, words: string[]): Promise<void> {
    const startMs = performance.now();
    const reply = await this.#ask(words);
    const late = (this.#late.get(key) ?? []).filter(({ untilMs }) => untilMs > startMs);
    if (reply instanceof Error) {
      const before = this.#possible.get(key) ?? new Set([null]);
      this.#possible.set(key, new Set([...before, value]));
      this.#late.set(key, [...late, { value, untilMs: performance.now() + LATE_MS }]);
      this.#failed(words, reply);
      return;
    }
    if (expected !== undefined && reply !== expected) this.#wrong(words, reply);
    this.#possible.set(key, new Set([value, ...late.map((refused) => refused.value)]));
    this.#late.set(key, late);
  }

  async #check(words: string[], isRight: (reply: Reply) => boolean): Promise<void> {
    const reply = await this.#ask(words);
    if (reply instanceof Error) this.#failed(words, reply);
    else if (!isRight(reply)) this.#wrong(words, reply);
  }

  #failed(words: readonly string[], error: Error): void {
    if (/^(?:NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY)/.test(error.message)) {
      this.#refused++;
      this.#lastRefusal = error.message;
    } else if (!this.#stopped) this.#wrong(words, error);
  }

  #wrong(words: readonly string[], reply: Reply): void {
    const shown = reply instanceof Error ? reply.message : JSON.stringify(reply);
    const known = [...(this.#possible.get(words[1] ?? '') ?? [])].map((value) => value?.slice(0, 20) ?? 'nothing');
    this.#fault(
      `${words.join(' ').slice(0, 60)} was answered with ${shown?.slice(0, 200)}; it may hold ${known.join(', ')}`,
    );
  }

  #fault(text: string): void {
    this.#faults.push(text);
  }

  async #ask(words: readonly string[]): Promise<Reply> {
    const startMs = performance.now();
    const reply = await new Promise<Reply>((resolve) => {
      const late = setTimeout(() => {
        this.#fault(`${words[0]} had no answer for ${ANSWER_MS} ms`);
        this.socket.destroy();
      }, ANSWER_MS);
      this.#waiting.push((value) => {
        clearTimeout(late);
        resolve(value);
      });
      this.socket.write(requestOf(words.map((word) => Buffer.from(word))));
    });
    this.#answered++;
    this.#worstMs = Math.max(this.#worstMs, performance.now() - startMs);
    return reply;
  }
}
