/**
 * Gives up what this node holds and is not to hold, and takes what is not its own any more out of it.
 *
 * ```
 *   holds, not wanted ──(all that are wanted hold it, for `retireAfterMs`)──> departing: says that it holds it no more
 *       ──(DROP_AFTER_MS)──> clearing.ts, until no row is left ──> forgotten
 * ```
 *
 * A node that leaves lets everything depart; when nothing is left, no hint either, it is gone.
 */
import { Pause } from '../background/pause.js';
import type { BackgroundTask } from '../background/task.js';
import type { Hints } from '../handoff/hints.js';
import { StoreError } from '../ports/store.js';
import type { NodeId } from '../ring/ring.js';
import { type Awaited, AwaitedNodes } from './awaited.js';
import { Clearing } from './clearing.js';
import { CLEARINGS_MAX, DROP_AFTER_MS, HINTS_WAIT_MS, RETIRE_PERIOD_MS, RETIRE_PLACES } from './limits.js';
import { awaitedFor, isToReceive, type Place } from './roles.js';
import { everyPlace, type TransferNode } from './transfer-node.js';
import { numberOf, type TransferRow, type TransferRows } from './transfer-rows.js';

export class Retiring implements BackgroundTask {
  readonly #node: TransferNode;
  readonly #rows: TransferRows;
  readonly #hints: Hints;
  readonly #retireAfterMs: number;
  readonly #clearing: Clearing;
  readonly #awaited: AwaitedNodes;
  readonly #pause: Pause;
  readonly #goneCallbacks: (() => void)[] = [];
  /** Places that may be given up, by number, and since when that is so, monotonic µs. */
  #ready = new Map<number, { readonly place: Place; readonly sinceUs: number }>();
  /** Since when, monotonic µs, this node has let places depart, by number. */
  readonly #departedUs = new Map<number, number>();
  #changed = true;
  /** Since when a node that leaves waits for nothing but hints. */
  #onlyHintsUs: number | undefined;
  #isGone = false;
  #loop: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `retireAfterMs`: others may not know yet who holds what. `graceMs`: how long tombstones are remembered. */
  constructor(node: TransferNode, rows: TransferRows, hints: Hints, retireAfterMs: number, graceMs: number) {
    this.#node = node;
    this.#rows = rows;
    this.#hints = hints;
    this.#retireAfterMs = retireAfterMs;
    this.#clearing = new Clearing(node, hints, graceMs);
    this.#awaited = new AwaitedNodes(node);
    this.#pause = new Pause(node.world.timers);
    node.membership.onChange(() => {
      this.#changed = true;
    });
  }

  /** Places that this node is to give up, when the time has come. */
  get retiring(): number {
    return this.#ready.size;
  }

  /** Places of which rows are left that are not this node's any more. */
  get departing(): number {
    return this.#departing().length;
  }

  /** The nodes that are down and that this one waits for, to give something up. */
  awaited(): ReadonlyMap<NodeId, Awaited> {
    return this.#awaited.all();
  }

