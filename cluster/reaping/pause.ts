import type { Timer, Timers } from '../ports/timers.js';

/** A sleep that can be ended, for a task with one thread of work. */
export class Pause {
  readonly #timers: Timers;
  #sleeping: { readonly timer: Timer; readonly resolve: () => void } | undefined;
  #ended = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves after `delayMs`, or once ended. */
  sleep(delayMs: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#sleeping = { timer: this.#timers.after(delayMs, resolve), resolve };
    });
  }

  /** Ends this sleep and all that follow. */
  end(): void {
    this.#ended = true;
    this.#sleeping?.timer.stop();
    this.#sleeping?.resolve();
  }
}
