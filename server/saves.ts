import type { ClusterNode } from '../cluster/node.js';
import type { Clock } from '../cluster/ports/clock.js';

const MS_PER_S = 1000;
const US_PER_S = 1_000_000;

/** Saves by order (`SAVE`, `BGSAVE`): all that this node has acknowledged becomes safe from a loss of power. */
export class Saves {
  /** When the last save that succeeded ended, in s since 1970; before the first, when the node started. */
  lastS: number;
  lastFailed = false;
  /** How long the last save took, in s; -1: there was none. */
  lastTookS = -1;
  /** Saves that succeeded. */
  count = 0;
  #startedUs: number | undefined;

  constructor(
    private readonly node: ClusterNode,
    private readonly clock: Clock,
  ) {
    this.lastS = Math.trunc(clock.nowMs() / MS_PER_S);
  }

  get isRunning(): boolean {
    return this.#startedUs !== undefined;
  }

  /** For how long a save has been running, in s; -1: none is. */
  runsForS(): number {
    return this.#startedUs === undefined ? -1 : Math.trunc((this.clock.monotonicUs() - this.#startedUs) / US_PER_S);
  }

  /** Starts a save, of which only one may run. Rejects with `StoreError`. */
  async save(): Promise<void> {
    const startedUs = this.clock.monotonicUs();
    this.#startedUs = startedUs;
    try {
      await this.node.persist();
      this.lastFailed = false;
      this.lastS = Math.trunc(this.clock.nowMs() / MS_PER_S);
      this.count++;
    } catch (error) {
      this.lastFailed = true;
      throw error;
    } finally {
      this.lastTookS = Math.trunc((this.clock.monotonicUs() - startedUs) / US_PER_S);
      this.#startedUs = undefined;
    }
  }
}
