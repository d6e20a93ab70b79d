/**
 * The time of a simulated world: a queue of events in the order of their instants. Within an instant events run in the
 * order in which they were planned, and what a process left for the end of its turn runs after all of them.
 *
 * Code under test may use promises. Each event runs in a `setImmediate` callback of its own: Node.js runs all microtasks
 * between two of those, so that whatever an event resolved has settled before the next event, in an order that the
 * language fixes. Nothing here depends on when the callbacks run, only on their order, so real time has no say.
 */

/** What events belong to: events of a dead process are dropped, those of a frozen one wait. */
export interface Process {
  readonly alive: boolean;
  /** Until this instant (µs) nothing of this process runs. */
  readonly frozenUntilUs: number;
}

export interface PlannedEvent {
  cancel(): void;
}

interface QueuedEvent extends PlannedEvent {
  atUs: number;
  readonly phase: number;
  order: number;
  readonly process: Process | undefined;
  callback: (() => void) | undefined;
}

const IMMEDIATES_AT_ONCE = 512;
/** More events than this in one instant are a loop that time never ends. */
const EVENTS_PER_INSTANT_MAX = 200_000;

const DURING = 0;
const AT_END = 1;

export class Scheduler {
  #heap: QueuedEvent[] = [];
  #nowUs = 0;
  #order = 0;
  #inInstant = 0;
  #executed = 0;

  get nowUs(): number {
    return this.#nowUs;
  }

  /** How many events have run. */
  get executed(): number {
    return this.#executed;
  }

  /** Plans `callback` for `delayUs` from now. */
  after(delayUs: number, process: Process | undefined, callback: () => void): PlannedEvent {
    return this.#plan(this.#nowUs + Math.max(0, Math.round(delayUs)), DURING, process, callback);
  }

  /** Plans `callback` for this instant, when all else that is planned for it has run. */
  atEndOfInstant(process: Process | undefined, callback: () => void): PlannedEvent {
    return this.#plan(this.#nowUs, AT_END, process, callback);
  }

  /** Runs events until `isDone` or until `untilUs`. Rejects with what an event threw. */
  run(untilUs: number, isDone: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const step = (): void => {
        if (ended) return;
        try {
          if (!isDone() && this.#runNext(untilUs)) return;
          ended = true;
          resolve();
        } catch (error) {
          ended = true;
          reject(error);
        }
      };
      const stepsAtOnce = (): void => {
        for (let i = 0; i < IMMEDIATES_AT_ONCE; i++) setImmediate(step);
        setImmediate(() => {
          if (!ended) stepsAtOnce();
        });
      };
      stepsAtOnce();
    });
  }

  #plan(atUs: number, phase: number, process: Process | undefined, callback: () => void): PlannedEvent {
    const event: QueuedEvent = {
      atUs,
      phase,
      order: this.#order++,
      process,
      callback,
      cancel() {
        this.callback = undefined;
      },
    };
    this.#push(event);
    return event;
  }

  #runNext(untilUs: number): boolean {
    for (;;) {
      const event = this.#heap[0];
      if (event === undefined || event.atUs > untilUs) {
        this.#nowUs = Math.max(this.#nowUs, untilUs);
        return false;
      }
      this.#pop();
      const { callback, process } = event;
      if (callback === undefined || process?.alive === false) continue;
      if (process !== undefined && process.frozenUntilUs > event.atUs) {
        event.atUs = process.frozenUntilUs;
        event.order = this.#order++;
        this.#push(event);
        continue;
      }
      this.#advanceTo(event.atUs);
      this.#executed++;
      callback();
      return true;
    }
  }

  #advanceTo(atUs: number): void {
    if (atUs > this.#nowUs) {
      this.#nowUs = atUs;
      this.#inInstant = 0;
    } else if (++this.#inInstant > EVENTS_PER_INSTANT_MAX) {
      throw new Error(`simulated time stands still at ${atUs} µs`);
    }
  }

  #push(event: QueuedEvent): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = smaller(heap, left, left + 1);
      const below = heap[child];
      if (below === undefined || isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function smaller(heap: readonly QueuedEvent[], left: number, right: number): number {
  const a = heap[left];
  const b = heap[right];
  return a !== undefined && b !== undefined && isBefore(b, a) ? right : left;
}

function isBefore(a: QueuedEvent, b: QueuedEvent): boolean {
  if (a.atUs !== b.atUs) return a.atUs < b.atUs;
  if (a.phase !== b.phase) return a.phase < b.phase;
  return a.order < b.order;
}
