/** Many connections to several servers; one that is lost is made anew, to the next server. */
import { type Answered, RequestPipe } from '../background/request-pipe.js';
import { pause } from '../processes/wait.js';
import type { Address } from './traffic.js';

/** Between two attempts to reach a server that isn't there. */
const RETRY_MS = 20;
const DRAIN_CHECK_MS = 10;

/** Nobody is there to send requests to. */
export class UnreachableError extends Error {}

export class Connections {
  readonly #addresses: readonly Address[];
  readonly #answered: Answered;
  readonly #opened: (pipe: RequestPipe) => void;
  #open: RequestPipe[] = [];
  #turn = 0;
  #isClosed = false;

  /** @param opened hears of each connection that stands. */
  constructor(addresses: readonly Address[], answered: Answered, opened: (pipe: RequestPipe) => void) {
    this.#addresses = addresses;
    this.#answered = answered;
    this.#opened = opened;
  }

  /** Opens `count` connections, spread over the servers that are there. Rejects with `UnreachableError` when none is. */
  async open(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#connectToAny(i);
  }

  /** Those that stand. */
  get pipes(): readonly RequestPipe[] {
    return this.#open;
  }

  /** The next one in turn; undefined when all are lost. */
  next(): RequestPipe | undefined {
    for (let tried = 0; tried < this.#open.length; tried++) {
      const pipe = this.#open[this.#turn++ % this.#open.length];
      if (pipe?.isClosed === false) return pipe;
    }
    return undefined;
  }

  /** Sends what was given to them since the last time. */
  flush(): void {
    for (const pipe of this.#open) pipe.flush();
  }

  /** Waits until all that is under way has been answered, but no longer than `ms`. */
  async answered(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    while (this.#open.some((pipe) => pipe.inFlight > 0) && performance.now() < endMs) await pause(DRAIN_CHECK_MS);
  }

  /** Ends all; what is under way is lost. */
  close(): void {
    this.#isClosed = true;
    for (const pipe of this.#open) pipe.close();
  }

  async #connectToAny(first: number): Promise<void> {
    const errors: string[] = [];
    for (let i = 0; i < this.#addresses.length; i++) {
      try {
        await this.#connect(first + i);
        return;
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new UnreachableError(`no server can be reached: ${errors.join(', ')}`);
  }

  async #connect(server: number): Promise<void> {
    const address = this.#addresses[server % this.#addresses.length];
    if (address === undefined) throw new Error('there is no server to connect to');
    const lost = (pipe: RequestPipe): void => {
      this.#open = this.#open.filter((other) => other !== pipe);
      void this.#reconnect(server + 1);
    };
    const pipe = await RequestPipe.connect(address.port, this.#answered, lost, address.host);
    if (this.#isClosed) {
      pipe.close();
      return;
    }
    this.#open.push(pipe);
    this.#opened(pipe);
  }

  async #reconnect(first: number): Promise<void> {
    for (let server = first; !this.#isClosed; server++) {
      try {
        await this.#connect(server);
        return;
      } catch {
        await pause(RETRY_MS);
      }
    }
  }
}
