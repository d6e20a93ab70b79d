import type { Timer, Timers } from '../ports/timers.js';

/** The sleep of one background loop, which its stop ends. */
export class Pause {
  readonly #timers: Timers;
  #sleeping: { readonly timer: Timer; readonly wake: () => void } | undefined;
  #stopped = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Resolves after `delayMs`, or at once when the loop has been stopped; answers whether it is to go on. */
  async sleep(delayMs: number): Promise<boolean> {
    if (!this.#stopped) {
      await new Promise<void>((wake) => {
        this.#sleeping = { timer: this.#timers.after(delayMs, wake), wake };
      });
      this.#sleeping = undefined;
    }
    return !this.#stopped;
  }

  stop(): void {
    this.#stopped = true;
    this.#sleeping?.timer.stop();
    this.#sleeping?.wake();
  }
}
