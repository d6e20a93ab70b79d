/**
 * Requests in an open loop: each is due when its time has come, whatever became of those before, and its latency counts from
 * there. A stall is charged to all that would have come meanwhile (no coordinated omission).
 */
import { build, type Histogram } from 'hdr-histogram-js';
import { RequestPipe } from '../background/request-pipe.js';
import { pause } from '../processes/wait.js';

const TICK_MS = 1;
const US_MAX = 60_000_000;
/** Answers that have not come so long after the last request count as they are: as errors. */
const LAST_ANSWERS_MS = 2_000;

/** One request: as bytes, through which node, and in which figures its latency is counted. */
export interface Due {
  readonly request: string;
  readonly port: number;
  readonly figures: Figures;
}

/** Latencies in µs, and how many requests failed. */
export class Figures {
  readonly latencies: Histogram = build({ highestTrackableValue: US_MAX, numberOfSignificantValueDigits: 3 });
  errors = 0;

  record(us: number, isError: boolean): void {
    this.latencies.recordValue(Math.min(US_MAX, Math.max(1, Math.round(us))));
    if (isError) this.errors++;
  }

  get averageMs(): number {
    return this.latencies.mean / 1000;
  }

  /** The latency in ms that so many per cent of the requests do not exceed. */
  percentileMs(percent: number): number {
    return this.latencies.getValueAtPercentile(percent) / 1000;
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

/** When requests are due whose rate changes: a time after the start in µs for each. */
export class Schedule {
  readonly #rateAt: (seconds: number) => number;
  #nextUs = 0;

  /** @param rateAt requests a second, so many seconds after the start */
  constructor(rateAt: (seconds: number) => number) {
    this.#rateAt = rateAt;
  }

  /** The next time, if it is not after `untilUs`. */
  take(untilUs: number): number | undefined {
    const dueUs = this.#nextUs;
    if (dueUs > untilUs) return undefined;
    this.#nextUs = dueUs + 1_000_000 / this.#rateAt(dueUs / 1_000_000);
    return dueUs;
  }
}

/** Connections to the nodes, several to each, used in turn. */
export class Connections {
  readonly #byPort = new Map<number, { readonly pipes: readonly RequestPipe[]; turn: number }>();
  /** By connection: who counts the requests that are under way, in their order. */
  readonly #awaited = new Map<RequestPipe, Figures[]>();

  static async open(ports: readonly number[], each: number): Promise<Connections> {
    const connections = new Connections();
    for (const port of ports) {
      const pipes = await Promise.all(
        Array.from({ length: each }, () =>
          RequestPipe.connect(port, (pipe, dueUs, isError) => connections.#answered(pipe, dueUs, isError)),
        ),
      );
      for (const pipe of pipes) connections.#awaited.set(pipe, []);
      connections.#byPort.set(port, { pipes, turn: 0 });
    }
    return connections;
  }

  /** `dueUs`: by `nowUs`. */
  send({ request, port, figures }: Due, dueUs: number): void {
    const to = this.#byPort.get(port);
    const pipe = to?.pipes[to.turn++ % to.pipes.length];
    if (pipe === undefined) throw new Error(`there is no connection to port ${port}`);
    this.#awaited.get(pipe)?.push(figures);
    pipe.send(request, dueUs);
  }

  flush(): void {
    for (const { pipes } of this.#byPort.values()) for (const pipe of pipes) pipe.flush();
  }

  /** Requests without an answer. */
  get inFlight(): number {
    let waiting = 0;
    for (const { pipes } of this.#byPort.values()) for (const pipe of pipes) waiting += pipe.inFlight;
    return waiting;
  }

  close(): void {
    for (const { pipes } of this.#byPort.values()) for (const pipe of pipes) pipe.close();
  }

  #answered(pipe: RequestPipe, dueUs: number, isError: boolean): void {
    this.#awaited
      .get(pipe)
      ?.shift()
      ?.record(nowUs() - dueUs, isError);
  }
}

/** Sends what `next` gives at each time of the schedule for so many seconds, and waits for the answers. */
export async function runLoad(
  connections: Connections,
  schedule: Schedule,
  seconds: number,
  next: (secondsIn: number) => Due,
): Promise<void> {
  const startUs = nowUs();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const untilUs = Math.min(nowUs() - startUs, seconds * 1_000_000);
      for (let dueUs = schedule.take(untilUs); dueUs !== undefined; dueUs = schedule.take(untilUs)) {
        connections.send(next(dueUs / 1_000_000), startUs + dueUs);
      }
      connections.flush();
      if (untilUs < seconds * 1_000_000) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const endMs = performance.now() + LAST_ANSWERS_MS;
  while (connections.inFlight > 0 && performance.now() < endMs) await pause(TICK_MS * 10);
}

function nowUs(): number {
  return performance.now() * 1000;
}
