/**
 * When requests are due in an open loop: whatever became of those before. A latency is counted from here, not from when the
 * request could be sent, so that a server that stalls is charged for every request that would have come meanwhile
 * (coordinated omission).
 */
export class Arrivals {
  readonly #startUs: number;
  readonly #rateAt: (seconds: number) => number;
  readonly #gapShare: () => number;
  #nextUs: number;

  /**
   * The first request is due at `startUs`, and so many of them a second on average from then on.
   *
   * @param rate requests a second, or how many so many seconds after the start
   * @param gapShare each gap between two of them as a multiple of the mean gap; by default all are equal
   */
  constructor(startUs: number, rate: number | ((seconds: number) => number), gapShare: () => number = () => 1) {
    this.#startUs = startUs;
    this.#nextUs = startUs;
    this.#rateAt = typeof rate === 'number' ? () => rate : rate;
    this.#gapShare = gapShare;
  }

  /** The moment at which the next request is due, if that is not after `nowUs`. */
  take(nowUs: number): number | undefined {
    const dueUs = this.#nextUs;
    if (dueUs > nowUs) return undefined;
    const gapUs = 1_000_000 / this.#rateAt((dueUs - this.#startUs) / 1_000_000);
    this.#nextUs = dueUs + gapUs * this.#gapShare();
    return dueUs;
  }
}

/**
 * The gaps of a Poisson process, as of many clients that know nothing of each other: exponential with mean 1.
 *
 * @param random uniform from 0, included, to 1
 */
export function poissonGaps(random: () => number): () => number {
  return () => -Math.log(1 - random());
}

/** The clock by which requests are due. */
export function nowUs(): number {
  return performance.now() * 1000;
}
