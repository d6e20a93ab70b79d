/**
 * HOT PATH. A node's copy of its partitions: the records in memory, and the way of each to the store and back.
 *
 * A record that is here is the latest; what is not here is absent (in a complete partition) or has to be loaded. A write
 * changes memory at once and then, as its durability asks, waits for the store.
 */
import type { Failure } from '../failure.js';
import { type Store, StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { Partition } from '../ring/slots.js';
import type { Identity } from '../storage/identity.js';
import { STORAGE_KIND, storageKey } from '../storage/layout.js';
import type { ObjectBytes } from '../version/codec.js';
import { objectLength, versionFingerprint } from '../version/encoded.js';
import { EndOfTurn } from './end-of-turn.js';
import {
  type Durability,
  type Entry,
  type HeldWrite,
  LOG,
  type LoadWaiter,
  PENDING,
  REFUSED,
  STORED,
  type StoreAnswer,
  type WriteWaiter,
} from './entry.js';
import { ExpiryFigures } from './expiry-figures.js';
import { FlushedRows } from './flushed-rows.js';
import { Journal } from './journal.js';
import { KeyCounts, type KeyFigures } from './key-counts.js';
import { KeyLoader } from './key-loader.js';
import { DIRTY_SHARE_MAX, ENTRIES_MAX, HELD_FAST_SHARE_MAX, HELD_SHARE_MAX, JOURNAL_SHARE_MAX } from './limits.js';
import { ObjectCache } from './object-cache.js';
import { noteIsActor, noteIsOfLife, noteOf, RECORD_NOTE_BYTES, recordFault } from './record.js';
import { type RecordObserver, UNOBSERVED } from './record-observer.js';
import { type KeyCame, RecordWriter } from './record-writer.js';
import { RecoveredEntries } from './recovered-entries.js';
import type { RecoveredRows } from './recovered-rows.js';
import { ReplicaScans } from './replica-scans.js';
import { WarmUp } from './warm-up.js';
import { Watermarks } from './watermarks.js';
import { WriteQueue } from './write-queue.js';

export type { Durability, LoadWaiter, StoreAnswer, WriteWaiter } from './entry.js';
export { BUFFER, FSYNC, LOG, PENDING, REFUSED, STORED } from './entry.js';
export type { KeyCame } from './record-writer.js';
export { RECORD_NOTE_BYTES };

type ReplicaWorld = Pick<World, 'clock' | 'timers' | 'latencies' | 'log'>;

export interface ReplicaOptions {
  readonly partitionCount: number;
  /** Bound of the object cache and buffer, keys and bookkeeping included. */
  readonly memoryBytesMax: number;
  readonly flushPeriodMs: number;
}

/** Figures for INFO. Bytes and entries are of this moment, the others since the start. */
export interface ReplicaStats {
  readonly entries: number;
  readonly bytes: number;
  readonly dirtyEntries: number;
  readonly dirtyBytes: number;
  readonly loadsInFlight: number;
  readonly heldBytes: number;
  readonly evictions: number;
  readonly loads: number;
  readonly batches: number;
  readonly batchedRows: number;
  readonly journalBytes: number;
  readonly storeFailures: number;
  readonly refusedWrites: number;
  readonly warm: boolean;
}

const TOO_MUCH_DIRTY: Failure = { code: 'Overloaded', reason: 'the store does not keep up with the writes' };
const CAN_NOT_WRITE: Failure = { code: 'StoreFailed', reason: 'the store can not write, and memory is full' };
const CLOSED: Failure = { code: 'StoreFailed', reason: 'the node is stopping' };

export class Replica {
  readonly #world: ReplicaWorld;
  readonly #store: Store;
  readonly #identity: Identity;
  readonly #cache: ObjectCache;
  readonly #watermarks = new Watermarks();
  readonly #journal: Journal;
  readonly #recovered: RecoveredEntries;
  readonly #queue: WriteQueue;
  readonly #warmUp: WarmUp;
  readonly #loader: KeyLoader;
  readonly #endOfTurn: EndOfTurn;
  readonly #writer: RecordWriter;
  readonly #dirtyBytesMax: number;
  readonly #behindBytes: number;
  readonly #withheld = new Set<Partition>();
  readonly #counts: KeyCounts;
  /** How many keys there are. */
  readonly counts: KeyFigures;
  /** Of keys that expire. */
  readonly expiry: ExpiryFigures;
  readonly scans: ReplicaScans;
  #refusedWrites = 0;
  #closed = false;

  /** `recovered`: what a crash has left in the journal of `store`. */
  constructor(
    world: ReplicaWorld,
    store: Store,
    identity: Identity,
    options: ReplicaOptions,
    recovered: RecoveredRows,
    observer: RecordObserver = UNOBSERVED,
  ) {
    const { partitionCount, memoryBytesMax, flushPeriodMs } = options;
    this.#world = world;
    this.#store = store;
    this.#identity = identity;
    this.#cache = new ObjectCache(partitionCount, memoryBytesMax);
    this.#counts = new KeyCounts(partitionCount);
    this.counts = this.#counts;
    this.expiry = new ExpiryFigures(
      () => world.clock.nowMs(),
      (db) => this.#cache.entriesOf(db),
    );
    this.#journal = new Journal(
      partitionCount,
      memoryBytesMax * JOURNAL_SHARE_MAX,
      world.clock.monotonicUs(),
      {
        settled: (entry) => this.#queue.settled(entry),
        bringIn: (partition) => this.#recovered.bringIn(partition),
      },
      recovered,
    );
    this.#recovered = new RecoveredEntries(world, recovered, this.#cache, this.#journal);
    this.#queue = new WriteQueue(world, store, this.#cache, this.#journal, flushPeriodMs);
    this.scans = new ReplicaScans(store, world.log, this.#queue, this.#watermarks, partitionCount);
    this.#writer = new RecordWriter(
      {
        identity,
        observer,
        cache: this.#cache,
        watermarks: this.#watermarks,
        counts: this.#counts,
        expiry: this.expiry,
        journal: this.#journal,
        queue: this.#queue,
      },
      memoryBytesMax * HELD_FAST_SHARE_MAX,
    );
    this.#dirtyBytesMax = memoryBytesMax * DIRTY_SHARE_MAX;
    this.#behindBytes = memoryBytesMax * HELD_FAST_SHARE_MAX;
    this.#endOfTurn = new EndOfTurn(world.timers);
    this.#loader = new KeyLoader(
      world,
      store,
      this.#cache,
      this.#endOfTurn,
      memoryBytesMax * HELD_SHARE_MAX,
      (entry, write) => this.#applyHeld(entry, write),
      this.#watermarks,
    );
    this.#warmUp = new WarmUp(
      world,
      store,
      this.#cache,
      this.#counts,
      this.#queue,
      observer,
      this.#watermarks,
      partitionCount,
      recovered.isEmpty,
    );
  }

  /**
   * The object if known without the store (the note may follow its bytes); null: known to be absent; undefined: ask `load`.
   * Its bytes are good for this turn: a later write of the key may take their place.
   */
  peek(partition: Partition, db: number, key: string): ObjectBytes | null | undefined {
    const entry = this.#cache.find(db, key);
    if (entry === undefined) return this.#cache.isComplete(partition) ? null : undefined;
    if (entry.loading !== undefined) return undefined;
    entry.referenced = true;
    const { record } = entry;
    return record === undefined ? null : (this.#watermarks.survivorsOf(db, record) ?? null);
  }

  /** `versionFingerprint` of the object that `peek` just gave for the key: worked out once for each record. */
  fingerprint(db: number, key: string, object: ObjectBytes): number {
    const entry = this.#cache.find(db, key);
    if (entry === undefined || entry.record !== object) return versionFingerprint(object);
    if (entry.fingerprint === 0) entry.fingerprint = versionFingerprint(object) | 0;
    return entry.fingerprint >>> 0;
  }

  /**
   * Reads the key from the store into the cache. The waiter is called exactly once, later; while it runs, `peek` of the
   * key is certain. Loads of one key share a read.
   */
  load(partition: Partition, db: number, key: string, waiter: LoadWaiter): void {
    if (this.#closed) this.#endOfTurn.add(() => waiter.loaded(CLOSED, undefined));
    else {
      this.#recovered.bringIn(partition);
      this.#loader.load(partition, db, key, waiter);
    }
  }

  /**
   * The actor to mint a dot under for the key whose object is `object`, as `peek` just gave it. An actor may mint for a
   * key only while this node has held the key without a gap since the actor's first dot there; the note says since when.
   */
  mintingActor(object: ObjectBytes | null): Buffer {
    const actor = this.#identity.actorBytes;
    if (object === null || noteIsActor(object, actor)) return actor;
    return noteIsOfLife(object, actor) ? noteOf(object) : actor;
  }

  /**
   * Replaces what is held of a key by `object`, which was made from what `peek` gave in this turn, and is copied.
   */
  store(
    partition: Partition,
    db: number,
    key: string,
    object: Buffer,
    durability: Durability,
    waiter: WriteWaiter,
  ): StoreAnswer {
    const refused = this.#refusal();
    if (refused !== undefined) return this.#refuse(refused, waiter);
    const entry = this.#known(partition, db, key);
    if (entry === undefined)
      return this.#hold(partition, db, key, { kind: 'store', bytes: object, durability, waiter });
    return this.#writer.install(entry, object, object.length, durability, waiter);
  }

  /**
   * Merges `object`, which came from elsewhere, into the key's record. A record that must be read first is; writes to
   * one key take effect in the order of the calls. `object` is copied.
   */
  merge(
    partition: Partition,
    db: number,
    key: string,
    object: Buffer,
    durability: Durability,
    waiter: WriteWaiter,
  ): StoreAnswer {
    // Flushed before it came: there is nothing to keep.
    if (this.#watermarks.isFlushed(db, object)) return STORED;
    const refused = this.#refusal();
    if (refused !== undefined) return this.#refuse(refused, waiter);
    const entry = this.#known(partition, db, key);
    if (entry !== undefined) return this.#writer.merge(entry, object, durability, waiter);
    return this.#hold(partition, db, key, { kind: 'merge', bytes: Buffer.from(object), durability, waiter });
  }

  /**
   * Takes the record of a key out of this node, memory and store, if it still has `fingerprint` (of its version): the copy
   * was handed to its owners, or was a tombstone past its grace. `waiter` hears when the store has done it. Answers
   * whether it is being done: not where the record is another by now, is not known without the store (`load` it), or is
   * not in the store yet (ask again later). Where this actor may have minted for the key, the next dot begins a new epoch.
   */
  drop(partition: Partition, db: number, key: string, fingerprint: number, waiter: WriteWaiter): boolean {
    const entry = this.#cache.find(db, key);
    const record = entry?.record;
    if (this.#closed || entry === undefined || record === undefined || !entry.isAtRest()) return false;
    if (versionFingerprint(record) !== fingerprint || this.#watermarks.isFlushed(db, record)) return false;
    // Whoever mints for a key under an actor has its note there: a note of an earlier epoch says that this one has not.
    if (noteIsActor(record, this.#identity.actorBytes)) this.#identity.objectsLeave();
    this.#writer.drop(partition, entry, record, waiter);
    return true;
  }

  /**
   * The database is flushed up to this counter: from now on nothing that was written before is shown, taken or counted.
   * What is in memory and in the store leaves later (`flushedRows`). The counters of dots to come must be above. Takes no longer
   * with more keys.
   */
  flushUpTo(db: number, counter: number): void {
    if (this.#watermarks.raise(db, counter)) this.#counts.clear(db);
  }

  /** The counter up to which the database was flushed; 0: never. */
  flushedUpTo(db: number): number {
    return this.#watermarks.of(db);
  }

  /** HOT PATH. What flushes have left of an object that came from elsewhere; undefined: nothing. */
  survivorsOf(db: number, object: ObjectBytes): ObjectBytes | undefined {
    return this.#watermarks.survivorsOf(db, object);
  }

  /** What has been flushed, and has yet to leave this node. */
  flushedRows(): FlushedRows {
    return new FlushedRows(this.#store, this.#world.log, this.#cache, this.#counts, this.#watermarks, {
      unsettledOf: (partition) => this.scans.unsettledOf(partition),
      leave: (entry, waiter) => this.#writer.leave(entry, waiter),
      replace: (entry, record, waiter) => this.#writer.install(entry, record, objectLength(record), LOG, waiter),
    });
  }

  /**
   * HOT PATH. Whether this copy of the partition may stand for what this node has acknowledged. One that may not takes
   * writes, but is not read: it would show keys as absent that this node once held.
   */
  serves(partition: Partition): boolean {
    return this.#withheld.size === 0 || !this.#withheld.has(partition);
  }

  /** The copy of the partition is incomplete (or, with `serves`, no longer is). */
  setServes(partition: Partition, serves: boolean): void {
    if (serves) this.#withheld.delete(partition);
    else this.#withheld.add(partition);
  }

  /**
   * What is held of a key, as for `load`, but the cache stays as it is: for who looks through many keys. The waiter may be
   * called within the call.
   */
  glance(partition: Partition, db: number, key: string, waiter: LoadWaiter): void {
    this.#recovered.bringIn(partition);
    const entry = this.#cache.find(db, key);
    const give = (record: Buffer | undefined): void =>
      waiter.loaded(undefined, record && this.#watermarks.survivorsOf(db, record));
    if (entry !== undefined && entry.loading === undefined) give(entry.record);
    else if (entry === undefined && this.#cache.isComplete(partition)) give(undefined);
    else if (entry !== undefined || this.#closed) this.load(partition, db, key, waiter);
    else {
      this.#store.get(storageKey(STORAGE_KIND.data, partition, db, key), (error, value) => {
        const fault = error?.message ?? (value && recordFault(value));
        // Somebody else may have brought it into memory meanwhile, and changed it there.
        if (this.#cache.find(db, key) !== undefined) this.glance(partition, db, key, waiter);
        else if (fault !== undefined) waiter.loaded({ code: 'StoreFailed', reason: fault }, undefined);
        else give(value);
      });
    }
  }

  /** From now on `came` hears of each key that this node did not hold before, within the call that brings it. */
  onKeyCame(came: KeyCame): void {
    this.#writer.keyCame = came;
  }

  /**
   * HOT PATH. Whether so much waits for the store that further writes had better wait too, before they would be refused. Not
   * where the store fails: others can take them.
   */
  get isBehind(): boolean {
    return this.#queue.dirtyBytes >= this.#behindBytes && !this.#queue.isFailing;
  }

  /** Whether all stored keys have been counted. */
  get warm(): boolean {
    return this.#warmUp.warm;
  }

  /** Resolves once `warm` (or once closed). */
  whenWarm(): Promise<void> {
    return this.#warmUp.whenWarm();
  }

  /** Writes all that is dirty now, and settles the journal. Rejects with `StoreError`. */
  async flush(): Promise<void> {
    const failure = await this.#queue.flush();
    if (failure?.code === 'StoreFailed') throw new StoreError(failure.reason);
  }

  /**
   * Refuses further writes and loads, and flushes. Rejects with `StoreError` if something could not be written. An orderly
   * stop is `close()`, then `identity.close()`, then `store.close()`.
   */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#warmUp.stop();
    this.#recovered.stop();
    await this.#loader.whenIdle();
    try {
      await this.flush();
    } finally {
      this.#queue.stop();
    }
  }

  stats(): ReplicaStats {
    return {
      entries: this.#cache.entries,
      bytes: this.#cache.bytes,
      dirtyEntries: this.#queue.dirtyEntries,
      dirtyBytes: this.#queue.dirtyBytes,
      loadsInFlight: this.#loader.loadsInFlight,
      heldBytes: this.#loader.heldBytes,
      evictions: this.#cache.evictions,
      loads: this.#loader.loads,
      batches: this.#queue.batches,
      batchedRows: this.#queue.rows,
      journalBytes: this.#journal.rowBytes,
      storeFailures: this.#queue.failures,
      refusedWrites: this.#refusedWrites,
      warm: this.#warmUp.warm,
    };
  }

  /** The entry of a key of which it is known what is stored, made if the key is absent; undefined: it must be loaded. */
  #known(partition: Partition, db: number, key: string): Entry | undefined {
    const entry = this.#cache.find(db, key);
    if (entry !== undefined) return entry.loading === undefined ? entry : undefined;
    if (this.#recovered.bringIn(partition)) return this.#known(partition, db, key);
    return this.#cache.isComplete(partition) ? this.#cache.add(partition, db, key) : undefined;
  }

  #refusal(): Failure | undefined {
    if (this.#closed) return CLOSED;
    const { dirtyBytes, dirtyEntries } = this.#queue;
    if (dirtyBytes < this.#dirtyBytesMax && dirtyEntries < ENTRIES_MAX) return undefined;
    // Others can take what this node can't; where the store is only slow, they are as busy.
    return this.#queue.isFailing ? CAN_NOT_WRITE : TOO_MUCH_DIRTY;
  }

  #refuse(failure: Failure, waiter: WriteWaiter): typeof REFUSED {
    this.#refusedWrites++;
    this.#endOfTurn.add(() => waiter.stored(failure));
    return REFUSED;
  }

  /** A write to a key that has to be read first. */
  #hold(partition: Partition, db: number, key: string, write: HeldWrite): StoreAnswer {
    const refused = this.#loader.hold(partition, db, key, write);
    return refused === undefined ? PENDING : this.#refuse(refused, write.waiter);
  }

  #applyHeld(entry: Entry, { kind, bytes, durability, waiter }: HeldWrite): StoreAnswer {
    if (kind === 'merge') return this.#writer.merge(entry, bytes, durability, waiter);
    // Flushed while it waited.
    if (this.#watermarks.isFlushed(entry.db, bytes)) return STORED;
    return this.#writer.install(entry, bytes, bytes.length, durability, waiter);
  }
}
