import type { Clock } from '../../cluster/ports/clock.js';
import { SPIKES_KEPT } from './limits.js';

const MS_PER_S = 1000;

/** The longest time that an event took in one second. */
export interface Spike {
  /** In s since 1970. */
  readonly atS: number;
  readonly ms: number;
}

/** What was seen of one event since the start or the last reset. */
export interface SpikeSeries {
  readonly event: string;
  /** The oldest first, at most one a second. */
  readonly spikes: readonly Spike[];
  /** The longest of all that ever were, also of those that are no longer kept. */
  readonly maxMs: number;
}

interface MutableSeries extends SpikeSeries {
  spikes: Spike[];
  maxMs: number;
}

/** What `LATENCY LATEST`, `HISTORY`, `GRAPH` and `DOCTOR` tell of: events that took at least `latency-monitor-threshold`. */
export class LatencySpikes {
  readonly #series = new Map<string, MutableSeries>();

  /** @param thresholdMs 0: nothing is watched. */
  constructor(
    private readonly clock: Clock,
    private readonly thresholdMs: () => number,
  ) {}

  get isWatching(): boolean {
    return this.thresholdMs() > 0;
  }

  /** Notes that `event` took `us`, if that is long. Of several within one second the longest counts. */
  note(event: string, us: number): void {
    const threshold = this.thresholdMs();
    const ms = Math.trunc(us / MS_PER_S);
    if (threshold === 0 || ms < threshold) return;
    let series = this.#series.get(event);
    if (series === undefined) {
      series = { event, spikes: [], maxMs: 0 };
      this.#series.set(event, series);
    }
    series.maxMs = Math.max(series.maxMs, ms);
    const atS = Math.trunc(this.clock.nowMs() / MS_PER_S);
    const { spikes } = series;
    const last = spikes.at(-1);
    if (last?.atS === atS) {
      if (ms > last.ms) spikes[spikes.length - 1] = { atS, ms };
      return;
    }
    spikes.push({ atS, ms });
    if (spikes.length > SPIKES_KEPT) spikes.shift();
  }

  series(event: string): SpikeSeries | undefined {
    return this.#series.get(event);
  }

  all(): readonly SpikeSeries[] {
    return [...this.#series.values()];
  }

  /** Forgets that event; true: there was something to forget. */
  forget(event: string): boolean {
    return this.#series.delete(event);
  }
}
