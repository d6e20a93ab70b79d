import { KEYS_UNDER_WAY_MAX, STEP_KEYS } from './limits.js';
import type { TurnQueue } from './turn-queue.js';

/**
 * The many parts of one long request: asks for some in each turn, and for no more while as many as `KEYS_UNDER_WAY_MAX` are
 * without an answer, so that neither this node nor another has to do with all of them at once.
 */
export class PacedParts {
  readonly #turns: TurnQueue;
  readonly #count: number;
  readonly #ask: (index: number) => void;
  readonly #isWanted: () => boolean;
  #next = 0;
  #underWay = 0;
  #isQueued = false;
  readonly #step = (): boolean => {
    if (!this.#isWanted()) this.stop();
    const end = Math.min(this.#count, this.#next + STEP_KEYS);
    while (this.#next < end && this.#underWay < KEYS_UNDER_WAY_MAX) {
      this.#underWay++;
      this.#ask(this.#next++);
    }
    this.#isQueued = this.#next < this.#count && this.#underWay < KEYS_UNDER_WAY_MAX;
    return this.#isQueued;
  };

  /**
   * `ask` begins part 0, 1, … `count - 1`, one each; every call has to be followed by one of `arrived`. No more are begun once
   * `isWanted` says no.
   */
  constructor(turns: TurnQueue, count: number, ask: (index: number) => void, isWanted: () => boolean = () => true) {
    this.#turns = turns;
    this.#count = count;
    this.#ask = ask;
    this.#isWanted = isWanted;
    this.#queue();
  }

  /** Parts that have begun and have not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  /** A part has ended; may be called within `ask`. */
  arrived(): void {
    this.#underWay--;
    if (this.#next < this.#count && this.#underWay <= KEYS_UNDER_WAY_MAX / 2) this.#queue();
  }

  /** Begins no more parts. */
  stop(): void {
    this.#next = this.#count;
  }

  #queue(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#turns.add(this.#step);
  }
}
