import type { Clock } from '../ports/clock.js';
import type { Log, LogFields } from '../ports/log.js';
import { DROPPED_LOG_PERIOD_US } from './limits.js';

/** A warning about things that are counted: at once, and then one line in each `DROPPED_LOG_PERIOD_US` with how many there were since. */
export class CountedLine {
  readonly #world: { readonly clock: Clock; readonly log: Log };
  readonly #message: string;
  #dropped = 0;
  #loggedUs = Number.NEGATIVE_INFINITY;

  constructor(world: { readonly clock: Clock; readonly log: Log }, message: string) {
    this.#world = world;
    this.#message = message;
  }

  /** `count` more; with 0 only what was not said yet is, once it is time. */
  add(count: number, fields: LogFields): void {
    this.#dropped += count;
    const nowUs = this.#world.clock.monotonicUs();
    if (this.#dropped === 0 || nowUs - this.#loggedUs < DROPPED_LOG_PERIOD_US) return;
    this.#loggedUs = nowUs;
    this.#world.log.warn({ dropped: this.#dropped, ...fields }, this.#message);
    this.#dropped = 0;
  }
}
