import type { Failure } from '../failure.js';
import type { LatencyRecorder } from '../ports/latency.js';
import type { Store } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { Partition } from '../ring/slots.js';
import { STORAGE_KIND, storageKey } from '../storage/layout.js';
import type { ObjectBytes } from '../version/codec.js';
import type { EndOfTurn } from './end-of-turn.js';
import {
  type Entry,
  type HeldOperation,
  type HeldWrite,
  LOG,
  type LoadWaiter,
  STORED,
  type StoreAnswer,
} from './entry.js';
import { FAILURE_LOG_PERIOD_US, LOADS_MAX } from './limits.js';
import type { ObjectCache } from './object-cache.js';
import { recordFault } from './record.js';
import type { Watermarks } from './watermarks.js';

const TOO_MANY_LOADS: Failure = { code: 'Overloaded', reason: 'too many keys are being read from the store' };
const TOO_MUCH_HELD: Failure = {
  code: 'Overloaded',
  reason: 'too many writes wait for keys to be read from the store',
};

/**
 * Brings keys from the store into the cache. Whatever comes for a key while it is being read waits, and takes its turn in
 * the order of arrival.
 */
export class KeyLoader {
  loads = 0;
  loadsInFlight = 0;
  heldBytes = 0;

  readonly #world: Pick<World, 'clock' | 'log'>;
  readonly #store: Store;
  readonly #cache: ObjectCache;
  readonly #endOfTurn: EndOfTurn;
  readonly #heldBytesMax: number;
  readonly #apply: (entry: Entry, write: HeldWrite) => StoreAnswer;
  readonly #watermarks: Watermarks;
  readonly #latency: LatencyRecorder;
  #loggedUs: number | undefined;
  #whenIdle: (() => void)[] = [];

  /** `apply` does a held write on an entry that is known by then. */
  constructor(
    world: Pick<World, 'clock' | 'latencies' | 'log'>,
    store: Store,
    cache: ObjectCache,
    endOfTurn: EndOfTurn,
    heldBytesMax: number,
    apply: (entry: Entry, write: HeldWrite) => StoreAnswer,
    watermarks: Watermarks,
  ) {
    this.#world = world;
    this.#store = store;
    this.#cache = cache;
    this.#endOfTurn = endOfTurn;
    this.#heldBytesMax = heldBytesMax;
    this.#apply = apply;
    this.#watermarks = watermarks;
    this.#latency = world.latencies.recorder('store read');
  }

  /** Calls the waiter later, when the key is known (pinned in the cache meanwhile) or could not be read. */
  load(partition: Partition, db: number, key: string, waiter: LoadWaiter): void {
    const entry = this.#cache.find(db, key);
    if (entry?.loading !== undefined) {
      entry.loading.push({ kind: 'load', waiter });
    } else if (entry !== undefined || this.#cache.isComplete(partition)) {
      this.#endOfTurn.add(() => this.#answerKnown(partition, db, key, waiter));
    } else if (this.loadsInFlight >= LOADS_MAX) {
      this.#endOfTurn.add(() => waiter.loaded(TOO_MANY_LOADS, undefined));
    } else {
      this.#start(partition, db, key, { kind: 'load', waiter });
    }
  }

  /** Keeps a write until its key has been read. Gives why not, if it can't. */
  hold(partition: Partition, db: number, key: string, write: HeldWrite): Failure | undefined {
    const { length } = write.bytes;
    // One write must always pass, however small the bound.
    if (this.heldBytes > 0 && this.heldBytes + length > this.#heldBytesMax) return TOO_MUCH_HELD;
    const loading = this.#cache.find(db, key)?.loading;
    if (loading === undefined && this.loadsInFlight >= LOADS_MAX) return TOO_MANY_LOADS;
    this.heldBytes += length;
    if (loading === undefined) this.#start(partition, db, key, write);
    else loading.push(write);
    return undefined;
  }

  /** Resolves when nothing is being read. */
  whenIdle(): Promise<void> {
    if (this.loadsInFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  #start(partition: Partition, db: number, key: string, operation: HeldOperation): void {
    const entry = this.#cache.add(partition, db, key);
    entry.loading = [operation];
    this.loadsInFlight++;
    this.loads++;
    const startedUs = this.#world.clock.monotonicUs();
    this.#store.get(storageKey(STORAGE_KIND.data, partition, db, key), (error, value) => {
      this.loadsInFlight--;
      this.#latency.record(this.#world.clock.monotonicUs() - startedUs);
      this.#loaded(entry, error?.message ?? (value && recordFault(value)), value);
      if (this.loadsInFlight > 0) return;
      for (const idle of this.#whenIdle.splice(0)) idle();
    });
  }

  #loaded(entry: Entry, fault: string | undefined, value: Buffer | undefined): void {
    const operations = entry.loading ?? [];
    if (fault !== undefined) {
      this.#cache.remove(entry);
      this.#fail(operations, fault);
      return;
    }
    entry.pinned = true;
    entry.loading = undefined;
    if (value !== undefined) {
      this.#cache.setRecord(entry, this.#cache.memory.copyOf(value));
      entry.durable = LOG;
    }
    for (const operation of operations) this.#run(entry, operation);
    entry.pinned = false;
  }

  #run(entry: Entry, operation: HeldOperation): void {
    if (operation.kind === 'load') {
      operation.waiter.loaded(undefined, this.#shown(entry));
      return;
    }
    this.heldBytes -= operation.bytes.length;
    if (this.#apply(entry, operation) === STORED) operation.waiter.stored(undefined);
  }

  #fail(operations: readonly HeldOperation[], reason: string): void {
    const nowUs = this.#world.clock.monotonicUs();
    if (this.#loggedUs === undefined || nowUs - this.#loggedUs >= FAILURE_LOG_PERIOD_US) {
      this.#loggedUs = nowUs;
      this.#world.log.error({ reason }, 'the store could not read');
    }
    const failure: Failure = { code: 'StoreFailed', reason };
    for (const operation of operations) {
      if (operation.kind === 'load') {
        operation.waiter.loaded(failure, undefined);
      } else {
        this.heldBytes -= operation.bytes.length;
        operation.waiter.stored(failure);
      }
    }
  }

  #shown({ db, record }: Entry): ObjectBytes | undefined {
    return record && this.#watermarks.survivorsOf(db, record);
  }

  /** The key was known when it was asked for; it may have been evicted since. */
  #answerKnown(partition: Partition, db: number, key: string, waiter: LoadWaiter): void {
    const entry = this.#cache.find(db, key);
    if (entry?.loading !== undefined || (entry === undefined && !this.#cache.isComplete(partition))) {
      this.load(partition, db, key, waiter);
      return;
    }
    const wasPinned = entry?.pinned ?? false;
    if (entry !== undefined) entry.pinned = true;
    waiter.loaded(undefined, entry && this.#shown(entry));
    if (entry !== undefined) entry.pinned = wasPinned;
  }
}
