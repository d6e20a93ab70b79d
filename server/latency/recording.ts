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

/** What was recorded over the whole life and in the last minute. */
export interface LatencySummaries {
  /** Everything since the start or the last reset. */
  readonly life: LatencySummary;
  /** The last minute, in steps of ten seconds: between 50 and 60 s. */
  readonly lastMinute: LatencySummary;
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

/** Summaries, and what they were made of. */
interface KeptSummaries extends LatencySummaries {
  readonly rotations: number;
  readonly currentCount: number;
  readonly percentiles: readonly number[];
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
  readonly #intervalSumsUs: number[] = [];
  readonly #buckets = new Float64Array(BUCKET_COUNT);
  #current: Histogram;
  #currentAt = 0;
  #currentCount = 0;
  #currentSumUs = 0;
  /** Of the intervals that have ended. */
  #lifeSumUs = 0;
  /** Together with the current count it tells whether anything has changed. */
  #rotations = 0;
  #kept: KeptSummaries | undefined;

  constructor() {
    this.#current = buildHistogram();
    this.#intervals.push(this.#current);
    this.#intervalCounts.push(0);
    this.#intervalSumsUs.push(0);
  }

  record(us: number): void {
    // Clamped below too: WebAssembly traps on negative and unordered numbers.
    const whole = us >= 1 ? (us < LATENCY_US_MAX ? Math.trunc(us) : LATENCY_US_MAX) : 0;
    this.#currentCount++;
    this.#currentSumUs += whole;
    this.#current.recordValue(whole);
    const bucket = whole <= 1 ? 0 : 32 - Math.clz32(whole - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  /** Ends the current interval and forgets the one that is now a minute old. */
  rotate(): void {
    if (this.#currentCount > 0) this.#life.add(this.#current);
    this.#lifeSumUs += this.#currentSumUs;
    this.#intervalCounts[this.#currentAt] = this.#currentCount;
    this.#intervalSumsUs[this.#currentAt] = this.#currentSumUs;
    this.#currentAt = (this.#currentAt + 1) % INTERVAL_COUNT;
    this.#currentCount = 0;
    this.#currentSumUs = 0;
    this.#rotations++;
    let next = this.#intervals[this.#currentAt];
    if (next === undefined) {
      next = buildHistogram();
      this.#intervals[this.#currentAt] = next;
    } else if ((this.#intervalCounts[this.#currentAt] ?? 0) > 0) {
      next.reset();
    }
    this.#intervalCounts[this.#currentAt] = 0;
    this.#intervalSumsUs[this.#currentAt] = 0;
    this.#current = next;
  }

  /**
   * Made anew only where something has changed since: a summary goes through thousands of buckets, and `INFO` shows those of
   * every command. `scratch` is overwritten.
   */
  summaries(percentiles: readonly number[], scratch: Histogram): LatencySummaries {
    const kept = this.#kept;
    if (kept !== undefined && this.#isCurrent(kept, percentiles)) return kept;
    const life = this.#summarizeLife(percentiles, scratch);
    const lastMinute = this.#summarizeLastMinute(percentiles, scratch);
    this.#kept = { rotations: this.#rotations, currentCount: this.#currentCount, percentiles, life, lastMinute };
    return this.#kept;
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
    this.#intervalSumsUs.fill(0);
    this.#buckets.fill(0);
    this.#currentCount = 0;
    this.#currentSumUs = 0;
    this.#lifeSumUs = 0;
    this.#rotations++;
  }

  #isCurrent(kept: KeptSummaries, percentiles: readonly number[]): boolean {
    const { rotations, currentCount } = kept;
    if (rotations !== this.#rotations || currentCount !== this.#currentCount) return false;
    return (
      percentiles.length === kept.percentiles.length && percentiles.every((value, at) => value === kept.percentiles[at])
    );
  }

  #summarizeLife(percentiles: readonly number[], scratch: Histogram): LatencySummary {
    scratch.reset();
    scratch.add(this.#life);
    if (this.#currentCount > 0) scratch.add(this.#current);
    return summarize(scratch, this.#lifeSumUs + this.#currentSumUs, percentiles);
  }

  #summarizeLastMinute(percentiles: readonly number[], scratch: Histogram): LatencySummary {
    scratch.reset();
    let sumUs = this.#currentSumUs;
    this.#intervals.forEach((interval, at) => {
      const count = at === this.#currentAt ? this.#currentCount : (this.#intervalCounts[at] ?? 0);
      if (count === 0) return;
      scratch.add(interval);
      sumUs += this.#intervalSumsUs[at] ?? 0;
    });
    return summarize(scratch, sumUs, percentiles);
  }
}

function summarize(histogram: Histogram, sumUs: number, percentiles: readonly number[]): LatencySummary {
  const count = histogram.totalCount;
  return {
    count,
    meanUs: count === 0 ? 0 : sumUs / count,
    maxUs: count === 0 ? 0 : Math.min(histogram.maxValue, LATENCY_US_MAX),
    percentilesUs: percentiles.map((percentile) => (count === 0 ? 0 : histogram.getValueAtPercentile(percentile))),
  };
}
