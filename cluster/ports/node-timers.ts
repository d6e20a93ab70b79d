/** HOT PATH: `endOfTurn` allocates nothing once its lists have grown. */
import type { Timer, Timers } from './timers.js';

/** Node's event loop. The end of a turn is the check phase: all sockets that were readable have been read by then. */
export class NodeTimers implements Timers {
  private waiting: (() => void)[] = [];
  private spare: (() => void)[] = [];
  private readonly flush = (): void => {
    // Callbacks that are registered from here on belong to the next turn.
    const due = this.waiting;
    this.waiting = this.spare;
    this.spare = due;
    for (let i = 0; i < due.length; i++) due[i]?.();
    due.length = 0;
  };

  after(delayMs: number, callback: () => void): Timer {
    const timeout = setTimeout(callback, delayMs);
    return { stop: () => clearTimeout(timeout) };
  }

  every(periodMs: number, callback: () => void): Timer {
    const interval = setInterval(callback, periodMs);
    return { stop: () => clearInterval(interval) };
  }

  endOfTurn(callback: () => void): void {
    if (this.waiting.length === 0) setImmediate(this.flush);
    this.waiting.push(callback);
  }
}
