/** What clients do while background work runs: gets and puts of a small set of keys, half and half. */
import { build, type Histogram } from 'hdr-histogram-js';
import { pause } from '../processes/wait.js';
import { Arrivals, nowUs } from './arrivals.js';
import { RequestPipe, requestOf } from './request-pipe.js';

const KEYS = 10_000;
const PIPES_A_NODE = 16;
const TICK_MS = 1;
const US_MAX = 60_000_000;
const VALUE = 'x'.repeat(100);

/** Latencies in µs, from when a request was due to its answer. */
export interface LoadFigures {
  readonly latencies: Histogram;
  readonly errors: number;
}

function nextRequest(turn: number): string {
  const key = `foreground:${Math.floor(Math.random() * KEYS)}`;
  return turn % 2 === 0 ? requestOf('GET', key) : requestOf('SET', key, VALUE);
}

function emptyHistogram(): Histogram {
  return build({ highestTrackableValue: US_MAX, numberOfSignificantValueDigits: 3 });
}

export class ForegroundLoad {
  readonly #pipes: RequestPipe[] = [];
  #latencies = emptyHistogram();
  #errors = 0;
  #turn = 0;
  #answered: (pipe: RequestPipe) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  /** From now on the node at `port` is asked too. */
  async add(port: number): Promise<void> {
    for (let i = 0; i < PIPES_A_NODE; i++) {
      const pipe = await RequestPipe.connect(port, (from, dueUs, isError) => {
        this.#latencies.recordValue(Math.min(US_MAX, Math.max(1, Math.round(nowUs() - dueUs))));
        if (isError) this.#errors++;
        this.#answered(from);
      });
      this.#pipes.push(pipe);
    }
  }

  /** How many requests a second are answered when each connection sends one after the other, for so long. */
  async capacity(seconds: number): Promise<number> {
    this.restart();
    const startUs = nowUs();
    this.#answered = (pipe) => this.#sendOn(pipe);
    for (const pipe of this.#pipes) this.#sendOn(pipe);
    await pause(seconds * 1000);
    this.#answered = () => undefined;
    return (this.#latencies.totalCount * 1_000_000) / (nowUs() - startUs);
  }

  /** Sends requests at this rate from now on, round robin over the connections. */
  start(requestsPerSecond: number): void {
    const arrivals = new Arrivals(nowUs(), requestsPerSecond);
    this.#timer = setInterval(() => {
      const tickUs = nowUs();
      for (let dueUs = arrivals.take(tickUs); dueUs !== undefined; dueUs = arrivals.take(tickUs)) {
        this.#pipes[this.#turn % this.#pipes.length]?.send(nextRequest(this.#turn++), dueUs);
      }
      for (const pipe of this.#pipes) pipe.flush();
    }, TICK_MS);
  }

  /** Forgets what was measured so far. */
  restart(): void {
    this.#latencies = emptyHistogram();
    this.#errors = 0;
  }

  /** What was measured since the last `restart`. */
  figures(): LoadFigures {
    return { latencies: this.#latencies, errors: this.#errors };
  }

  /** Sends nothing more, and leaves. */
  stop(): void {
    clearInterval(this.#timer);
    for (const pipe of this.#pipes) pipe.close();
  }

  #sendOn(pipe: RequestPipe): void {
    pipe.send(nextRequest(this.#turn++), nowUs());
    pipe.flush();
  }
}
