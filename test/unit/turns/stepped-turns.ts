import type { Clock } from '../../../cluster/ports/clock.js';
import type { Timer, Timers } from '../../../cluster/ports/timers.js';
import { TurnQueue } from '../../../server/turns/turn-queue.js';

const NEVER: Timer = { stop: () => undefined };

/** A queue whose turns a test runs one by one; each look at its clock lets `usALook` pass. */
export class SteppedTurns {
  readonly queue: TurnQueue;
  readonly timers: Timers;
  readonly clock: Clock;
  #due: (() => void)[] = [];
  #nowUs = 0;

  constructor(usALook = 0) {
    const now = (): number => {
      this.#nowUs += usALook;
      return this.#nowUs;
    };
    this.timers = {
      after: () => NEVER,
      every: () => NEVER,
      endOfTurn: (call: () => void) => void this.#due.push(call),
    };
    this.clock = { nowMs: now, monotonicUs: now };
    this.queue = new TurnQueue(this.timers, this.clock);
  }

  /** Whether anything waits for the next turn. */
  get isBusy(): boolean {
    return this.#due.length > 0;
  }

  turn(): void {
    const due = this.#due;
    this.#due = [];
    for (const call of due) call();
  }

  /** Runs turns until nothing waits; gives how many. */
  untilCalm(): number {
    let turns = 0;
    for (; this.isBusy; turns++) this.turn();
    return turns;
  }
}
