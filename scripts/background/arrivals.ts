/**
 * When requests are due in an open loop: one every 1/rate seconds, whatever became of those before. A latency is counted
 * from here, not from when the request could be sent, so that a server that stalls is charged for every request that
 * would have come meanwhile (coordinated omission).
 */
export class Arrivals {
  readonly #startUs: number;
  readonly #gapUs: number;
  #taken = 0;

  constructor(startUs: number, requestsPerSecond: number) {
    this.#startUs = startUs;
    this.#gapUs = 1_000_000 / requestsPerSecond;
  }

  /** The moment at which the next request is due, if that is not after `nowUs`. */
  take(nowUs: number): number | undefined {
    const dueUs = this.#startUs + this.#taken * this.#gapUs;
    if (dueUs > nowUs) return undefined;
    this.#taken++;
    return dueUs;
  }
}
