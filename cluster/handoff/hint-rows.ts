/**
 * The rows of the hints in the store: kind hint, `hintKey` -> since when, u64 ms. Group commit: one batch is with the store at
 * a time; what comes while it is under way shares the next one. Batches take effect in their order, so that a hint
 * that is deleted and kept again is there in the end.
 */
import type { Failure } from '../failure.js';
import type { Store, StoreError, StoreWrite } from '../ports/store.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import {
  BUFFER,
  type Durability,
  FSYNC,
  LOG,
  PENDING,
  STORED,
  type StoreAnswer,
  type WriteWaiter,
} from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import { hintKey, kindRange, readHintKey, STORAGE_KIND } from '../storage/layout.js';
import { readU64, writeU64 } from '../version/words.js';
import { Hint } from './hint-index.js';
import { BATCH_ROWS_MAX, LOAD_ROWS, LOG_PERIOD_US, RETRY_MAX_MS, RETRY_MIN_MS } from './limits.js';

const SINCE_BYTES = 8;

type Change = 'put' | 'delete';

/** Rows that the store takes at once. */
class Batch {
  readonly changes = new Map<Hint, Change>();
  readonly waiters: WriteWaiter[] = [];
  sync = false;
}

export class HintRows {
  readonly #world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly #store: Store;
  readonly #queue: Batch[] = [];
  /** Where the row of a hint waits to be put. */
  readonly #queuedIn = new Map<Hint, Batch>();
  #flying: Batch | undefined;
  #scheduled = false;
  #retryMs = 0;
  #retryTimer: Timer | undefined;
  #loggedUs: number | undefined;
  #idle: (() => void)[] = [];
  /** Of the row that was read last: the hints of a node share the string of its id. */
  #target: NodeId | undefined;

  constructor(world: Pick<World, 'clock' | 'timers' | 'log'>, store: Store) {
    this.#world = world;
    this.#store = store;
  }

