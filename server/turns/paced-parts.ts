import { BYTES_UNDER_WAY_MAX, KEYS_UNDER_WAY_MAX, LONG_REQUEST_ARGUMENTS, STEP_KEYS } from './limits.js';
import type { TurnQueue } from './turn-queue.js';

/**
 * The many parts of one long request: asks for some in each turn, and for no more while as many as `KEYS_UNDER_WAY_MAX` are
 * without an answer, fewer where they prove to be large, so that neither this node nor another has to do with all of them at once.
 */
export class PacedParts {
  readonly #turns: TurnQueue;
  readonly #count: number;
  readonly #ask: (index: number) => void;
  readonly #isWanted: () => boolean;
  #next = 0;
  #underWay = 0;
  /** How many parts may be under way, by the size of those that arrived. */
  #underWayMax: number;
  #isQueued = false;
  readonly #step = (): boolean => {
    if (!this.#isWanted()) this.stop();
    const start = this.#next;
    const end = Math.min(this.#count, start + STEP_KEYS);
    // What is answered within the call counts too.
    while (this.#next < end && this.#underWay < this.#underWayMax && this.#next - start < this.#underWayMax) {
      this.#underWay++;
      this.#ask(this.#next++);
    }
    this.#isQueued = this.#next < this.#count && this.#underWay < this.#underWayMax;
    return this.#isQueued;
  };

  /**
   * `ask` begins part 0, 1, … `count - 1`, one each; every call has to be followed by one of `arrived`. No more are begun once
   * `isWanted` says no. `bytesEach`: how many bytes the first ones are taken to have.
   */
  constructor(
    turns: TurnQueue,
    count: number,
    ask: (index: number) => void,
    isWanted: () => boolean = () => true,
    bytesEach = 0,
  ) {
    this.#turns = turns;
    this.#underWayMax = Math.min(KEYS_UNDER_WAY_MAX, partsOf(bytesEach));
    this.#count = count;
    this.#ask = ask;
    this.#isWanted = isWanted;
    this.#queue();
  }

  /** Parts that have begun and have not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  /** A part has ended, with a result of so many bytes; may be called within `ask`. */
  arrived(bytes = 0): void {
    this.#underWay--;
    // Quick to grow fewer, slow to grow more.
    this.#underWayMax = Math.min(KEYS_UNDER_WAY_MAX, partsOf(bytes), this.#underWayMax + 1);
    if (this.#next < this.#count && this.#underWay <= this.#underWayMax / 2) this.#queue();
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

/** Whether so many parts of about so many bytes may be asked for at once. */
export function areFew(count: number, bytesEach: number): boolean {
  return count <= LONG_REQUEST_ARGUMENTS && count <= partsOf(bytesEach);
}

/** How many parts of so many bytes may be under way, one at the least. */
function partsOf(bytesEach: number): number {
  return Math.ceil(BYTES_UNDER_WAY_MAX / Math.max(1, bytesEach));
}
