/**
 * HOT PATH: `record` is a few instructions. A histogram of durations over a sliding window, eight buckets to each power of
 * two µs.
 *
 *     window = [ slice | slice | slice ] + the open slice, which `record` writes to; `rotate` closes it
 *
 * Percentiles are those of the closed slices, whose sum is kept.
 */
import type { LatencyRecorder } from '../ports/latency.js';

const SUB_BUCKET_BITS = 3;
const SUB_BUCKETS = 2 ** SUB_BUCKET_BITS;
const BUCKETS = 32 * SUB_BUCKETS;
const US_MAX = 2 ** 31 - 1;

export class SlidingHistogram implements LatencyRecorder {
  /** Durations in the closed slices. */
  count = 0;
  /** Durations in the slice that was closed last. */
  closedCount = 0;
  readonly #slices: readonly Uint32Array[];
  /** Durations in each of the slices. */
  readonly #counts: number[];
  readonly #sum = new Uint32Array(BUCKETS);
  #open: Uint32Array;
  #openAt = 0;

  /** A window of `slices` closed slices. */
  constructor(slices: number) {
    this.#open = new Uint32Array(BUCKETS);
    this.#slices = [this.#open, ...Array.from({ length: slices }, () => new Uint32Array(BUCKETS))];
    this.#counts = new Array<number>(slices + 1).fill(0);
  }

  record(us: number): void {
    const bucket = bucketOf(us);
    this.#open[bucket] = (this.#open[bucket] ?? 0) + 1;
    this.#counts[this.#openAt] = (this.#counts[this.#openAt] ?? 0) + 1;
  }

  /** Adds what another histogram's `rotate` gave, of `count` durations. */
  addSlice(slice: Uint32Array, count: number): void {
    if (count === 0) return;
    this.#counts[this.#openAt] = (this.#counts[this.#openAt] ?? 0) + count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#open[bucket] = (this.#open[bucket] ?? 0) + (slice[bucket] ?? 0);
    }
  }

  /** Closes the open slice, forgets the oldest, and gives the one just closed. */
  rotate(): Uint32Array {
    const closed = this.#open;
    this.closedCount = this.#counts[this.#openAt] ?? 0;
    this.#openAt = (this.#openAt + 1) % this.#slices.length;
    this.#open = this.#slices[this.#openAt] ?? closed;
    const goneCount = this.#counts[this.#openAt] ?? 0;
    // Most slices of a node at rest are empty, and there are some to rotate several times a second.
    if (this.closedCount === 0 && goneCount === 0) return closed;
    this.count += this.closedCount - goneCount;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const come = closed[bucket] ?? 0;
      const gone = this.#open[bucket] ?? 0;
      this.#sum[bucket] = (this.#sum[bucket] ?? 0) + come - gone;
    }
    this.#open.fill(0);
    this.#counts[this.#openAt] = 0;
    return closed;
  }

  /** Forgets everything. */
  clear(): void {
    for (const slice of this.#slices) slice.fill(0);
    this.#counts.fill(0);
    this.#sum.fill(0);
    this.count = 0;
  }

  /** The duration in µs that `share` of all do not exceed, at most an eighth too high; undefined: fewer than `countMin`. */
  quantileUs(share: number, countMin: number): number | undefined {
    if (this.count < Math.max(1, countMin)) return undefined;
    let above = Math.floor(this.count * (1 - share));
    for (let bucket = BUCKETS - 1; bucket > 0; bucket--) {
      above -= this.#sum[bucket] ?? 0;
      if (above < 0) return bucketEndUs(bucket);
    }
    return 0;
  }
}

function bucketOf(us: number): number {
  const whole = us >= SUB_BUCKETS ? (us < US_MAX ? Math.trunc(us) : US_MAX) : SUB_BUCKETS;
  const power = 31 - Math.clz32(whole);
  return power * SUB_BUCKETS + ((whole >>> (power - SUB_BUCKET_BITS)) & (SUB_BUCKETS - 1));
}

function bucketEndUs(bucket: number): number {
  const power = Math.floor(bucket / SUB_BUCKETS);
  return 2 ** power + ((bucket % SUB_BUCKETS) + 1) * 2 ** (power - SUB_BUCKET_BITS) - 1;
}
