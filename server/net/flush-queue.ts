/** HOT PATH. */
import type { Timers } from '../../cluster/ports/timers.js';

/** Something that gathers output during a turn of the event loop. */
export interface Flushable {
  flush(): void;
}

/** Those with something to send, flushed together at the end of the turn: one write for each. */
export class FlushQueue {
  private dirty: Flushable[] = [];
  private spare: Flushable[] = [];
  private readonly flushAll = (): void => {
    this.turnEnded();
    const due = this.dirty;
    this.dirty = this.spare;
    this.spare = due;
    for (const flushable of due) flushable.flush();
    due.length = 0;
  };

  /** @param turnEnded is called before each flush. */
  constructor(
    private readonly timers: Timers,
    private readonly turnEnded: () => void = () => undefined,
  ) {}

  /** Each may be added once until it is flushed. What is added during a flush waits for the next turn. */
  add(flushable: Flushable): void {
    if (this.dirty.length === 0) this.timers.endOfTurn(this.flushAll);
    this.dirty.push(flushable);
  }
}
