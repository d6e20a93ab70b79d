import type { Failure } from '../failure.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { DEAD, type Standing } from './record.js';
import type { Batch } from './write-queue.js';

/** What this replica must have done before it acknowledges: nothing (BUFFER), logged (LOG), synced (FSYNC). */
export type Durability = 0 | 1 | 2;
export const BUFFER = 0;
export const LOG = 1;
export const FSYNC = 2;

/** What `store` and `merge` answer: done (no callback); `WriteWaiter.stored` comes later; it comes later with a failure, and nothing was changed. */
export const STORED = 0;
export const PENDING = 1;
export const REFUSED = 2;

export interface WriteWaiter {
  stored(failure: Failure | undefined): void;
}

export interface LoadWaiter {
  /** `object` is undefined where there is none. The note may follow its bytes, which are good for this turn. */
  loaded(failure: Failure | undefined, object: ObjectBytes | undefined): void;
}

export type StoreAnswer = typeof STORED | typeof PENDING | typeof REFUSED;

/** A write to a key that is being read from the store. */
export interface HeldWrite {
  readonly kind: 'store' | 'merge';
  readonly bytes: Buffer;
  readonly durability: Durability;
  readonly waiter: WriteWaiter;
}

/** What waits, in order, for a key to be read from the store. */
export type HeldOperation = { readonly kind: 'load'; readonly waiter: LoadWaiter } | HeldWrite;

/** An entry's generation when no row of the journal is about it. */
export const SETTLED = 0;

export const NOT_FLYING = -1;
/** Versions are small integers, and only compared with that of the one record that may be on its way. */
const VERSION_MASK = 0x3fffffff;

/**
 * All that the replica knows of one key. Its record is *dirty* while `durable` is BUFFER: then it waits either for the
 * next flush (`flushLater`) or in a batch (`queuedIn`), or is on its way to the store (`flyingVersion`).
 */
export class Entry {
  /** undefined: known to be absent, unless it is being loaded. */
  record: Buffer | undefined;
  standing: Standing = DEAD;
  /** What the cache accounts for this entry. */
  bytes = 0;
  /** Second chance: looked up since the hand last came by. */
  referenced = false;
  /** Held in place while callbacks that rely on it run. */
  pinned = false;
  /** Not undefined: the record is being read, and these wait for it. */
  loading: HeldOperation[] | undefined;
  /** Which generation of the journal holds its latest journaled record; SETTLED: its own row in the store is all there is. */
  generation = SETTLED;
  /** How safe the record is in the store, in the journal or in its own row. */
  durable: Durability = FSYNC;
  flushLater = false;
  inFlushList = false;
  queuedIn: Batch | undefined;
  /** Rises with each record; not a reference to it, as those into old objects are dear to the garbage collector. */
  version = 0;
  /** The version that is on its way to the store (a later one has to wait for its own batch); NOT_FLYING: none is. */
  flyingVersion = NOT_FLYING;
  /** The observer's: see `ObservedKey`. */
  keyHash = 0;
  fingerprint = 0;

  constructor(
    readonly partition: Partition,
    readonly db: number,
    readonly key: string,
  ) {}

  /** Puts another record, or none, in the place of the one before. */
  replaceRecord(record: Buffer | undefined): void {
    this.record = record;
    this.version = (this.version + 1) & VERSION_MASK;
  }

  /** Whether it may go out of memory. */
  isEvictable(): boolean {
    return this.generation === SETTLED && !this.pinned && this.isAtRest();
  }

  /** Whether the store has the record, in the journal or in its own row, and nothing is under way. */
  isAtRest(): boolean {
    return (
      this.durable !== BUFFER &&
      this.loading === undefined &&
      this.queuedIn === undefined &&
      this.flyingVersion === NOT_FLYING
    );
  }
}
