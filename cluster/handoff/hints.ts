/**
 * Hinted handoff (Dynamo §4.6): which nodes have missed writes of which keys. A hint is a reference; the object is in this
 * node's replica like any other.
 */

import type { Governor } from '../background/governor.js';
import type { BackgroundTask } from '../background/task.js';
import type { HintKeeper } from '../coordinator/coordination.js';
import type { Counters } from '../coordinator/counters.js';
import type { Keyspaces } from '../coordinator/keyspaces.js';
import type { Routes } from '../coordinator/routes.js';
import { type Store, StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import {
  BUFFER,
  type Durability,
  type Replica,
  STORED,
  type StoreAnswer,
  type WriteWaiter,
} from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';
import { Hint, HintIndex, type HintTotals } from './hint-index.js';
import { HintRows } from './hint-rows.js';
import { LOG_PERIOD_US, RETRY_MAX_MS } from './limits.js';

/** What handoff needs of its node. */
export interface HandoffNode {
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly store: Store;
  readonly replica: Replica;
  readonly peers: ReadonlyMap<NodeId, Peer>;
  readonly routes: Routes;
  readonly keyspaces: Keyspaces;
  readonly counters: Counters;
  readonly governor: Governor;
}

export interface HintOptions {
  /** Memory for hints. */
  readonly bytesMax: number;
  /** Older hints are dropped. */
  readonly windowMs: number;
}

/** The hints for one node. */
export interface PendingHints extends HintTotals {
  /** Whether they are being brought to it now. */
  readonly delivering: boolean;
}

const NOBODY: WriteWaiter = { stored: () => undefined };

export class Hints implements HintKeeper, BackgroundTask {
  readonly #node: HandoffNode;
  readonly #index: HintIndex;
  readonly #rows: HintRows;
  #loggedUs: number | undefined;
  #stopped = false;

  constructor(node: HandoffNode, options: HintOptions) {
    this.#node = node;
    this.#index = new HintIndex(options.bytesMax);
    this.#rows = new HintRows(node.world, node.store);
  }

  note(target: NodeId, partition: Partition, db: number, key: string): void {
    this.keep(target, partition, db, key, BUFFER, NOBODY);
  }

  keep(
    target: NodeId,
    partition: Partition,
    db: number,
    key: string,
    durability: Durability,
    waiter: WriteWaiter,
  ): StoreAnswer {
    const { counters, peers, world } = this.#node;
    let hint = this.#index.find(target, partition, db, key);
    if (hint === undefined) {
      if (!peers.has(target)) {
        counters.hints_dropped_stranger++;
        return STORED;
      }
      hint = new Hint(target, partition, db, key, world.clock.nowMs());
      if (!this.#index.add(hint)) {
        this.#droppedFull();
        return STORED;
      }
      counters.hints_kept++;
    }
    hint.version++;
    return this.#rows.put(hint, durability, waiter);
  }

  /** The nodes for which there are hints. */
  byTarget(): PendingHints[] {
    return this.#index.totals().map((totals) => ({ ...totals, delivering: false }));
  }

  start(): void {
    void this.#load();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#rows.stop();
  }

  /** Hints of an earlier run. Nothing is delivered before all are known. */
  async #load(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#rows.load((hints) => this.#take(hints));
        return;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ reason: error.message }, 'hints could not be read');
        await new Promise<void>((resolve) => this.#node.world.timers.after(RETRY_MAX_MS, resolve));
      }
    }
  }

  #take(hints: readonly Hint[]): void {
    for (const hint of hints) {
      const { target, partition, db, key } = hint;
      if (this.#index.find(target, partition, db, key) !== undefined) continue;
      if (!this.#node.peers.has(target)) this.#node.counters.hints_dropped_stranger++;
      else if (this.#index.add(hint)) continue;
      else this.#droppedFull();
      this.#rows.delete(hint);
    }
  }

  #droppedFull(): void {
    const { counters, world } = this.#node;
    counters.hints_dropped_full++;
    const nowUs = world.clock.monotonicUs();
    if (this.#loggedUs !== undefined && nowUs - this.#loggedUs < LOG_PERIOD_US) return;
    this.#loggedUs = nowUs;
    const { count, bytes } = this.#index;
    world.log.warn({ count, bytes }, 'there is no room for more hints: anti-entropy has to bring what is dropped now');
  }
}