  /** Has the row of `hint` in the store, as safe as asked: STORED if it is, else `waiter` hears when it is. */
  put(hint: Hint, durability: Durability, waiter: WriteWaiter): StoreAnswer {
    const queuedIn = this.#queuedIn.get(hint);
    if (hint.durable >= durability && (hint.durable >= LOG || queuedIn !== undefined)) return STORED;
    const batch = queuedIn ?? this.#change(hint, 'put');
    this.#queuedIn.set(hint, batch);
    if (durability >= LOG) batch.waiters.push(waiter);
    if (durability === FSYNC) batch.sync = true;
    // A store that has just failed is tried again at once where somebody waits.
    if (durability >= LOG || this.#retryTimer === undefined) this.#schedule();
    return durability >= LOG ? PENDING : STORED;
  }

  /** Takes the row of `hint` out of the store, behind. One that never got there leaves no trace, however long the store fails. */
  delete(hint: Hint): void {
    this.#queuedIn.get(hint)?.changes.delete(hint);
    this.#queuedIn.delete(hint);
    if (hint.durable === BUFFER && this.#flying?.changes.has(hint) !== true) return;
    this.#change(hint, 'delete');
    if (this.#retryTimer === undefined) this.#schedule();
  }

  /** Gives all rows, some at a time. Rejects with `StoreError`. */
  async load(take: (hints: readonly Hint[]) => void): Promise<void> {
    const { from, to } = kindRange(STORAGE_KIND.hint);
    const scan = this.#store.scan(from, to);
    try {
      for (;;) {
        const rows = await scan.next(LOAD_ROWS);
        take(rows.flatMap(({ key, value }) => this.#read(key, value)));
        if (rows.length < LOAD_ROWS) return;
      }
    } finally {
      await scan.close();
    }
  }

  /** Writes what is left, once. The rows of a store that can't write are lost; they were not acknowledged. */
  async stop(): Promise<void> {
    this.#endRetry();
    if (this.#flying !== undefined || this.#queue.length > 0) {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve));
      this.#schedule();
      await idle;
    }
    this.#endRetry();
  }

  #read(key: Buffer, value: Buffer): Hint[] {
    const place = readHintKey(key);
    if (place === undefined || value.length !== SINCE_BYTES) {
      this.#world.log.error({ key: key.toString('hex') }, 'a stored hint is damaged');
      return [];
    }
    if (this.#target !== place.target) this.#target = place.target;
    const hint = new Hint(this.#target, place.partition, place.db, place.key, readU64(value, 0));
    hint.durable = LOG;
    return [hint];
  }

  #change(hint: Hint, change: Change): Batch {
    let batch = this.#queue.at(-1);
    if (batch === undefined || batch.changes.size >= BATCH_ROWS_MAX) {
      batch = new Batch();
      this.#queue.push(batch);
    }
    batch.changes.set(hint, change);
    return batch;
  }

  #endRetry(): void {
    this.#retryTimer?.stop();
    this.#retryTimer = undefined;
  }

  #schedule(): void {
    if (this.#scheduled || this.#flying !== undefined) return;
    this.#scheduled = true;
    this.#world.timers.endOfTurn(this.#start);
  }

  readonly #start = (): void => {
    this.#scheduled = false;
    if (this.#flying !== undefined) return;
    const batch = this.#queue.shift();
    if (batch === undefined) return;
    const writes: StoreWrite[] = [];
    for (const [hint, change] of batch.changes) {
      writes.push({ key: hintKey(hint), value: change === 'put' ? sinceOf(hint) : undefined });
      this.#queuedIn.delete(hint);
    }
    this.#flying = batch;
    if (writes.length > 0) this.#store.write(writes, batch.sync, this.#finish);
    else this.#finish(undefined);
  };

  readonly #finish = (error: StoreError | undefined): void => {
    const batch = this.#flying;
    if (batch === undefined) return;
    this.#flying = undefined;
    if (error === undefined) this.#succeeded(batch);
    else this.#failed(batch, error);
    if (this.#retryTimer === undefined && this.#queue.length > 0) this.#schedule();
    if (this.#queue.length > 0 && error === undefined) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  };

  #succeeded(batch: Batch): void {
    const durable = batch.sync ? FSYNC : LOG;
    for (const [hint, change] of batch.changes) {
      if (change === 'put' && hint.durable < durable) hint.durable = durable;
    }
    if (this.#retryMs > 0) this.#world.log.info({}, 'hints can be stored again');
    this.#retryMs = 0;
    this.#endRetry();
    for (const waiter of batch.waiters) waiter.stored(undefined);
  }

  /** All that wait are told; the rows stay at the head of the queue, as their order must stay. */
  #failed(batch: Batch, error: StoreError): void {
    const waiters = [batch, ...this.#queue].flatMap((queued) => queued.waiters.splice(0));
    this.#queue.unshift(batch);
    for (const [hint, change] of batch.changes) {
      // One that was asked for again meanwhile waits in a later batch.
      if (change === 'put' && !this.#queuedIn.has(hint)) this.#queuedIn.set(hint, batch);
    }
    const nowUs = this.#world.clock.monotonicUs();
    if (this.#loggedUs === undefined || nowUs - this.#loggedUs >= LOG_PERIOD_US) {
      this.#loggedUs = nowUs;
      this.#world.log.error({ reason: error.message }, 'hints could not be stored');
    }
    this.#retryMs = Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, this.#retryMs * 2));
    this.#retryTimer?.stop();
    this.#retryTimer = this.#world.timers.after(this.#retryMs, () => {
      this.#retryTimer = undefined;
      this.#schedule();
    });
    const failure: Failure = { code: 'StoreFailed', reason: error.message };
    for (const waiter of waiters) waiter.stored(failure);
  }
}

function sinceOf(hint: Hint): Buffer {
  const bytes = Buffer.allocUnsafe(SINCE_BYTES);
  writeU64(bytes, 0, hint.sinceMs);
  return bytes;
}
