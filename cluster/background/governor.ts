/** Gives background work its share of the node (Dynamo §6.5). */
import type { Timer, Timers } from '../ports/timers.js';

/** What runs behind the clients' requests. */
export type BackgroundWork = 'hints' | 'exchange' | 'reaping' | 'transfer';

/**
 * Background work asks before each slice of itself: about `units` keys that it is going to read, send or write. It
 * resolves when the slice may run; `false`: the node stops, and so must the work.
 */
export interface Governor {
  admit(work: BackgroundWork, units: number): Promise<boolean>;
}

const PAUSE_MS = 1;

/** Lets other work of the node come first, and that is all. */
export class PoliteGovernor implements Governor {
  readonly #timers: Timers;
  readonly #waiting = new Map<Timer, (go: boolean) => void>();
  #stopped = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  admit(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = this.#timers.after(PAUSE_MS, () => {
        this.#waiting.delete(timer);
        resolve(true);
      });
      this.#waiting.set(timer, resolve);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const [timer, resolve] of this.#waiting) {
      timer.stop();
      resolve(false);
    }
    this.#waiting.clear();
  }
}
