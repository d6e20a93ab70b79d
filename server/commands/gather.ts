import type { Failure } from '../../cluster/failure.js';
import type { ReplySlot } from '../net/reply-slot.js';
import type { Server } from '../server.js';
import { answerInTurns } from '../turns/answer-in-turns.js';
import { areFew, PacedParts } from '../turns/paced-parts.js';
import { refuse } from './command.js';
import { refusesFailure } from './failure-text.js';

/**
 * Asks for the parts of a command over several keys, and collects what they come to; the last to arrive answers. A few are asked
 * for at once, many a bit in each turn of the event loop, and of those no more once one has failed.
 */
export class Gather<T> {
  readonly results: (T | undefined)[];
  readonly #server: Server;
  readonly #slot: ReplySlot;
  readonly #answer: (results: readonly (T | undefined)[]) => void | Iterator<void>;
  readonly #refusal: (results: readonly (T | undefined)[]) => string | undefined;
  /** Parts that have yet to arrive, of those that are asked for. */
  #missing: number;
  #paced: PacedParts | undefined;
  #failure: Failure | undefined;

  /**
   * `answer` writes the reply when all `count` parts went well, at once or, where it gives that, in the turns of an iterator; a failure of any part is the reply otherwise. `refusal`
   * may still say why there can be no such reply.
   */
  constructor(
    server: Server,
    slot: ReplySlot,
    count: number,
    answer: (results: readonly (T | undefined)[]) => void | Iterator<void>,
    refusal: (results: readonly (T | undefined)[]) => string | undefined = () => undefined,
  ) {
    this.#server = server;
    this.#slot = slot;
    this.#missing = count;
    this.#answer = answer;
    this.#refusal = refusal;
    this.results = new Array<T | undefined>(count).fill(undefined);
  }

  /**
   * Calls `part` with 0, 1, … for each of the parts; `arrived` has to follow each call. `bytesEach`: about how many bytes each one
   * may take; where that makes many, other requests of the client wait, and the parts are asked for a few at a time.
   */
  ask(part: (index: number) => void, bytesEach = 0): void {
    const count = this.results.length;
    const { connection } = this.#slot;
    if (areFew(count, bytesEach)) {
      for (let index = 0; index < count; index++) part(index);
    } else if (connection.requests.isAlone) {
      this.#pace(part, bytesEach);
    } else {
      connection.requests.runAlone(this.#slot, () => this.#pace(part, bytesEach));
    }
  }

  #pace(part: (index: number) => void, bytesEach: number): void {
    const { connection } = this.#slot;
    const { turns } = connection.context;
    this.#paced = new PacedParts(turns, this.results.length, part, () => !connection.hasGone, bytesEach);
  }

  /** Part `index` came to `result`, which is of so many bytes, or failed. */
  arrived(index: number, failure: Failure | undefined, result: T | undefined, bytes = 0): void {
    this.results[index] = result;
    this.#failure ??= failure;
    this.#missing--;
    if (this.#paced !== undefined) this.#pacedArrived(this.#paced, bytes);
    if (this.#missing > 0) return;
    if (refusesFailure(this.#server, this.#slot, this.#failure)) return;
    const refusal = this.#refusal(this.results);
    if (refusal !== undefined) {
      refuse(this.#server, this.#slot, refusal);
      return;
    }
    const writing = this.#answer(this.results);
    if (writing === undefined) this.#slot.complete();
    else answerInTurns(this.#slot, writing);
  }

  #pacedArrived(paced: PacedParts, bytes: number): void {
    paced.arrived(bytes);
    if (this.#failure === undefined) return;
    paced.stop();
    this.#missing = paced.underWay;
  }
}
