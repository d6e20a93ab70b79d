import type { Timer, Timers } from '../../cluster/ports/timers.js';

/** A time during which something does not work. */
export class Outage {
  readonly #timers: Pick<Timers, 'after'>;
  #timer: Timer | undefined;
  #waiting: (() => void)[] = [];

  constructor(timers: Pick<Timers, 'after'>) {
    this.#timers = timers;
  }

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Lasts `ms` from now, whatever it was to last before; 0 ends it. */
  last(ms: number): void {
    this.#timer?.stop();
    if (ms > 0) this.#timer = this.#timers.after(ms, () => this.#end());
    else this.#end();
  }

  /** Runs `callback` once when the outage is over; callbacks run in the order of the calls. Only while it is on. */
  whenOver(callback: () => void): void {
    this.#waiting.push(callback);
  }

  #end(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }
}
