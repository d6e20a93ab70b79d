import { build, type Histogram } from 'hdr-histogram-js';
import type { LatencyRecorder } from '../../cluster/ports/latency.js';
import { INTERVAL_COUNT, LATENCY_US_MAX, SIGNIFICANT_DIGITS } from './limits.js';

/** What was recorded in some stretch of time; all values in µs. */
export interface LatencySummary {
  readonly count: number;
  readonly meanUs: number;
  readonly maxUs: number;
  /** In the order of the percentiles that were asked for. */
  readonly percentilesUs: readonly number[];
}

/** Bucket k counts the values up to 2^k µs and above 2^(k-1); the last also holds what is beyond. */
const BUCKET_COUNT = Math.ceil(Math.log2(LATENCY_US_MAX)) + 1;

/** A histogram in the memory of the WebAssembly module. It must be initialised first. */
export function buildHistogram(): Histogram {
  return build({
    useWebAssembly: true,
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_US_MAX,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
}

/**
 * The durations of one measured thing. Hot: `record` crosses into WebAssembly once (about 40 ns; it gains nothing from
 * batching). Only the current interval is written to; when an interval ends it is added to the whole life.
 *
 *     life  <- [ -50 s | -40 s | -30 s | -20 s | -10 s | now ]  each interval a histogram, reused in turn
 *
 * Histograms are reset and never destroyed: the library's destroy() leaves about 3 KiB behind each time.
 */
export class Recording implements LatencyRecorder {
  readonly #life = buildHistogram();
  readonly #intervals: Histogram[] = [];
  readonly #intervalCounts: number[] = [];
  readonly #buckets = new Float64Array(BUCKET_COUNT);
  #current: Histogram;
  #currentAt = 0;
  #currentCount = 0;

  constructor() {
    this.#current = buildHistogram();
    this.#intervals.push(this.#current);
    this.#intervalCounts.push(0);
  }

  record(us: number): void {
    // Clamped below too: WebAssembly traps on negative and unordered numbers.
    const whole = us >= 1 ? (us < LATENCY_US_MAX ? Math.trunc(us) : LATENCY_US_MAX) : 0;
    this.#currentCount++;
    this.#current.recordValue(whole);
    const bucket = whole <= 1 ? 0 : 32 - Math.clz32(whole - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  /** Ends the current interval and forgets the one that is now a minute old. */
  rotate(): void {
    if (this.#currentCount > 0) this.#life.add(this.#current);
    this.#intervalCounts[this.#currentAt] = this.#currentCount;
    this.#currentAt = (this.#currentAt + 1) % INTERVAL_COUNT;
    this.#currentCount = 0;
    let next = this.#intervals[this.#currentAt];
    if (next === undefined) {
      next = buildHistogram();
      this.#intervals[this.#currentAt] = next;
    } else if ((this.#intervalCounts[this.#currentAt] ?? 0) > 0) {
      next.reset();
    }
    this.#intervalCounts[this.#currentAt] = 0;
    this.#current = next;
  }

  /** Everything since the start or the last reset. `scratch` is overwritten. */
  life(percentiles: readonly number[], scratch: Histogram): LatencySummary {
    scratch.reset();
    scratch.add(this.#life);
    if (this.#currentCount > 0) scratch.add(this.#current);
    return summarize(scratch, percentiles);
  }

  /** The last minute, in steps of ten seconds: between 50 and 60 s. `scratch` is overwritten. */
  lastMinute(percentiles: readonly number[], scratch: Histogram): LatencySummary {
    scratch.reset();
    this.#intervals.forEach((interval, at) => {
      const count = at === this.#currentAt ? this.#currentCount : (this.#intervalCounts[at] ?? 0);
      if (count > 0) scratch.add(interval);
    });
    return summarize(scratch, percentiles);
  }

  /** How many values were at most `upToUs` µs, for the powers of two at which that number rises. */
  cumulativeCounts(): { readonly upToUs: number; readonly count: number }[] {
    const rows: { upToUs: number; count: number }[] = [];
    let count = 0;
    this.#buckets.forEach((inBucket, exponent) => {
      if (inBucket === 0) return;
      count += inBucket;
      rows.push({ upToUs: 2 ** exponent, count });
    });
    return rows;
  }

  /** Forgets everything. */
  reset(): void {
    this.#life.reset();
    for (const interval of this.#intervals) interval.reset();
    this.#intervalCounts.fill(0);
    this.#buckets.fill(0);
    this.#currentCount = 0;
  }
}

function summarize(histogram: Histogram, percentiles: readonly number[]): LatencySummary {
  const count = histogram.totalCount;
  return {
    count,
    meanUs: count === 0 ? 0 : histogram.mean,
    maxUs: count === 0 ? 0 : Math.min(histogram.maxValue, LATENCY_US_MAX),
    percentilesUs: percentiles.map((percentile) => (count === 0 ? 0 : histogram.getValueAtPercentile(percentile))),
  };
}
