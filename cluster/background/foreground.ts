import type { LatencyRecorder } from '../ports/latency.js';
import { ALONE_TICKS, FEW_SAMPLES_MIN, MINUTE_STRETCHES, RECENT_TICKS, SAMPLES_MIN } from './limits.js';
import { SlidingHistogram } from './sliding-histogram.js';

const P99 = 0.99;
const P90 = 0.9;

/**
 * How long clients' gets and puts take, seen three ways: over the last seconds, over the last minute (Dynamo §6.5), and
 * over the last moments in which no background work disturbed them.
 */
export class Foreground {
  readonly #recent = new SlidingHistogram(RECENT_TICKS);
  readonly #minute = new SlidingHistogram(MINUTE_STRETCHES);
  readonly #alone = new SlidingHistogram(ALONE_TICKS);
  readonly #ignoredFromUs: number;
  #ticks = 0;
  /** Of the recent window, a tick each; a restart leaves them. */
  readonly #operations = new Array<number>(RECENT_TICKS).fill(0);

  /** Durations of the request timeout and above tell of failed nodes, which no slower background mends. */
  constructor(requestTimeoutMs: number) {
    this.#ignoredFromUs = requestTimeoutMs * 1000;
  }

  /** A recorder that hands on to `next` and lets the governor see too. */
  watching(next: LatencyRecorder): LatencyRecorder {
    const recent = this.#recent;
    const ignoredFromUs = this.#ignoredFromUs;
    return {
      record(us) {
        next.record(us);
        if (us < ignoredFromUs) recent.record(us);
      },
    };
  }

  /** Ends a tick. `alone`: no background work to speak of ran in it. */
  tick(alone: boolean): void {
    const slice = this.#recent.rotate();
    this.#operations[this.#ticks % RECENT_TICKS] = this.#recent.closedCount;
    this.#minute.addSlice(slice, this.#recent.closedCount);
    this.#ticks++;
    if (this.#ticks % RECENT_TICKS === 0) this.#minute.rotate();
    if (!alone) return;
    this.#alone.addSlice(slice, this.#recent.closedCount);
    this.#alone.rotate();
  }

  /** Whether there was a get or a put in the tick that ended last. */
  get wasBusy(): boolean {
    return this.#recent.closedCount > 0;
  }

  /** From here on the recent window holds only what comes. */
  restartRecent(): void {
    this.#recent.clear();
  }

  /** Gets and puts of the last seconds, whether or not the window was restarted. */
  get recentOperations(): number {
    return this.#operations.reduce((sum, count) => sum + count, 0);
  }

  /** These three are in µs; undefined: there were too few gets and puts to tell. */
  recentP99Us(): number | undefined {
    return tailUs(this.#recent);
  }

  minuteP99Us(): number | undefined {
    return this.#minute.quantileUs(P99, SAMPLES_MIN);
  }

  aloneP99Us(): number | undefined {
    return tailUs(this.#alone);
  }
}

/** The p99, or the p90 where there are too few samples for that. */
function tailUs(histogram: SlidingHistogram): number | undefined {
  return histogram.quantileUs(P99, SAMPLES_MIN) ?? histogram.quantileUs(P90, FEW_SAMPLES_MIN);
}
