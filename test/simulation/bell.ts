import type { Timer } from '../../cluster/ports/timers.js';
import type { PlannedEvent, Process, Scheduler } from './scheduler.js';

/** Periodic timers of one process that have the same period and began in the same instant. */
export class Bell {
  readonly sinceUs: number;
  readonly #scheduler: Scheduler;
  readonly #process: Process;
  readonly #periodUs: number;
  readonly #callbacks = new Set<{ readonly ring: () => void }>();
  #planned: PlannedEvent | undefined;
  readonly #ring = (): void => {
    this.#planned = undefined;
    for (const { ring } of this.#callbacks) ring();
    if (this.#callbacks.size > 0) this.#plan();
  };

  constructor(scheduler: Scheduler, process: Process, periodMs: number) {
    this.#scheduler = scheduler;
    this.#process = process;
    this.#periodUs = periodMs * 1000;
    this.sinceUs = scheduler.nowUs;
  }

  add(ring: () => void): Timer {
    const callback = { ring };
    this.#callbacks.add(callback);
    if (this.#planned === undefined) this.#plan();
    return {
      stop: () => {
        this.#callbacks.delete(callback);
        if (this.#callbacks.size > 0) return;
        this.#planned?.stop();
        this.#planned = undefined;
      },
    };
  }

  #plan(): void {
    this.#planned = this.#scheduler.after(this.#periodUs, this.#process, this.#ring);
  }
}
