import { BACKGROUND_WORKS, type BackgroundWork } from './governor.js';

/** A slice that waits to run. */
export interface WaitingSlice {
  readonly work: BackgroundWork;
  /** Keys. */
  readonly units: number;
  readonly resolve: (go: boolean) => void;
}

/**
 * Slices of several kinds of work, in the order in which they may run: within a kind first come, first served; between kinds
 * the one that has had the fewest keys comes first (start-time fair queueing, Goyal et al. 1996). A kind that was
 * away begins level with the others: it can't save up.
 */
export class SliceQueue {
  readonly #waiting = new Map<BackgroundWork, WaitingSlice[]>(BACKGROUND_WORKS.map((work) => [work, []]));
  readonly #served = new Map<BackgroundWork, number>();
  #level = 0;
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  add(slice: WaitingSlice): void {
    const queue = this.#waiting.get(slice.work) ?? [];
    if (queue.length === 0) this.#served.set(slice.work, Math.max(this.#level, this.#servedOf(slice.work)));
    queue.push(slice);
    this.#size++;
  }

  /** Takes the slice whose turn it is. */
  take(): WaitingSlice | undefined {
    let least: BackgroundWork | undefined;
    for (const [work, queue] of this.#waiting) {
      if (queue.length === 0) continue;
      if (least === undefined || this.#servedOf(work) < this.#servedOf(least)) least = work;
    }
    if (least === undefined) return undefined;
    const slice = this.#waiting.get(least)?.shift();
    if (slice === undefined) return undefined;
    this.#size--;
    this.#level = this.#servedOf(least);
    this.#served.set(least, this.#level + slice.units);
    return slice;
  }

  #servedOf(work: BackgroundWork): number {
    return this.#served.get(work) ?? 0;
  }
}
