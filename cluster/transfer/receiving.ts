/**
 * Takes up the partitions that this node is to hold: pulls their rows, compares them with the primaries, and says that it
 * holds them.
 *
 * ```
 *   to receive ──> receiving ──(page after page, the mark is stored)──> received ──(equal to the primaries)──> declared
 *                     │  ^ broke off: again from the mark, from whoever can be reached      │
 *                     └──┴─────────────────── not wanted any more ──────────────────────────┴──> departing (retiring.ts)
 * ```
 */

import { Pause } from '../background/pause.js';
import { type PulledRow, pullPage } from '../background/pull.js';
import type { BackgroundTask } from '../background/task.js';
import type { Failure } from '../failure.js';
import { StoreError } from '../ports/store.js';
import { LOG, STORED } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import { highestCounter } from '../version/encoded.js';
import type { Peer } from '../wire/peer.js';
import { Comparing } from './comparing.js';
import {
  BUSY_PERIOD_MS,
  CHECK_PLACES,
  CHECKS_A_RETIREMENT,
  IDLE_PERIOD_MS,
  MERGE_ROWS,
  PULLS_MAX,
  RETRY_MAX_MS,
  RETRY_MIN_MS,
} from './limits.js';
import type { Courses } from './progress.js';
import { isToReceive, isWhole, type Place, rolesOf, sourcesOf } from './roles.js';
import { everyPlace, leastW, type TransferNode } from './transfer-node.js';
import { numberOf, type TransferRow, type TransferRows } from './transfer-rows.js';

interface Retry {
  readonly delayMs: number;
  readonly notBeforeUs: number;
  /** Who did not give it: the others have their turn. */
  readonly failed: ReadonlySet<NodeId>;
}

interface Due extends Place {
  /** Since when, monotonic µs, as far as this run knows. */
  readonly sinceUs: number;
}

export class Receiving implements BackgroundTask {
  readonly #node: TransferNode;
  readonly #rows: TransferRows;
  readonly #courses: Courses;
  readonly #retireAfterMs: number;
  readonly #pause: Pause;
  readonly #comparing: Comparing;
  /** What this node is to receive, by number; made anew when the membership has changed. */
  #due = new Map<number, Due>();
  #changed = true;
  /** By number, from whom: undefined, from nobody. */
  readonly #pulling = new Map<number, NodeId | undefined>();
  readonly #retries = new Map<number, Retry>();
  readonly #workers = new Set<Promise<void>>();
  #loop: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `retireAfterMs`: others may not know yet who holds what. */
  constructor(node: TransferNode, rows: TransferRows, courses: Courses, retireAfterMs: number) {
    this.#node = node;
    this.#rows = rows;
    this.#courses = courses;
    this.#retireAfterMs = retireAfterMs;
    this.#pause = new Pause(node.world.timers);
    this.#comparing = new Comparing(node, this.#pause);
    node.membership.onChange(() => {
      this.#changed = true;
    });
  }

  /** Places that are still to be received. */
  get left(): number {
    return this.#due.size;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.stop();
    await this.#loop;
    await Promise.all(this.#workers);
  }

  /** What is still to come, by whom it comes from or is going to. */
  leftBySource(): Map<NodeId, Set<number>> {
    const left = new Map<NodeId, Set<number>>();
    for (const [number, place] of this.#due) {
      const source = this.#pulling.get(number) ?? this.#sourceOf(place)?.id;
      if (source !== undefined) left.set(source, (left.get(source) ?? new Set()).add(number));
    }
    return left;
  }

  async #run(): Promise<void> {
    while (await this.#pause.sleep(this.#due.size > 0 ? BUSY_PERIOD_MS : IDLE_PERIOD_MS)) {
      try {
        await this.#round();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ reason: error.message }, 'what is received could not be noted');
      }
    }
  }

