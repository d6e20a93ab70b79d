import type { Clock } from '../../../cluster/ports/clock.js';
import type { Log, LogFields } from '../../../cluster/ports/log.js';
import type { Random } from '../../../cluster/ports/random.js';
import type { Timer, Timers } from '../../../cluster/ports/timers.js';

interface ManualTimer {
  dueMs: number;
  readonly periodMs: number;
  readonly callback: () => void;
}

/** Timers and a clock that move only when the test says so. */
export class ManualTimers implements Timers, Clock {
  elapsedMs = 0;
  /** The wall clock is this far ahead of the elapsed time. */
  wallMs = 1_700_000_000_000;
  #timers: ManualTimer[] = [];
  #turn: (() => void)[] = [];

  nowMs(): number {
    return this.wallMs + this.elapsedMs;
  }

  monotonicUs(): number {
    return this.elapsedMs * 1000;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#start({ dueMs: this.elapsedMs + delayMs, periodMs: 0, callback });
  }

  every(periodMs: number, callback: () => void): Timer {
    return this.#start({ dueMs: this.elapsedMs + periodMs, periodMs, callback });
  }

  endOfTurn(callback: () => void): void {
    this.#turn.push(callback);
  }

  /** Lets `ms` pass: everything due runs in order, each in a turn of its own. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.elapsedMs + ms;
    for (;;) {
      await this.#endTurn();
      const next = this.#earliest();
      if (next === undefined || next.dueMs > untilMs) break;
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      if (next.periodMs > 0) next.dueMs += next.periodMs;
      else this.#timers = this.#timers.filter((timer) => timer !== next);
      next.callback();
    }
    this.elapsedMs = untilMs;
  }

  /** Lets time pass until `promise` is settled; throws after `limitMs`. */
  async until<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    const endMs = this.elapsedMs + limitMs;
    for (;;) {
      await this.advance(0);
      if (settled) return promise;
      const next = this.#earliest();
      if (next === undefined || next.dueMs > endMs) throw new Error(`nothing settled the promise within ${limitMs} ms`);
      await this.advance(next.dueMs - this.elapsedMs);
    }
  }

  async #endTurn(): Promise<void> {
    do {
      const callbacks = this.#turn;
      this.#turn = [];
      for (const callback of callbacks) callback();
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#turn.length > 0);
  }

  #earliest(): ManualTimer | undefined {
    let earliest: ManualTimer | undefined;
    for (const timer of this.#timers) if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer;
    return earliest;
  }

  #start(timer: ManualTimer): Timer {
    this.#timers.push(timer);
    return {
      stop: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }
}

/** A log that keeps its lines. */
export class KeptLog implements Log {
  readonly lines: { level: string; fields: LogFields; message: string }[] = [];

  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  errors(): string[] {
    return this.lines.filter((line) => line.level === 'error').map((line) => line.message);
  }
}

/** Bytes that differ at each call, and are the same in each run. */
class CountingRandom implements Random {
  #calls = 0;

  bytes(count: number): Buffer {
    this.#calls++;
    return Buffer.alloc(count, this.#calls);
  }

  below(bound: number): number {
    this.#calls++;
    return this.#calls % bound;
  }
}

/** One world for the parts under test; `recorded` counts the durations by name. */
export class ManualWorld {
  readonly timers = new ManualTimers();
  readonly clock: Clock = this.timers;
  readonly random = new CountingRandom();
  readonly log = new KeptLog();
  readonly recorded = new Map<string, number>();
  readonly latencies = {
    recorder: (name: string) => ({
      record: () => {
        this.recorded.set(name, (this.recorded.get(name) ?? 0) + 1);
      },
    }),
  };
}
