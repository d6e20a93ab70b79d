import type { Histogram } from 'hdr-histogram-js';
import type { Latencies } from '../../cluster/ports/latency.js';
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import { loadHistograms } from './histogram-module.js';
import { INTERVAL_MS, RECORDINGS_MAX } from './limits.js';
import { buildHistogram, type LatencySummaries, Recording } from './recording.js';

/** One measured thing over its whole life and over the last minute. */
export interface LatencyEntry extends LatencySummaries {
  readonly name: string;
}

/** What the names of the recordings of commands begin with; their full names follow. */
export const COMMAND_PREFIX = 'command ';

const OVERFLOW_NAME = 'everything else';

/** All latencies of this process by name. Recordings come into being when they are first asked for. */
export class LatencyBook implements Latencies {
  readonly #recordings = new Map<string, Recording>();
  readonly #scratch: Histogram = buildHistogram();
  readonly #rotation: Timer;

  private constructor(timers: Timers) {
    this.#rotation = timers.every(INTERVAL_MS, () => this.#rotate());
  }

  /** Loads the WebAssembly module and opens an empty book. */
  static async open(timers: Timers): Promise<LatencyBook> {
    await loadHistograms();
    return new LatencyBook(timers);
  }

  /** The recording of a name; the same one each time. */
  recorder(name: string): Recording {
    const known = this.#recordings.get(name);
    if (known !== undefined) return known;
    if (this.#recordings.size >= RECORDINGS_MAX && name !== OVERFLOW_NAME) return this.recorder(OVERFLOW_NAME);
    const recording = new Recording();
    this.#recordings.set(name, recording);
    return recording;
  }

  /** The recording of a name, if there is one. */
  known(name: string): Recording | undefined {
    return this.#recordings.get(name);
  }

  /**
   * Summaries of all recordings whose names begin with `prefix`, in the order of their names; those in which nothing was
   * recorded are left out.
   */
  entries(prefix: string, percentiles: readonly number[]): LatencyEntry[] {
    const entries: LatencyEntry[] = [];
    for (const [name, recording] of this.#recordings) {
      if (!name.startsWith(prefix)) continue;
      const { life, lastMinute } = recording.summaries(percentiles, this.#scratch);
      if (life.count > 0) entries.push({ name, life, lastMinute });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Forgets all durations (`CONFIG RESETSTAT`). */
  reset(): void {
    for (const recording of this.#recordings.values()) recording.reset();
  }

  /** Stops the clockwork; what was recorded stays readable. */
  close(): void {
    this.#rotation.stop();
  }

  #rotate(): void {
    for (const recording of this.#recordings.values()) recording.rotate();
  }
}
