import type { Timer, Timers } from '../ports/timers.js';

interface Sleep {
  readonly timer: Timer;
  readonly wake: () => void;
}

/** The sleeps of one background task, which its stop ends. */
export class Pause {
  readonly #timers: Timers;
  readonly #sleeping = new Set<Sleep>();
  #stopped = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Resolves after `delayMs`, or at once when the task has been stopped; answers whether it is to go on. */
  async sleep(delayMs: number): Promise<boolean> {
    if (!this.#stopped) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#sleeping.delete(sleep);
          resolve();
        };
        const sleep: Sleep = { timer: this.#timers.after(delayMs, wake), wake };
        this.#sleeping.add(sleep);
      });
    }
    return !this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer, wake } of [...this.#sleeping]) {
      timer.stop();
      wake();
    }
  }
}
