import { connect, type Socket } from 'node:net';
import RedisParser from 'redis-parser';

const HOST = '127.0.0.1';

/** Hears of each request's end: `dueUs` (or what else it was that `send` was given), and with `isError` what the server said, if it did. */
export type Answered = (pipe: RequestPipe, dueUs: number, isError: boolean, reason?: string) => void;

/** Hears that a connection is gone, after all that was under way on it has ended. */
export type Closed = (pipe: RequestPipe) => void;

/** One connection to a node: any number of requests in flight, answered in their order. */
export class RequestPipe {
  readonly #socket: Socket;
  readonly #answered: Answered;
  readonly #closed: Closed;
  #due: number[] = [];
  #head = 0;
  #unsent: string[] = [];
  #isClosed = false;

  private constructor(socket: Socket, answered: Answered, closed: Closed) {
    this.#socket = socket;
    this.#answered = answered;
    this.#closed = closed;
    const parser = new RedisParser({
      returnReply: () => this.#end(false),
      returnError: ({ message }) => this.#end(true, message),
    });
    socket.on('data', (chunk) => parser.execute(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#close());
  }

  static connect(
    port: number,
    answered: Answered,
    closed: Closed = () => undefined,
    host = HOST,
  ): Promise<RequestPipe> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RequestPipe(socket, answered, closed)));
    });
  }

  /** Whether the connection is gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Requests without an answer. */
  get inFlight(): number {
    return this.#due.length - this.#head;
  }

  /** Adds a request to what the next `flush` sends. On a connection that is gone it fails at once. */
  send(request: string, dueUs: number): void {
    if (this.#isClosed) {
      this.#answered(this, dueUs, true);
      return;
    }
    this.#due.push(dueUs);
    this.#unsent.push(request);
  }

  flush(): void {
    if (this.#unsent.length === 0) return;
    this.#socket.write(this.#unsent.join(''), 'latin1');
    this.#unsent = [];
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(isError: boolean, reason?: string): void {
    const dueUs = this.#due[this.#head++] ?? 0;
    if (this.#head === this.#due.length) {
      this.#due = [];
      this.#head = 0;
    }
    this.#answered(this, dueUs, isError, reason);
  }

  #close(): void {
    this.#isClosed = true;
    this.#unsent = [];
    while (this.inFlight > 0) this.#end(true);
    this.#closed(this);
  }
}

/** A command as a client sends it; the words are latin1. */
export function requestOf(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}