  /** `callback` runs once, when this node has left and nothing of it is needed any more. */
  onGone(callback: () => void): void {
    this.#goneCallbacks.push(callback);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.stop();
    this.#clearing.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isGone && (await this.#pause.sleep(RETIRE_PERIOD_MS))) {
      try {
        await this.#round();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ reason: error.message }, 'what is to depart could not be read or noted');
      }
    }
  }

  async #round(): Promise<void> {
    if (this.#changed) {
      this.#changed = false;
      this.#replan();
    }
    this.#awaited.look(this.#node.membership.nodes());
    await this.#retire();
    if (this.#node.membership.state() === 'leaving') await this.#departWhole();
    // What is hinted is not known before that.
    if (this.#hints.loaded) await this.#clearAll();
    if (this.#node.membership.state() === 'leaving') await this.#end();
  }

  #replan(): void {
    const { membership, world } = this.#node;
    const nowUs = world.clock.monotonicUs();
    const before = this.#ready;
    this.#ready = new Map();
    const awaited = new Map<NodeId, Set<number>>();
    for (const place of everyPlace(this.#node)) {
      const others = awaitedFor(membership, place);
      const number = numberOf(place);
      for (const id of others ?? []) awaited.set(id, (awaited.get(id) ?? new Set()).add(number));
      if (others?.length === 0) this.#ready.set(number, { place, sinceUs: before.get(number)?.sinceUs ?? nowUs });
    }
    this.#awaited.plan(awaited);
  }

  /** Says that this node holds no more what it has not had to hold for long enough. Rejects with `StoreError`. */
  async #retire(): Promise<void> {
    const { membership, counters, world } = this.#node;
    const latestUs = world.clock.monotonicUs() - this.#retireAfterMs * 1000;
    const places = [...this.#ready.values()]
      .filter(({ sinceUs }) => sinceUs <= latestUs)
      .map(({ place }) => place)
      .slice(0, RETIRE_PLACES);
    if (places.length === 0) return;
    await this.#depart(places);
    await membership.declare(places.map(({ partition, n }) => ({ partition, n, holds: false })));
    counters.transfer_partitions_retired += places.length;
    for (const place of places) this.#ready.delete(numberOf(place));
    world.log.info({ partitions: places.length }, 'this node has given up partitions, which others hold now');
  }

  /** A node that leaves clears all that it holds for whomever. Rejects with `StoreError`. */
  async #departWhole(): Promise<void> {
    const { forest, membership } = this.#node;
    const { id } = membership.self;
    const places = [...everyPlace(this.#node)].filter(
      (place) =>
        this.#rows.of(place)?.state !== 'departing' &&
        forest.tree(place.n, place.partition).keys > 0 &&
        !membership.holds(id, place.partition, place.n),
    );
    await this.#depart(places);
  }

  async #depart(places: readonly Place[]): Promise<void> {
    const beganMs = this.#node.world.clock.nowMs();
    await this.#rows.put(
      ...places.map(
        (place): TransferRow => ({
          ...place,
          state: 'departing',
          keys: 0,
          bytes: 0,
          beganMs,
          source: '',
          mark: undefined,
        }),
      ),
    );
  }

  #departing(): Place[] {
    return this.#rows.all().filter(({ state }) => state === 'departing');
  }

  async #clearAll(): Promise<void> {
    const { membership, world, routes } = this.#node;
    const nowUs = world.clock.monotonicUs();
    const departing = this.#departing();
    const numbers = new Set(departing.map(numberOf));
    for (const number of this.#departedUs.keys()) if (!numbers.has(number)) this.#departedUs.delete(number);
    const kept = departing.filter(({ partition, n }) => membership.holds(membership.self.id, partition, n));
    // It was not said, or this node has come to hold it again since.
    await this.#rows.delete(kept.filter((place) => !this.#ready.has(numberOf(place))));
    const due: Place[] = [];
    for (const place of departing) {
      const { isOwn, inMotion } = routes.placement(place.partition, place.n);
      const sinceUs = this.#departedUs.get(numberOf(place)) ?? nowUs;
      if (isOwn || isToReceive(membership, place)) this.#departedUs.delete(numberOf(place));
      else this.#departedUs.set(numberOf(place), sinceUs);
      if (!isOwn && !inMotion && nowUs - sinceUs >= DROP_AFTER_MS * 1000) due.push(place);
    }
    await Promise.all(Array.from({ length: CLEARINGS_MAX }, () => this.#clearSome(due)));
  }

  async #clearSome(due: Place[]): Promise<void> {
    const cleared: Place[] = [];
    for (let place = due.pop(); place !== undefined && !this.#stopped; place = due.pop()) {
      if (await this.#clearing.clear(place)) cleared.push(place);
    }
    const { routes } = this.#node;
    await this.#rows.delete(cleared.filter(({ partition, n }) => !routes.placement(partition, n).isOwn));
  }

  /** A node that leaves, and has nothing left, is gone. */
  async #end(): Promise<void> {
    const { membership, forest, replica, world } = this.#node;
    const { id } = membership.self;
    const places = [...everyPlace(this.#node)];
    if (places.some(({ partition, n }) => membership.holds(id, partition, n))) return;
    if (this.#hints.count > 0) this.#giveUpHints();
    const isEmpty = places.every(
      ({ partition, n }) =>
        forest.isBuilt(partition) && replica.serves(partition) && forest.tree(n, partition).keys === 0,
    );
    if (!isEmpty || !this.#hints.loaded || this.#hints.count > 0) return;
    this.#isGone = true;
    await membership.gone();
    world.log.info({}, 'this node has left: it has handed over all that it held');
    for (const callback of this.#goneCallbacks.splice(0)) callback();
  }

  /** Nodes that have been away for so long get from anti-entropy what they miss: it is handed to the others. */
  #giveUpHints(): void {
    const nowUs = this.#node.world.clock.monotonicUs();
    this.#onlyHintsUs ??= nowUs;
    if (nowUs - this.#onlyHintsUs < HINTS_WAIT_MS * 1000) return;
    const dropped = this.#hints.giveUp();
    if (dropped > 0)
      this.#node.world.log.warn({ dropped }, 'hints were dropped: this node leaves, and their nodes are away');
  }
}
