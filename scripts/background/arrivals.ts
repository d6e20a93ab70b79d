/**
 * When requests are due in an open loop: whatever became of those before. A latency is counted from here, not from when the
 * request could be sent, so that a server that stalls is charged for every request that would have come meanwhile
 * (coordinated omission).
 */
export class Arrivals {
  readonly #gapUs: number;
  readonly #gapShare: () => number;
  #nextUs: number;

  /**
   * The first request is due at `startUs`, and `requestsPerSecond` of them on average from then on.
   *
   * @param gapShare each gap between two of them as a multiple of the mean gap; by default all are equal
   */
  constructor(startUs: number, requestsPerSecond: number, gapShare: () => number = () => 1) {
    this.#nextUs = startUs;
    this.#gapUs = 1_000_000 / requestsPerSecond;
    this.#gapShare = gapShare;
  }

  /** The moment at which the next request is due, if that is not after `nowUs`. */
  take(nowUs: number): number | undefined {
    const dueUs = this.#nextUs;
    if (dueUs > nowUs) return undefined;
    this.#nextUs = dueUs + this.#gapUs * this.#gapShare();
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
