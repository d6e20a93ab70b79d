/**
 * Hinted handoff (Dynamo §4.6): which nodes have missed writes of which keys, and the deliveries to them. A hint is a
 * reference; the object is in this node's replica like any other.
 */

import { Pause } from '../background/pause.js';
import type { BackgroundTask } from '../background/task.js';
import type { HintKeeper } from '../coordinator/coordination.js';
import { StoreError } from '../ports/store.js';
import type { Timer } from '../ports/timers.js';
import { BUFFER, type Durability, STORED, type StoreAnswer, type WriteWaiter } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';
import { CountedLine } from './counted-line.js';
import { Delivery, type DeliveryOwner } from './delivery.js';
import { Departures } from './departures.js';
import type { HandoffNode, KeyPlace } from './handoff-node.js';
import { Hint, HintIndex, type HintTotals } from './hint-index.js';
import { HintRows } from './hint-rows.js';
import {
  EXPIRIES_A_WINDOW,
  EXPIRY_PERIOD_MAX_MS,
  EXPIRY_PERIOD_MIN_MS,
  EXPIRY_SLICE_HINTS,
  RETRY_MAX_MS,
  WAKE_PERIOD_MS,
} from './limits.js';

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

const NO_FIELDS = {};
const FULL = 'there is no room for more hints: anti-entropy has to bring what is dropped now';
const NOBODY: WriteWaiter = { stored: () => undefined };

export class Hints implements HintKeeper, BackgroundTask, DeliveryOwner {
  readonly #node: HandoffNode;
  readonly #windowMs: number;
  readonly #index: HintIndex;
  readonly #rows: HintRows;
  readonly #departures: Departures;
  readonly #deliveries = new Map<NodeId, Delivery>();
  readonly #expiryPause: Pause;
  readonly #fullLine: CountedLine;
  readonly #oldLine: CountedLine;
  readonly #loops: Promise<void>[] = [];
  /** Ends when what belongs to nodes that have left has. */
  #ending: Promise<unknown> = Promise.resolve();
  #wakes: Timer | undefined;
  #loaded = false;
  #stopped = false;

  constructor(node: HandoffNode, options: HintOptions) {
    this.#node = node;
    this.#windowMs = options.windowMs;
    this.#index = new HintIndex(options.bytesMax);
    this.#rows = new HintRows(node.world, node.store);
    this.#departures = new Departures(node, (place) => this.#index.isHinted(place));
    this.#expiryPause = new Pause(node.world.timers);
    this.#fullLine = new CountedLine(node.world, FULL);
    this.#oldLine = new CountedLine(node.world, 'hints were dropped: older than the window');
  }

  /** Hints that are held, and the memory that they take. */
  get count(): number {
    return this.#index.count;
  }

  get bytes(): number {
    return this.#index.bytes;
  }

  /** Whether the hints of earlier runs are known: before that nothing is delivered and no copy leaves. */
  get loaded(): boolean {
    return this.#loaded;
  }

