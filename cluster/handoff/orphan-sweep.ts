/**
 * Copies that this node holds for nobody it knows of: it is no primary of the key and there is no hint. They are left where a
 * hint was dropped, or where the node died between an object and its hint. Slowly, one partition at a time, they are handed
 * to the key's primaries (`orphan-hand-over.ts`).
 */
import { Pause } from '../background/pause.js';
import type { BackgroundTask } from '../background/task.js';
import { StoreError } from '../ports/store.js';
import type { Partition } from '../ring/slots.js';
import { Departures } from './departures.js';
import { type HandoffNode, ownsKey } from './handoff-node.js';
import type { Hints } from './hints.js';
import { SWEEP_BYTES_MAX, SWEEP_ORPHANS, SWEEP_PAUSE_A_ROW_MS, SWEEP_PAUSE_MS, SWEEP_REST_MS } from './limits.js';
import { type Orphan, OrphanHandOver } from './orphan-hand-over.js';

export class OrphanSweep implements BackgroundTask {
  readonly #node: HandoffNode;
  readonly #hints: Hints;
  readonly #departures: Departures;
  readonly #isCleared: (partition: Partition, n: number) => boolean;
  readonly #handOver: OrphanHandOver;
  readonly #pause: Pause;
  #next = 0;
  #loop: Promise<void> | undefined;
  #stopped = false;

  /** `graceMs`: how long tombstones are remembered. `isCleared`: keys of this N of the partition are on their way out as a whole. */
  constructor(
    node: HandoffNode,
    hints: Hints,
    graceMs: number,
    isCleared: (partition: Partition, n: number) => boolean = () => false,
  ) {
    this.#isCleared = isCleared;
    this.#node = node;
    this.#hints = hints;
    this.#departures = new Departures(node, (place) => hints.isHinted(place));
    this.#handOver = new OrphanHandOver(node, this.#departures, graceMs);
    this.#pause = new Pause(node.world.timers);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.stop();
    this.#departures.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let pauseMs = SWEEP_PAUSE_MS;
    while (await this.#pause.sleep(pauseMs)) {
      pauseMs = SWEEP_PAUSE_MS;
      // What is hinted is not known yet; and a node that has just started has better things to read.
      if (!this.#hints.loaded || !this.#node.replica.warm) continue;
      const { partition, passed } = this.#nextForeign();
      pauseMs = Math.min(SWEEP_REST_MS, SWEEP_PAUSE_MS * (passed + 1));
      if (partition === undefined) continue;
      try {
        const rows = await this.#sweep(partition);
        // While a node is down for long there are many copies with hints, and they are read in vain.
        pauseMs += rows * SWEEP_PAUSE_A_ROW_MS;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ partition, reason: error.message }, 'a partition could not be swept for orphans');
      }
    }
  }

  /**
   * The next partition of which not every key is this node's own and that holds any, undefined: there is none. And how many
   * it has passed over that hold none.
   */
  #nextForeign(): { readonly partition: Partition | undefined; readonly passed: number } {
    const { keyspaces, replica, routes } = this.#node;
    let passed = 0;
    for (let looked = 0; looked < routes.partitionCount; looked++) {
      const partition = this.#next as Partition;
      this.#next = (this.#next + 1) % routes.partitionCount;
      if (keyspaces.ns.every((n) => routes.isOwn(partition, n))) continue;
      if (!replica.counts.isEmpty(partition)) return { partition, passed };
      passed++;
    }
    return { partition: undefined, passed };
  }

  /** Answers how many rows it has looked at. */
  async #sweep(partition: Partition): Promise<number> {
    const { governor, keyspaces, replica } = this.#node;
    let looked = 0;
    await replica.scans.scanPartition(partition, async (rows) => {
      looked += rows.length;
      if (!(await governor.admit('hints', rows.length))) return false;
      const orphans = rows
        .map(({ db, key, record }) => ({ partition, db, key, record }))
        .filter((row) => !ownsKey(this.#node, partition, row.key) && !this.#hints.isHinted(row))
        .filter(({ key }) => !this.#isCleared(partition, keyspaces.of(key).n));
      for (let from = 0; from < orphans.length; ) {
        const to = sliceEnd(orphans, from);
        if (!(await governor.admit('hints', to - from)) || this.#stopped) return false;
        await Promise.all(orphans.slice(from, to).map((orphan) => this.#handOver.handOver(orphan)));
        from = to;
      }
      return !this.#stopped;
    });
    return looked;
  }
}

function sliceEnd(orphans: readonly Orphan[], from: number): number {
  let to = from;
  let bytes = 0;
  while (to < orphans.length && to - from < SWEEP_ORPHANS && bytes < SWEEP_BYTES_MAX) {
    bytes += orphans[to]?.record.length ?? 0;
    to++;
  }
  return to;
}
