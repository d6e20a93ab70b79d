/**
 * HOT PATH. A small memory of recent round trips: how long they took of late, and their p99. For the p99 there are four
 * buckets to each power of two µs, and every WINDOW samples all counts are halved, so that what is long ago weighs little.
 *
 * Those that wait together for a peer that stands still count once in the p99: it tells how long to wait for a peer, and one
 * that stops now and then would else be given the more time the more requests it has let wait.
 */
const WINDOW = 1024;
const BUCKETS = 32 * 4;
/** The p99 is worked out anew after so many samples. */
const REFRESH = 64;
/** What is assumed before anything was measured. */
const GUESS_US = 10_000;
const US_MAX = 2 ** 31 - 1;
/** What the newest sample weighs in the average, at the least. */
const SHARE_MIN = 1 / 8;
/** A sample that comes so long after the one before it takes the place of all before. */
const FORGET_US = 250_000;

export class RoundTrips {
  private readonly counts = new Uint32Array(BUCKETS);
  private total = 0;
  private sinceRefresh = 0;
  private p99 = GUESS_US;
  private average = 0;
  private sampledUs = Number.NEGATIVE_INFINITY;
  /** When the last one ended that was counted and took longer than the p99. */
  private slowEndUs = Number.NEGATIVE_INFINITY;

  /** Takes one duration in whole µs, which ended at `nowUs` (monotonic). */
  record(us: number, nowUs: number): void {
    const share = Math.min(Math.max((nowUs - this.sampledUs) / FORGET_US, SHARE_MIN), 1);
    this.average += (Math.min(Math.max(us, 0), US_MAX) - this.average) * share;
    this.sampledUs = nowUs;
    this.sinceRefresh += 1;
    // Under way when a slow one ended: it waited for the same.
    if (us <= this.p99 || nowUs - us >= this.slowEndUs) {
      if (us > this.p99) this.slowEndUs = nowUs;
      const bucket = bucketOf(us);
      this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
      this.total += 1;
    }
    if (this.total >= WINDOW) this.halve();
    if (this.sinceRefresh >= REFRESH || this.total < REFRESH) this.refresh();
  }

  /** How long they took of late in µs: a moving average, the newest weighing more the longer ago the others are. 0 before the first. */
  recentUs(): number {
    return this.average;
  }

  /** When the last one ended (monotonic). */
  lastUs(): number {
    return this.sampledUs;
  }

  /** The time in µs within which about 99 of 100 recent round trips ended; at most a quarter too high. */
  p99Us(): number {
    return this.p99;
  }

  private halve(): void {
    this.total = 0;
    for (let i = 0; i < BUCKETS; i++) {
      const half = (this.counts[i] ?? 0) >>> 1;
      this.counts[i] = half;
      this.total += half;
    }
  }

  private refresh(): void {
    this.sinceRefresh = 0;
    let above = Math.floor(this.total / 100);
    for (let i = BUCKETS - 1; i >= 0; i--) {
      above -= this.counts[i] ?? 0;
      if (above < 0) {
        this.p99 = bucketEndUs(i);
        return;
      }
    }
  }
}

function bucketOf(us: number): number {
  const whole = Math.min(Math.max(Math.trunc(us), 4), US_MAX);
  const power = 31 - Math.clz32(whole);
  return power * 4 + ((whole >>> (power - 2)) & 3);
}

function bucketEndUs(bucket: number): number {
  const power = bucket >>> 2;
  return 2 ** power + ((bucket & 3) + 1) * 2 ** (power - 2) - 1;
}
