import type { Clock } from '../ports/clock.js';

/** Counter steps in one ms: a counter is ms since 1970 × 1000 + logical, a safe integer until the year 2255. */
export const COUNTERS_PER_MS = 1000;

/**
 * Hybrid logical clock (Kulkarni et al. 2014) behind the counters of dots: close to wall time, strictly rising, and ahead
 * of every counter that was observed, so that the order of counters never contradicts causality.
 */
export class HybridClock {
  readonly #clock: Clock;
  /** How far two wall clocks may be apart, in counter steps. */
  readonly driftMax: number;
  #last: number;

  /** `floor`: no counter up to this one is ever minted. `driftMaxMs`: see `isTooFarAhead`. */
  constructor(clock: Clock, floor: number, driftMaxMs: number) {
    this.#clock = clock;
    this.#last = floor;
    this.driftMax = driftMaxMs * COUNTERS_PER_MS;
  }

  /** The next counter to mint. */
  next(): number {
    const now = this.#clock.nowMs() * COUNTERS_PER_MS;
    this.#last = now > this.#last ? now : this.#last + 1;
    return this.#last;
  }

  /** The highest counter minted or observed so far. */
  get last(): number {
    return this.#last;
  }

  /** Notes a counter from elsewhere: what is minted from now on is ahead of it. */
  observe(counter: number): void {
    if (counter > this.#last) this.#last = counter;
  }

  /** As `observe`, but for a counter that is too far ahead. */
  heed(counter: number): void {
    if (!this.isTooFarAhead(counter)) this.observe(counter);
  }

  /** Whether `counter` is so far ahead of this node's wall clock that one of the two clocks must be wrong. */
  isTooFarAhead(counter: number): boolean {
    return counter > this.#last && counter > this.#clock.nowMs() * COUNTERS_PER_MS + this.driftMax;
  }
}
