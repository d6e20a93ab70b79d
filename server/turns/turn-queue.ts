import type { Clock } from '../../cluster/ports/clock.js';
import type { Timers } from '../../cluster/ports/timers.js';
import { TURN_STEPS_MAX, TURN_US } from './limits.js';

/** Does a bit of some work, about a tenth of a millisecond; says whether there is more to do. */
export type Step = () => boolean;

/**
 * Work that would hold the event loop for long, in steps. In each turn some are done, and then everybody else is served. All
 * work of a node shares the time: a step of each in rotation, so that many such clients take no more of a turn than one.
 */
export class TurnQueue {
  readonly #timers: Timers;
  readonly #clock: Clock;
  #steps: Step[] = [];
  #isDue = false;
  /** Turns in which something was done. */
  turns = 0;

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  /** Calls `step` in this turn's end and in turns to come, until it says that there is no more to do; never within this call. */
  add(step: Step): void {
    this.#steps.push(step);
    this.#callLater();
  }

  /** Runs `work` up to its first `yield` at once, and from there on a bit in each turn. */
  run(work: Iterator<void>): void {
    if (work.next().done !== true) this.add(() => work.next().done !== true);
  }

  #callLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#timers.endOfTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isDue = false;
    this.turns++;
    const startUs = this.#clock.monotonicUs();
    const queue = this.#steps;
    let at = 0;
    for (let done = 0; done < TURN_STEPS_MAX; done++) {
      const step = queue[at];
      if (step === undefined) break;
      at++;
      // Those that have more to do, and those that came meanwhile, go behind all others.
      if (step()) queue.push(step);
      if (this.#clock.monotonicUs() - startUs >= TURN_US) break;
    }
    this.#steps = queue.slice(at);
    if (this.#steps.length > 0) this.#callLater();
  };
}
