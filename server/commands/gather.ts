import type { Failure } from '../../cluster/failure.js';
import type { ReplySlot } from '../net/connection.js';
import type { Server } from '../server.js';
import { refuse } from './command.js';
import { refusesFailure } from './failure-text.js';

/** Collects what the parts of a command over several keys come to; the last to arrive answers. */
export class Gather<T> {
  readonly results: (T | undefined)[];
  readonly #server: Server;
  readonly #slot: ReplySlot;
  readonly #answer: (results: readonly (T | undefined)[]) => void;
  readonly #refusal: (results: readonly (T | undefined)[]) => string | undefined;
  #missing: number;
  #failure: Failure | undefined;

  /**
   * `answer` writes the reply when all `count` parts went well; a failure of any part is the reply otherwise. `refusal`
   * may still say why there can be no such reply.
   */
  constructor(
    server: Server,
    slot: ReplySlot,
    count: number,
    answer: (results: readonly (T | undefined)[]) => void,
    refusal: (results: readonly (T | undefined)[]) => string | undefined = () => undefined,
  ) {
    this.#server = server;
    this.#slot = slot;
    this.#missing = count;
    this.#answer = answer;
    this.#refusal = refusal;
    this.results = new Array<T | undefined>(count).fill(undefined);
  }

  /** Part `index` came to `result`, or failed. */
  arrived(index: number, failure: Failure | undefined, result: T | undefined): void {
    this.results[index] = result;
    this.#failure ??= failure;
    this.#missing--;
    if (this.#missing > 0) return;
    if (refusesFailure(this.#server, this.#slot, this.#failure)) return;
    const refusal = this.#refusal(this.results);
    if (refusal !== undefined) {
      refuse(this.#server, this.#slot, refusal);
      return;
    }
    this.#answer(this.results);
    this.#slot.complete();
  }
}