  async #round(): Promise<void> {
    if (this.#changed) {
      this.#changed = false;
      await this.#replan();
    }
    if (this.#due.size === 0) return;
    while (this.#workers.size < PULLS_MAX && this.#next() !== undefined) this.#startWorker();
    await this.#check();
  }

  async #replan(): Promise<void> {
    const { membership, world } = this.#node;
    const before = this.#due.size;
    const nowUs = world.clock.monotonicUs();
    const due = new Map<number, Due>();
    for (const place of everyPlace(this.#node)) {
      if (!isToReceive(membership, place)) continue;
      const number = numberOf(place);
      due.set(number, { ...place, sinceUs: this.#due.get(number)?.sinceUs ?? nowUs });
    }
    this.#due = due;
    if (before === 0 && due.size > 0)
      world.log.info({ partitions: due.size }, 'this node begins to receive partitions');
    if (before > 0 && due.size === 0) world.log.info({}, 'this node has received all its partitions');
    for (const number of this.#retries.keys()) if (!due.has(number)) this.#retries.delete(number);
    await this.#dropStale();
  }

  /** Rows about places that this node does not receive any more. */
  async #dropStale(): Promise<void> {
    const { membership } = this.#node;
    const { id } = membership.self;
    const stale = this.#rows.all().filter((row) => row.state !== 'departing' && !this.#due.has(numberOf(row)));
    const [held, unwanted]: [TransferRow[], TransferRow[]] = [[], []];
    for (const row of stale) (membership.holds(id, row.partition, row.n) ? held : unwanted).push(row);
    await this.#rows.delete(held);
    // What was taken meanwhile is handed on before it goes.
    await this.#rows.put(...unwanted.map((row): TransferRow => ({ ...row, state: 'departing', mark: undefined })));
  }

  #next(): Place | undefined {
    const nowUs = this.#node.world.clock.monotonicUs();
    for (const [number, place] of this.#due) {
      if (this.#pulling.has(number) || this.#rows.of(place)?.state === 'received') continue;
      if ((this.#retries.get(number)?.notBeforeUs ?? 0) > nowUs) continue;
      return place;
    }
    return undefined;
  }

  #startWorker(): void {
    const worker = this.#work();
    this.#workers.add(worker);
    void worker.finally(() => this.#workers.delete(worker));
  }

  async #work(): Promise<void> {
    for (let place = this.#next(); place !== undefined && !this.#stopped; place = this.#next()) {
      const number = numberOf(place);
      const source = this.#sourceOf(place);
      this.#pulling.set(number, source?.id);
      try {
        if (await this.#pull(place, source)) this.#retries.delete(number);
        else this.#later(place, source);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ partition: place.partition, reason: error.message }, 'a transfer was not stored');
        this.#later(place, undefined);
      } finally {
        this.#pulling.delete(number);
      }
    }
  }

  /** Takes all rows from the source, from the mark on. Answers whether all have come. Rejects with `StoreError`. */
  async #pull(place: Place, source: Peer | undefined): Promise<boolean> {
    const { membership, replica, world } = this.#node;
    const roles = rolesOf(membership, place);
    if (!replica.serves(place.partition)) return false;
    let row = this.#begun(place);
    if (roles.isLost) return this.#takeEmpty(row);
    if (source === undefined) return false;
    while (row.state === 'receiving') {
      const page = await pullPage(source, place.partition, row.mark, place.n);
      if (this.#stopped) return false;
      if (page === undefined || !(await this.#mergeAll(place, page.rows))) {
        this.#node.counters.transfer_pulls_broken_off++;
        return false;
      }
      if (!this.#due.has(numberOf(place))) return true;
      const bytes = page.rows.reduce((sum, { key, object }) => sum + key.length + object.length, 0);
      row = this.#moved(row, source.id, page.rows.length, bytes, page.next);
      await this.#rows.put(row);
    }
    this.#courses.done(source.id, numberOf(place), { nowMs: world.clock.nowMs(), nowUs: world.clock.monotonicUs() });
    return true;
  }

  #begun(place: Place): TransferRow {
    const row = this.#rows.of(place);
    if (row !== undefined && row.state !== 'departing') return row;
    const beganMs = this.#node.world.clock.nowMs();
    return { ...place, state: 'receiving', keys: 0, bytes: 0, beganMs, source: '', mark: undefined };
  }

  /** Nobody holds the place, and it is not only that this node has not heard of it: what the others that are wanted have is all. */
  async #takeEmpty(row: TransferRow): Promise<boolean> {
    const { membership, world } = this.#node;
    if (world.clock.monotonicUs() - membership.unchangedSinceUs() < this.#retireAfterMs * 1000) return false;
    const { partition, n } = row;
    world.log.warn({ partition, n }, 'no node holds the partition any more: it is begun with what there is');
    await this.#rows.put({ ...row, state: 'received', mark: undefined });
    return true;
  }

  #moved(row: TransferRow, source: NodeId, keys: number, bytes: number, mark: TransferRow['mark']): TransferRow {
    const { counters, world } = this.#node;
    counters.transfer_keys_received += keys;
    counters.transfer_bytes_received += bytes;
    this.#courses.moved(source, keys, bytes, { nowMs: world.clock.nowMs(), nowUs: world.clock.monotonicUs() });
    const state = mark === undefined ? 'received' : 'receiving';
    const only = row.mark === undefined || row.source === source ? source : '';
    return { ...row, state, keys: row.keys + keys, bytes: row.bytes + bytes, source: only, mark };
  }

  async #mergeAll({ partition }: Place, rows: readonly PulledRow[]): Promise<boolean> {
    const { governor } = this.#node;
    for (let from = 0; from < rows.length; from += MERGE_ROWS) {
      const some = rows.slice(from, from + MERGE_ROWS);
      if (!(await governor.admit('transfer', some.length)) || this.#stopped) return false;
      const merged = await Promise.all(some.map((row) => this.#merge(partition, row)));
      if (!merged.every((isStored) => isStored)) return false;
    }
    return true;
  }

  /** What a primary holds is taken whatever its clock says: it was let in there. */
  #merge(partition: Place['partition'], { db, key, object }: PulledRow): Promise<boolean> {
    const { replica, hybridClock } = this.#node;
    const counter = highestCounter(object);
    if (!hybridClock.isTooFarAhead(counter)) hybridClock.observe(counter);
    return new Promise((resolve) => {
      const waiter = { stored: (failure: Failure | undefined) => resolve(failure === undefined) };
      if (replica.merge(partition, db, key, object, LOG, waiter) === STORED) resolve(true);
    });
  }

  /** The first reachable of those that this node may take the place from; first of all one that did not fail before. */
  #sourceOf(place: Place): Peer | undefined {
    const { membership, peers } = this.#node;
    const reachable = sourcesOf(rolesOf(membership, place), membership.self.id).flatMap((id) => {
      const peer = peers.get(id);
      return peer?.reachable() === true ? [peer] : [];
    });
    const failed = this.#retries.get(numberOf(place))?.failed;
    return reachable.find(({ id }) => failed?.has(id) !== true) ?? reachable[0];
  }

  #later(place: Place, failed: Peer | undefined): void {
    const number = numberOf(place);
    const before = this.#retries.get(number);
    const delayMs = Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, (before?.delayMs ?? 0) * 2));
    const notBeforeUs = this.#node.world.clock.monotonicUs() + delayMs * 1000;
    const known = new Set(before?.failed);
    // One that fails a second time had its turn again, as all others have failed: from here on all may be asked.
    if (failed !== undefined && known.has(failed.id)) known.clear();
    if (failed !== undefined) known.add(failed.id);
    this.#retries.set(number, { delayMs, notBeforeUs, failed: known });
  }

  /**
   * Compares what has come with the primaries, many places at once, and declares those that are whole. Not before all are
   * likely to send their puts here too, or what they send elsewhere would be missing. Rejects with `StoreError`.
   */
  async #check(): Promise<void> {
    const nowUs = this.#node.world.clock.monotonicUs();
    const latestUs = nowUs - (this.#retireAfterMs * 1000) / CHECKS_A_RETIREMENT;
    const ready = [...this.#due.values()]
      .filter(({ sinceUs }) => sinceUs <= latestUs)
      .filter((place) => this.#rows.of(place)?.state === 'received')
      .filter((place) => (this.#retries.get(numberOf(place))?.notBeforeUs ?? 0) <= nowUs)
      .slice(0, CHECK_PLACES);
    if (ready.length === 0) return;
    const asked = ready.map((place) => ({
      place,
      peers: this.#comparing.partnersOf(place),
    }));
    const equal = await this.#comparing.equal(asked);
    if (this.#stopped) return;
    const whole: Place[] = [];
    for (const { place, peers } of asked) {
      const met = equal.get(numberOf(place)) ?? new Set();
      if (peers.every(({ id }) => met.has(id)) && this.#isWhole(place, met)) whole.push(place);
      else this.#later(place, undefined);
    }
    await this.#declare(whole);
  }

  #isWhole(place: Place, met: ReadonlySet<NodeId>): boolean {
    const { membership } = this.#node;
    const row = this.#rows.of(place);
    if (row?.state !== 'received' || !isToReceive(membership, place)) return false;
    const quorum = { n: place.n, w: leastW(this.#node, place.n) };
    return isWhole(rolesOf(membership, place), membership.self.id, quorum, row.source, met);
  }

  async #declare(whole: readonly Place[]): Promise<void> {
    if (whole.length === 0) return;
    const { membership, counters } = this.#node;
    await membership.declare(whole.map(({ partition, n }) => ({ partition, n, holds: true })));
    counters.transfer_partitions_received += whole.length;
    for (const place of whole) {
      this.#due.delete(numberOf(place));
      this.#retries.delete(numberOf(place));
    }
    await this.#rows.delete(whole);
  }
}
