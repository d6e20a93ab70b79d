import { connect, type Socket } from 'node:net';
import { build, type Histogram } from 'hdr-histogram-js';
import RedisParser from 'redis-parser';
import { requestOf } from '../commands/request.js';

const HOST = '127.0.0.1';
const PERIOD_MS = 5;
const US_MAX = 120_000_000;
const KEYS = 100;
const VALUE = Buffer.alloc(100, 's');

/** What the requests of a steady client took, in µs, from when each was due to its answer. */
export interface SteadyFigures {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly errors: number;
}

/**
 * A client that behaves: 200 requests a second, `GET` and `SET` in turn, each sent when it is due, whether those before it are
 * answered or not. So a node that stands still for a second is seen by all requests of that second.
 */
export class SteadyClient {
  #latencies = emptyHistogram();
  #errors = 0;
  #sent = 0;
  readonly #dueUs: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #nextUs = nowUs();

  private constructor(private readonly socket: Socket) {
    const answered = (isError: boolean): void => {
      const dueUs = this.#dueUs.shift();
      if (dueUs === undefined) return;
      this.#latencies.recordValue(Math.min(US_MAX, Math.max(1, Math.round(nowUs() - dueUs))));
      if (isError) this.#errors++;
    };
    const parser = new RedisParser({ returnReply: () => answered(false), returnError: () => answered(true) });
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => parser.execute(chunk));
    socket.on('error', () => undefined);
    this.#timer = setInterval(() => this.#send(), PERIOD_MS);
  }

  static async open(port: number): Promise<SteadyClient> {
    const socket = connect(port, HOST);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new SteadyClient(socket);
  }

  /** What was seen since the last call. */
  take(): SteadyFigures {
    const latencies = this.#latencies;
    const figures = {
      count: latencies.totalCount,
      p50Us: latencies.getValueAtPercentile(50),
      p99Us: latencies.getValueAtPercentile(99),
      maxUs: latencies.maxValue,
      errors: this.#errors,
    };
    this.#latencies = emptyHistogram();
    this.#errors = 0;
    return figures;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.socket.destroy();
  }

  #send(): void {
    for (const now = nowUs(); this.#nextUs <= now; this.#nextUs += PERIOD_MS * 1000) {
      const key = Buffer.from(`steady:${this.#sent % KEYS}`);
      const words = this.#sent % 2 === 0 ? [Buffer.from('SET'), key, VALUE] : [Buffer.from('GET'), key];
      this.#sent++;
      this.#dueUs.push(this.#nextUs);
      this.socket.write(requestOf(words));
    }
  }
}

function nowUs(): number {
  return performance.now() * 1000;
}

function emptyHistogram(): Histogram {
  return build({ highestTrackableValue: US_MAX, numberOfSignificantValueDigits: 3 });
}
