/**
 * Requests in an open loop, each through a node that the experiment names and counted where it says. A latency counts from when
 * the request was due: a stall is charged to all that would have come meanwhile (no coordinated omission).
 */
import { Arrivals, nowUs } from '../background/arrivals.js';
import type { RequestPipe } from '../background/request-pipe.js';
import { Connections } from '../load/connections.js';
import { averageMs, emptyHistogram, percentileMs, record } from '../load/latencies.js';
import { startMetronome } from '../load/metronome.js';

const HOST = '127.0.0.1';
/** Answers that have not come so long after the last request count as they are: as errors. */
const LAST_ANSWERS_MS = 2_000;
/** What takes longer shows to people. */
const SLOW_US = 100_000;

/** One request: as bytes, through which node, and in which figures its latency is counted. */
export interface Due {
  readonly request: string;
  readonly port: number;
  readonly figures: Figures;
}

/** Latencies, and how many requests failed or took longer than 100 ms. */
export class Figures {
  readonly latencies = emptyHistogram();
  errors = 0;
  slow = 0;

  record(us: number, isError: boolean): void {
    record(this.latencies, us);
    if (isError) this.errors++;
    if (us > SLOW_US) this.slow++;
  }

  get averageMs(): number {
    return averageMs(this.latencies);
  }

  /** The latency in ms that so many per cent of the requests do not exceed. */
  percentileMs(percent: number): number {
    return percentileMs(this.latencies, percent);
  }

  /** As a row of a table: average and percentiles in ms. */
  get cells(): string[] {
    return [this.averageMs, ...SHOWN_PERCENTILES.map((percent) => this.percentileMs(percent))].map(msText);
  }
}

const SHOWN_PERCENTILES = [50, 99, 99.9] as const;
export const SHOWN_HEADER = ['average', ...SHOWN_PERCENTILES.map((percent) => `p${percent}`)] as const;

export function msText(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}

/** Clients of each node: several connections, used in turn. */
export class Clients {
  readonly #byPort = new Map<number, Connections>();
  /** By connection: who counts the requests that are under way, in their order. */
  readonly #awaited = new Map<RequestPipe, Figures[]>();

  static async open(ports: readonly number[], each: number): Promise<Clients> {
    const clients = new Clients();
    for (const port of ports) {
      const answered = (pipe: RequestPipe, dueUs: number, isError: boolean): void => {
        clients.#awaited
          .get(pipe)
          ?.shift()
          ?.record(nowUs() - dueUs, isError);
      };
      const opened = (pipe: RequestPipe): void => void clients.#awaited.set(pipe, []);
      const connections = new Connections([{ host: HOST, port }], answered, opened);
      clients.#byPort.set(port, connections);
      await connections.open(each);
    }
    return clients;
  }

  /** `dueUs`: by `nowUs`. Where the node can't be reached the request has failed. */
  send({ request, port, figures }: Due, dueUs: number): void {
    const connections = this.#byPort.get(port);
    if (connections === undefined) throw new Error(`there is no connection to port ${port}`);
    const pipe = connections.next();
    if (pipe === undefined) {
      figures.record(nowUs() - dueUs, true);
      return;
    }
    this.#awaited.get(pipe)?.push(figures);
    pipe.send(request, dueUs);
  }

  flush(): void {
    for (const connections of this.#byPort.values()) connections.flush();
  }

  /** Waits until all that is under way has been answered, but no longer than `ms`. */
  async answered(ms: number): Promise<void> {
    await Promise.all([...this.#byPort.values()].map((connections) => connections.answered(ms)));
  }

  close(): void {
    for (const connections of this.#byPort.values()) connections.close();
  }
}

/**
 * Sends what `next` gives at each time that is due for so many seconds, and waits for the answers.
 *
 * @param rate requests a second, or how many so many seconds after the start
 */
export async function runLoad(
  clients: Clients,
  rate: number | ((seconds: number) => number),
  seconds: number,
  next: (secondsIn: number) => Due,
): Promise<void> {
  const startUs = nowUs();
  const endUs = startUs + seconds * 1_000_000;
  const arrivals = new Arrivals(startUs, rate);
  await new Promise<unknown>((resolve) => {
    const stop = startMetronome(() => {
      const untilUs = Math.min(nowUs(), endUs);
      for (let dueUs = arrivals.take(untilUs); dueUs !== undefined; dueUs = arrivals.take(untilUs)) {
        clients.send(next((dueUs - startUs) / 1_000_000), dueUs);
      }
      clients.flush();
      if (untilUs === endUs) resolve(stop());
    });
  });
  await clients.answered(LAST_ANSWERS_MS);
}
