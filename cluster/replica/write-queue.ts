/**
 * HOT PATH. Group commit: one batch is with the store at a time; the writes of a turn, and all that come while a batch is
 * under way, share the next one. A key is in a batch once, with its latest record, whoever waits for it. What a batch
 * puts into the store is the journal's matter.
 *
 * ```
 *   now():    entry --------------------> queue of batches --(end of turn, previous batch done)--> journal row --> store
 *   later():  entry --> flush list --(every flushPeriodMs, some entries to each batch)--^               settled rows --^
 * ```
 */
import type { Failure } from '../failure.js';
import type { LatencyRecorder } from '../ports/latency.js';
import type { Store, StoreError, StoreWrite } from '../ports/store.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import type { Partition } from '../ring/slots.js';
import {
  BUFFER,
  type Durability,
  type Entry,
  FSYNC,
  LOG,
  NOT_FLYING,
  PENDING,
  STORED,
  type StoreAnswer,
  type WriteWaiter,
} from './entry.js';
import type { Journal, SettleStep } from './journal.js';
import {
  BATCH_BYTES_MAX,
  BATCH_ROWS_MAX,
  FAILURE_LOG_PERIOD_US,
  FLUSH_BYTES_MAX,
  FLUSH_ROWS_MAX,
  HURRIED_ROWS_MAX,
  RETRY_MAX_MS,
  RETRY_MIN_MS,
  SETTLE_AHEAD_PAUSE_MS,
  SETTLE_PAUSE_MS,
  SETTLE_ROWS_MAX,
} from './limits.js';
import type { ObjectCache } from './object-cache.js';

/** Rows that the store takes at once. */
export class Batch {
  readonly entries: Entry[] = [];
  readonly waiters: WriteWaiter[] = [];
  sync = false;
  bytes = 0;

  isFull(): boolean {
    return this.entries.length >= BATCH_ROWS_MAX || this.bytes >= BATCH_BYTES_MAX;
  }
}

export class WriteQueue {
  dirtyBytes = 0;
  dirtyEntries = 0;
  batches = 0;
  rows = 0;
  failures = 0;

  readonly #world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly #store: Store;
  readonly #cache: ObjectCache;
  readonly #journal: Journal;
  readonly #latency: LatencyRecorder;
  readonly #flushTimer: Timer;
  readonly #queue: Batch[] = [];
  /** Entries that became dirty since the last flush began, and those that the running one has yet to take. */
  #flushList: Entry[] = [];
  #flushing: Entry[] = [];
  #flushedTo = 0;
  #flying: Batch | undefined;
  #startedUs = 0;
  #flyingStep: SettleStep | undefined;
  #settleTimer: Timer | undefined;
  /** Waits for the journal to be settled. */
  #draining: ((failure: Failure | undefined) => void)[] = [];
  #scheduled = false;
  #stopped = false;
  #retryMs = 0;
  #retryTimer: Timer | undefined;
  #loggedUs: number | undefined;

  constructor(
    world: Pick<World, 'clock' | 'timers' | 'latencies' | 'log'>,
    store: Store,
    cache: ObjectCache,
    journal: Journal,
    flushPeriodMs: number,
  ) {
    this.#cache = cache;
    this.#journal = journal;
    this.#world = world;
    this.#store = store;
    this.#latency = world.latencies.recorder('store write');
    this.#flushTimer = world.timers.every(flushPeriodMs, () => this.#flushTick());
  }

  /** Whether the last batch failed. */
  get isFailing(): boolean {
    return this.#retryMs > 0;
  }

  /** Takes note of a new record; `bytesBefore` is what the entry was accounted with. `now` or `later` must follow. */
  changed(entry: Entry, bytesBefore: number): void {
    this.#journal.resized(entry, bytesBefore);
    if (entry.durable === BUFFER) {
      this.dirtyBytes += entry.bytes - bytesBefore;
      return;
    }
    entry.durable = BUFFER;
    this.dirtyBytes += entry.bytes;
    this.dirtyEntries++;
  }

  /** The record of the entry, which the store has, leaves the node; `waiter` hears of it. */
  remove(entry: Entry, waiter: WriteWaiter): void {
    const { bytes } = entry;
    this.#cache.clearRecord(entry);
    this.changed(entry, bytes);
    this.now(entry, LOG, waiter);
  }

  /** For the journal: it has no more rows about the entry. */
  settled(entry: Entry): void {
    if (entry.record === undefined && entry.isEvictable()) this.#cache.forget(entry);
  }

  /** The entry goes to the store with a flush, within about the flush period. */
  later(entry: Entry): void {
    if (entry.queuedIn !== undefined || entry.flushLater) return;
    entry.flushLater = true;
    if (entry.inFlushList) return;
    entry.inFlushList = true;
    this.#flushList.push(entry);
  }

