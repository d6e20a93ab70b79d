import type { BackgroundTask } from '../background/task.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { Identity } from '../storage/identity.js';
import { partOfGrace, SIGN_PERIOD_MAX_MS, SIGN_PERIOD_MIN_MS, SIGNS_A_GRACE } from './limits.js';

/** Writes signs of life, also while nothing else happens: the next start must know for how long the node was away. */
export class SignOfLife implements BackgroundTask {
  readonly #timers: Timers;
  readonly #identity: Identity;
  readonly #periodMs: number;
  #timer: Timer | undefined;

  constructor(timers: Timers, identity: Identity, graceMs: number) {
    this.#timers = timers;
    this.#identity = identity;
    this.#periodMs = partOfGrace(graceMs, SIGNS_A_GRACE, SIGN_PERIOD_MIN_MS, SIGN_PERIOD_MAX_MS);
  }

  start(): void {
    this.#timer = this.#timers.every(this.#periodMs, () => this.#identity.markAlive());
  }

  stop(): Promise<void> {
    this.#timer?.stop();
    return Promise.resolve();
  }
}