  isHinted(place: KeyPlace): boolean {
    return this.#index.isHinted(place);
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
      const peer = peers.get(target);
      if (peer === undefined) {
        counters.hints_dropped_stranger++;
        return STORED;
      }
      // The peer's own id: one string for all of its hints.
      hint = new Hint(peer.id, partition, db, key, world.clock.nowMs());
      if (!this.#index.add(hint)) {
        this.#droppedFull();
        return STORED;
      }
      counters.hints_kept++;
    }
    hint.version++;
    return this.#rows.put(hint, durability, waiter);
  }

  /** Drops the hints for nodes that can't be reached: this node leaves, and others have the objects. Answers how many those were. */
  giveUp(): number {
    let dropped = 0;
    for (const hint of this.#index.all()) {
      if (this.#node.peers.get(hint.target)?.reachable() !== true && this.#forget(hint)) dropped++;
    }
    this.#node.counters.hints_dropped_leaving += dropped;
    return dropped;
  }

  /** The nodes for which there are hints. Looks at every hint. */
  byTarget(): PendingHints[] {
    return this.#index.totals().map((totals) => ({
      ...totals,
      delivering: this.#deliveries.get(totals.target)?.delivering === true,
    }));
  }

  start(): void {
    this.#node.peers.onAdded((peer) => this.#added(peer));
    this.#node.peers.onRemoved((peer) => this.#removed(peer));
    this.#loops.push(this.#run());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wakes?.stop();
    this.#expiryPause.stop();
    this.#departures.stop();
    await Promise.all([...this.#deliveries.values()].map((delivery) => delivery.stop()));
    await this.#ending;
    await Promise.all(this.#loops);
    await this.#rows.stop();
  }

  delivered(hint: Hint, fingerprint: number): void {
    if (!this.#forget(hint)) return;
    this.#node.counters.hints_delivered++;
    this.#departures.leave(hint, fingerprint);
  }

  gone(hint: Hint): void {
    if (this.#forget(hint)) this.#node.counters.hints_dropped_gone++;
  }

  async #run(): Promise<void> {
    await this.#load();
    if (this.#stopped) return;
    this.#loaded = true;
    const { count, bytes } = this.#index;
    if (count > 0) this.#node.world.log.info({ count, bytes }, 'there are hints for other nodes from an earlier run');
    this.#wakes = this.#node.world.timers.every(WAKE_PERIOD_MS, () => this.#wakeAll());
    this.#wakeAll();
    const periodMs = Math.max(EXPIRY_PERIOD_MIN_MS, Math.min(EXPIRY_PERIOD_MAX_MS, this.#windowMs / EXPIRIES_A_WINDOW));
    while (await this.#expiryPause.sleep(periodMs)) await this.#expire();
  }

  #added(peer: Peer): void {
    const delivery = new Delivery(this.#node, this.#index, peer, this);
    this.#deliveries.set(peer.id, delivery);
    peer.onReachableChange((reachable) => {
      if (reachable && this.#loaded) delivery.reachable();
    });
  }

  #removed(peer: Peer): void {
    const delivery = this.#deliveries.get(peer.id);
    // Where its node has a new link, that one has taken over the hints.
    if (this.#node.peers.get(peer.id) === undefined) this.#deliveries.delete(peer.id);
    this.#ending = Promise.all([this.#ending, delivery?.stop(), this.#dropStrangers(peer.id)]);
  }

  /** Drops the hints for a node that is in the cluster no more. What they speak of is left to the orphan sweep. */
  async #dropStrangers(target: NodeId): Promise<void> {
    let dropped = 0;
    for (const hint of this.#index.of(target)) {
      if (this.#node.peers.get(target) !== undefined || this.#stopped) break;
      if (this.#forget(hint)) dropped++;
      if (dropped % EXPIRY_SLICE_HINTS === 0 && !(await this.#node.governor.admit('hints', 1))) break;
    }
    if (dropped === 0) return;
    this.#node.counters.hints_dropped_stranger += dropped;
    this.#node.world.log.warn({ node: target, dropped }, 'hints were dropped: their node is in the cluster no more');
  }

  #wakeAll(): void {
    if (this.#index.count > 0) for (const delivery of this.#deliveries.values()) delivery.wake();
  }

  async #load(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#rows.load((hints) => this.#take(hints));
        return;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ reason: error.message }, 'hints could not be read');
        await this.#expiryPause.sleep(RETRY_MAX_MS);
      }
    }
  }

  #take(hints: readonly Hint[]): void {
    for (const hint of hints) {
      const { target, partition, db, key, sinceMs } = hint;
      if (this.#index.find(target, partition, db, key) !== undefined) continue;
      if (this.#node.peers.get(target) === undefined) this.#node.counters.hints_dropped_stranger++;
      // The node itself may have been away for long: what it brings then could be of keys that were deleted and forgotten.
      else if (sinceMs < this.#oldestMs()) this.#node.counters.hints_dropped_old++;
      else if (this.#index.add(hint)) continue;
      else this.#droppedFull();
      this.#rows.delete(hint);
    }
  }

  /** Drops the hints that are older than the window. Copies that only they spoke of are left to the orphan sweep. */
  async #expire(): Promise<void> {
    const oldestMs = this.#oldestMs();
    let looked = 0;
    let dropped = 0;
    for (const hint of this.#index.all()) {
      if (hint.sinceMs < oldestMs && this.#forget(hint)) dropped++;
      if (++looked % EXPIRY_SLICE_HINTS === 0 && !(await this.#node.governor.admit('hints', 1))) break;
    }
    this.#node.counters.hints_dropped_old += dropped;
    this.#oldLine.add(dropped, { windowMs: this.#windowMs });
    this.#fullLine.add(0, NO_FIELDS);
  }

  #oldestMs(): number {
    return this.#node.world.clock.nowMs() - this.#windowMs;
  }

  #forget(hint: Hint): boolean {
    const held = this.#index.remove(hint);
    if (held) this.#rows.delete(hint);
    return held;
  }

  #droppedFull(): void {
    this.#node.counters.hints_dropped_full++;
    this.#fullLine.add(1, NO_FIELDS);
  }
}
