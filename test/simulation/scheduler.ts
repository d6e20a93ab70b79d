/**
 * The time of a simulated world: a queue of events in the order of their instants. Within an instant events run in the
 * order in which they were planned, and what a process left for the end of its turn runs after all of them.
 *
 * Code under test may use promises. Each event runs in a `setImmediate` callback of its own: Node.js runs all microtasks
 * between two of those, so that whatever an event resolved has settled before the next event, in an order that the
 * language fixes. Nothing here depends on when the callbacks run, only on their order, so real time has no say.
 */

import { EventQueue } from './event-queue.js';

/** What events belong to: events of a dead process are dropped, those of a frozen one wait. */
export interface Process {
  readonly alive: boolean;
  /** Until this instant (µs) nothing of this process runs. */
  readonly frozenUntilUs: number;
}

export interface PlannedEvent {
  /** It will not happen. */
  stop(): void;
}

class QueuedEvent implements PlannedEvent {
  /** Where in the queue it is due; what else of it is in the queue is void. */
  key = 0;

  constructor(
    readonly process: Process | undefined,
    /** Undefined: it was stopped. */
    public callback: (() => void) | undefined,
  ) {}

  stop(): void {
    this.callback = undefined;
  }
}

/** The events that wait for one frozen process, in their order, and until when. */
interface HeldUp {
  untilUs: number;
  readonly events: QueuedEvent[];
}

const IMMEDIATES_AT_ONCE = 512;
/** More events than this in one instant are a loop that time never ends. */
const EVENTS_PER_INSTANT_MAX = 200_000;

export class Scheduler {
  readonly #queue = new EventQueue<QueuedEvent>();
  readonly #heldUp = new Map<Process, HeldUp>();
  /** Planned for the end of this instant, in their order; those before `#ended` have run. */
  #endings: QueuedEvent[] = [];
  #ended = 0;
  #nowUs = 0;
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
    const event = new QueuedEvent(process, callback);
    this.#push(keyOf(this.#nowUs + Math.max(0, Math.round(delayUs))), event);
    return event;
  }

  /** Plans `callback` for this instant, when all else that is planned for it has run. */
  atEndOfInstant(process: Process | undefined, callback: () => void): PlannedEvent {
    const event = new QueuedEvent(process, callback);
    this.#endings.push(event);
    return event;
  }

  /** The process is not frozen any more, earlier than it was to be: what has waited for it is due now. */
  thaw(process: Process): void {
    for (const event of this.#heldUp.get(process)?.events ?? []) {
      const isEnding = event.key % 2 === 1;
      if (event.key > keyOf(this.#nowUs)) this.#push(isEnding ? endKey(this.#nowUs) : keyOf(this.#nowUs), event);
    }
    this.#heldUp.delete(process);
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

  /** Runs the next event till `untilUs`; false: there is none. */
  #runNext(untilUs: number): boolean {
    for (;;) {
      const key = this.#queue.firstKey;
      // What was held up till the end of this instant came before what was planned for it since.
      const isEnding = this.#ended < this.#endings.length && key > endKey(this.#nowUs);
      const atUs = isEnding ? this.#nowUs : Math.floor(key / 2);
      if (atUs > untilUs) {
        this.#nowUs = Math.max(this.#nowUs, untilUs);
        return false;
      }
      const event = isEnding ? this.#takeEnding() : this.#queue.take();
      const { callback, process } = event;
      if (callback === undefined || process?.alive === false || (!isEnding && event.key !== key)) continue;
      if (process !== undefined && process.frozenUntilUs > atUs) {
        this.#holdUp(event, process, isEnding || key === endKey(atUs));
        continue;
      }
      this.#advanceTo(atUs);
      this.#executed++;
      callback();
      return true;
    }
  }

  #push(key: number, event: QueuedEvent): void {
    event.key = key;
    this.#queue.push(key, event);
  }

  #holdUp(event: QueuedEvent, process: Process, isEnding: boolean): void {
    const thenUs = process.frozenUntilUs;
    let held = this.#heldUp.get(process);
    if (held === undefined || held.untilUs < this.#nowUs) {
      held = { untilUs: thenUs, events: [] };
      this.#heldUp.set(process, held);
    }
    held.untilUs = Math.max(held.untilUs, thenUs);
    held.events.push(event);
    this.#push(isEnding ? endKey(thenUs) : keyOf(thenUs), event);
  }

  #takeEnding(): QueuedEvent {
    const event = this.#endings[this.#ended++];
    if (event === undefined) throw new RangeError('nothing is left for the end of this instant');
    if (this.#ended === this.#endings.length) {
      this.#endings = [];
      this.#ended = 0;
    }
    return event;
  }

  #advanceTo(atUs: number): void {
    if (atUs > this.#nowUs) {
      this.#nowUs = atUs;
      this.#inInstant = 0;
    } else if (++this.#inInstant > EVENTS_PER_INSTANT_MAX) {
      throw new Error(`simulated time stands still at ${atUs} µs`);
    }
  }
}

/** The key of an event of this instant; one of its end comes after all those. */
function keyOf(atUs: number): number {
  return 2 * atUs;
}

function endKey(atUs: number): number {
  return 2 * atUs + 1;
}
