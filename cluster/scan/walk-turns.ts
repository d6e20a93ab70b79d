import type { Timers } from '../ports/timers.js';
import { WALK_KEYS_A_TURN, WALK_KEYS_AT_ONCE, WALK_KEYS_LEAST } from './limits.js';

interface Waiting {
  readonly keys: number;
  readonly begin: () => void;
}

/**
 * When the steps of all walks of a node begin: each looks at many keys in one go, so that only some begin in a turn of the event
 * loop, and what they gather is bounded. The others wait, first come, first served.
 */
export class WalkTurns {
  readonly #timers: Timers;
  #waiting: Waiting[] = [];
  /** Keys that steps of this turn are about, and those of all that have not ended. */
  #ofTurn = 0;
  #underWay = 0;
  #isDue = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Does `job`, a step that is to give `count` keys, which does not reject: at once, or in a turn to come. */
  async take<T>(count: number, job: () => Promise<T>): Promise<T> {
    const keys = Math.max(WALK_KEYS_LEAST, count);
    if (this.#waiting.length === 0 && this.#hasRoom(keys)) this.#begun(keys);
    else {
      await new Promise<void>((begin) => {
        this.#waiting.push({ keys, begin });
      });
    }
    const result = await job();
    this.#underWay -= keys;
    this.#callLater();
    return result;
  }

  /** One step may be about more than there is room for: it is alone then. */
  #hasRoom(keys: number): boolean {
    const isInTurn = this.#ofTurn === 0 || this.#ofTurn + keys <= WALK_KEYS_A_TURN;
    return isInTurn && (this.#underWay === 0 || this.#underWay + keys <= WALK_KEYS_AT_ONCE);
  }

  #begun(keys: number): void {
    this.#ofTurn += keys;
    this.#underWay += keys;
    this.#callLater();
  }

  #callLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#timers.endOfTurn(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#isDue = false;
    this.#ofTurn = 0;
    let at = 0;
    for (; at < this.#waiting.length; at++) {
      const next = this.#waiting[at];
      if (next === undefined || !this.#hasRoom(next.keys)) break;
      this.#begun(next.keys);
      next.begin();
    }
    this.#waiting.splice(0, at);
  };
}