  /** The entry goes to the store with the next batch; `waiter` hears of it. */
  now(entry: Entry, durability: Durability, waiter: WriteWaiter): void {
    const batch = entry.queuedIn ?? this.#enqueue(entry);
    if (durability === FSYNC) batch.sync = true;
    batch.waiters.push(waiter);
  }

  /**
   * For a write that found its record there already: STORED if that record is as safe as asked, else the waiter hears
   * when it is.
   */
  whenDurable(entry: Entry, durability: Durability, waiter: WriteWaiter): StoreAnswer {
    if (durability <= entry.durable) return STORED;
    const flying = entry.flyingVersion === entry.version ? this.#flying : undefined;
    if (flying !== undefined && (durability === LOG || flying.sync)) flying.waiters.push(waiter);
    else this.now(entry, durability, waiter);
    return PENDING;
  }

  /** Every entry of the partition whose own row in the store may be behind its record, once. */
  forEachUnsettled(partition: Partition, visit: (entry: Entry) => void): void {
    const visitOwn = (entry: Entry): void => {
      // One that only waits to be synced is the journal's to show.
      if (entry.partition === partition && entry.durable === BUFFER) visit(entry);
    };
    for (const entry of this.#flushList) if (entry.flushLater) visitOwn(entry);
    for (let i = this.#flushedTo; i < this.#flushing.length; i++) {
      const entry = this.#flushing[i];
      if (entry?.flushLater === true) visitOwn(entry);
    }
    for (const batch of this.#queue) for (const entry of batch.entries) visitOwn(entry);
    for (const entry of this.#flying?.entries ?? []) {
      if (entry.queuedIn === undefined && !entry.flushLater) visitOwn(entry);
    }
    this.#journal.forEachUnsettled(partition, visit);
  }

  /** Sends all that is dirty to the store now, and waits until every key has its own row. Gives the first failure. */
  async flush(): Promise<Failure | undefined> {
    const failure = await this.#flushDirty();
    if (failure !== undefined || !this.#journal.hurry(this.#world.clock.monotonicUs())) return failure;
    return new Promise((resolve) => {
      this.#draining.push(resolve);
      this.#settleTimer?.stop();
      this.#settleTimer = undefined;
      this.#schedule();
    });
  }

  /** Stops the timers; what is still dirty stays where it is. */
  stop(): void {
    this.#stopped = true;
    this.#flushTimer.stop();
    this.#retryTimer?.stop();
    this.#settleTimer?.stop();
  }

  #flushDirty(): Promise<Failure | undefined> {
    for (const entry of this.#flushing.slice(this.#flushedTo)) this.#enqueueFlushed(entry);
    for (const entry of this.#flushList) this.#enqueueFlushed(entry);
    this.#flushing = [];
    this.#flushedTo = 0;
    this.#flushList = [];
    return new Promise((resolve) => {
      const batches = this.#flying === undefined ? [...this.#queue] : [this.#flying, ...this.#queue];
      let left = batches.length;
      let failed: Failure | undefined;
      if (left === 0) resolve(undefined);
      const waiter: WriteWaiter = {
        stored: (failure) => {
          failed ??= failure;
          if (--left === 0) resolve(failed);
        },
      };
      for (const batch of batches) batch.waiters.push(waiter);
    });
  }

  #enqueueFlushed(entry: Entry): void {
    entry.inFlushList = false;
    if (entry.flushLater) this.#enqueue(entry);
  }

  #enqueue(entry: Entry): Batch {
    let batch = this.#queue.at(-1);
    if (batch === undefined || batch.isFull()) {
      batch = new Batch();
      this.#queue.push(batch);
    }
    entry.flushLater = false;
    entry.queuedIn = batch;
    batch.entries.push(entry);
    batch.bytes += entry.bytes;
    this.#schedule();
    return batch;
  }

  #schedule(): void {
    if (this.#scheduled || this.#flying !== undefined) return;
    this.#scheduled = true;
    this.#world.timers.endOfTurn(this.#start);
  }

  readonly #start = (): void => {
    this.#scheduled = false;
    if (this.#flying !== undefined) return;
    const batch = this.#queue.shift() ?? new Batch();
    this.#addFlushSlice(batch);
    const nowUs = this.#world.clock.monotonicUs();
    const writes: StoreWrite[] = [];
    if (batch.entries.length > 0) this.#journal.addWrites(batch.entries, writes, nowUs);
    for (const entry of batch.entries) {
      entry.queuedIn = undefined;
      entry.flyingVersion = entry.version;
    }
    this.#flyingStep = this.#settleStep(writes);
    if (writes.length === 0 && batch.waiters.length === 0) return;
    this.#flying = batch;
    this.#startedUs = nowUs;
    this.#store.write(writes, batch.sync, this.#finish);
  };

  #settleStep(writes: StoreWrite[]): SettleStep | undefined {
    if (this.#settleTimer !== undefined || this.#retryTimer !== undefined) return undefined;
    return this.#journal.addSettleStep(writes, this.#isHurried() ? HURRIED_ROWS_MAX : SETTLE_ROWS_MAX);
  }

  #isHurried(): boolean {
    return this.#draining.length > 0 || this.#journal.isFull();
  }

  /** A slice only: the loop must get to the clients between one batch and the next. */
  #addFlushSlice(batch: Batch): void {
    if (this.#retryTimer !== undefined) return;
    let bytes = 0;
    const to = Math.min(this.#flushing.length, this.#flushedTo + FLUSH_ROWS_MAX);
    while (this.#flushedTo < to && bytes < FLUSH_BYTES_MAX) {
      const entry = this.#flushing[this.#flushedTo++];
      if (entry === undefined) break;
      entry.inFlushList = false;
      if (!entry.flushLater) continue;
      entry.flushLater = false;
      batch.entries.push(entry);
      bytes += entry.bytes;
    }
  }

  readonly #finish = (error: StoreError | undefined): void => {
    const batch = this.#flying;
    if (batch === undefined) return;
    this.#flying = undefined;
    this.batches++;
    this.rows += batch.entries.length;
    this.#latency.record(this.#world.clock.monotonicUs() - this.#startedUs);
    for (const entry of batch.entries) {
      const isCurrent = entry.flyingVersion === entry.version;
      entry.flyingVersion = NOT_FLYING;
      if (!isCurrent) continue;
      if (error !== undefined) this.#keepDirty(entry);
      else this.#stored(entry, batch.sync ? FSYNC : LOG);
    }
    if (error === undefined) this.#recovered();
    else this.#failed(error);
    const failure: Failure | undefined = error && { code: 'StoreFailed', reason: error.message };
    this.#finishStep(failure);
    for (const waiter of batch.waiters) waiter.stored(failure);
    if (this.#queue.length > 0 || this.#flushedTo < this.#flushing.length) this.#schedule();
  };

  /** The next step follows: at once where somebody waits for it, else when the clients have had their turn. */
  #finishStep(failure: Failure | undefined): void {
    const step = this.#flyingStep;
    this.#flyingStep = undefined;
    if (step !== undefined) {
      this.rows += step.rows;
      step.done(failure !== undefined);
    }
    if (failure !== undefined || !this.#journal.isSettling()) {
      for (const resolve of this.#draining.splice(0)) resolve(failure);
      return;
    }
    if (this.#isHurried()) {
      this.#schedule();
    } else if (step !== undefined) {
      this.#rest();
    }
  }

  /** Until the next step is due, or somebody waits for it. */
  #rest(): void {
    const isAhead = this.#journal.isAhead(this.#world.clock.monotonicUs()) && !this.#isHurried();
    this.#settleTimer = this.#world.timers.after(isAhead ? SETTLE_AHEAD_PAUSE_MS : SETTLE_PAUSE_MS, () => {
      this.#settleTimer = undefined;
      if (isAhead) this.#rest();
      else this.#schedule();
    });
  }

  #keepDirty(entry: Entry): void {
    if (entry.durable === BUFFER) this.later(entry);
  }

  #stored(entry: Entry, durability: Durability): void {
    if (entry.durable === BUFFER) {
      this.dirtyBytes -= entry.bytes;
      this.dirtyEntries--;
    }
    if (entry.durable < durability) entry.durable = durability;
    this.settled(entry);
  }

  #flushTick(): void {
    if (this.#retryTimer !== undefined) return;
    const nowUs = this.#world.clock.monotonicUs();
    this.#journal.turnOver(nowUs);
    if (this.#journal.isFull()) this.#journal.hurry(nowUs);
    if (this.#flushedTo >= this.#flushing.length) {
      this.#flushing = this.#flushList;
      this.#flushList = [];
      this.#flushedTo = 0;
    }
    if (this.#flushing.length > 0 || this.#journal.isSettling()) this.#schedule();
  }

  #failed(error: StoreError): void {
    this.failures++;
    const nowUs = this.#world.clock.monotonicUs();
    if (this.#loggedUs === undefined || nowUs - this.#loggedUs >= FAILURE_LOG_PERIOD_US) {
      this.#loggedUs = nowUs;
      this.#world.log.error({ reason: error.message, dirty: this.dirtyEntries }, 'the store could not write');
    }
    if (this.#retryTimer !== undefined || this.#stopped) return;
    this.#retryMs = Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, this.#retryMs * 2));
    this.#retryTimer = this.#world.timers.after(this.#retryMs, () => {
      this.#retryTimer = undefined;
      this.#flushTick();
    });
  }

  #recovered(): void {
    if (this.#retryMs === 0) return;
    this.#retryMs = 0;
    this.#retryTimer?.stop();
    this.#retryTimer = undefined;
    this.#world.log.info({ dirty: this.dirtyEntries }, 'the store writes again');
  }
}
