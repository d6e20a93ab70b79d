import type { Timers } from '../ports/timers.js';

/** Answers that may not come inside the call that asked: run, in order, at the end of the turn. */
export class EndOfTurn {
  readonly #timers: Timers;
  #callbacks: (() => void)[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  add(callback: () => void): void {
    this.#callbacks.push(callback);
    if (this.#callbacks.length === 1) this.#timers.endOfTurn(this.#run);
  }

  readonly #run = (): void => {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  };
}
