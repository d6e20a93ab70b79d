import type { Timer } from '../ports/timers.js';
import type { WriteWaiter } from '../replica/replica.js';
import { type HandoffNode, type KeyPlace, ownsKey, readHeld } from './handoff-node.js';
import { LEAVE_ATTEMPTS_MAX, LEAVE_PERIOD_MS, LEAVING_MAX } from './limits.js';

interface Leaving {
  readonly place: KeyPlace;
  readonly fingerprint: number;
  attempts: number;
}

/** A store that can't delete the row keeps it in the replica's queue. */
const NOBODY: WriteWaiter = { stored: () => undefined };

/**
 * Copies that this node held for others, and that its owners have by now. One that can't leave at once, because it is not in
 * the store yet or not in memory any more, is tried again for some seconds; then it is the orphan sweep's.
 */
export class Departures {
  readonly #node: HandoffNode;
  readonly #isHinted: (place: KeyPlace) => boolean;
  #waiting: Leaving[] = [];
  #timer: Timer | undefined;
  #stopped = false;

  constructor(node: HandoffNode, isHinted: (place: KeyPlace) => boolean) {
    this.#node = node;
    this.#isHinted = isHinted;
  }

  /**
   * The owners of the key have the version with this fingerprint: the copy leaves, if it is still that one, nobody else is
   * to be brought it and this node is no owner itself.
   */
  leave(place: KeyPlace, fingerprint: number): void {
    if (!this.#tryNow(place, fingerprint)) this.#tryLater({ place, fingerprint, attempts: 0 });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.stop();
    this.#waiting = [];
  }

  /** Whether there is no more to do. */
  #tryNow(place: KeyPlace, fingerprint: number): boolean {
    const { partition, db, key } = place;
    if (this.#stopped || ownsKey(this.#node, partition, key) || this.#isHinted(place)) return true;
    return this.#node.replica.drop(partition, db, key, fingerprint, NOBODY);
  }

  #tryLater(leaving: Leaving): void {
    if (this.#stopped || leaving.attempts >= LEAVE_ATTEMPTS_MAX || this.#waiting.length >= LEAVING_MAX) return;
    leaving.attempts++;
    this.#waiting.push(leaving);
    this.#timer ??= this.#node.world.timers.after(LEAVE_PERIOD_MS, () => {
      this.#timer = undefined;
      for (const waiting of this.#waiting.splice(0)) void this.#tryAgain(waiting);
    });
  }

  async #tryAgain(leaving: Leaving): Promise<void> {
    // Only what is in memory can leave.
    await readHeld(this.#node.replica, leaving.place);
    if (!this.#tryNow(leaving.place, leaving.fingerprint)) this.#tryLater(leaving);
  }
}
