/** HOT PATH: every write to a record passes. */

import type { Partition } from '../ring/slots.js';
import type { Identity } from '../storage/identity.js';
import { joinBytes, objectLength } from '../version/encoded.js';
import { copyShort } from '../version/words.js';
import { BUFFER, type Durability, type Entry, PENDING, STORED, type StoreAnswer, type WriteWaiter } from './entry.js';
import type { ExpiryFigures } from './expiry-figures.js';
import type { Journal } from './journal.js';
import type { KeyCounts } from './key-counts.js';
import { COPIED_SHORT_MAX } from './limits.js';
import type { ObjectCache } from './object-cache.js';
import { EXPIRING, fillNote, RECORD_NOTE_BYTES } from './record.js';
import type { RecordObserver } from './record-observer.js';
import type { Watermarks } from './watermarks.js';
import type { WriteQueue } from './write-queue.js';

/** A key came to this node. */
export type KeyCame = (partition: Partition, db: number, key: string) => void;

/** What a record is written with, and all that keeps count of records. */
export interface RecordKeepers {
  readonly identity: Identity;
  readonly observer: RecordObserver;
  readonly cache: ObjectCache;
  readonly watermarks: Watermarks;
  readonly counts: KeyCounts;
  readonly expiry: ExpiryFigures;
  readonly journal: Journal;
  readonly queue: WriteQueue;
}

/** Puts a record in the place of another: in memory at once, and on its way to the store as its durability asks. */
export class RecordWriter {
  readonly #identity: Identity;
  readonly #observer: RecordObserver;
  readonly #cache: ObjectCache;
  readonly #watermarks: Watermarks;
  readonly #counts: KeyCounts;
  readonly #expiry: ExpiryFigures;
  readonly #journal: Journal;
  readonly #queue: WriteQueue;
  readonly #fastBytesMax: number;
  /** Hears of each key that this node did not hold before, within the call that brings it. */
  keyCame: KeyCame = () => undefined;

  /** @param fastBytesMax with so much on its way to the store, a write waits for it whatever its durability. */
  constructor(keepers: RecordKeepers, fastBytesMax: number) {
    this.#identity = keepers.identity;
    this.#observer = keepers.observer;
    this.#cache = keepers.cache;
    this.#watermarks = keepers.watermarks;
    this.#counts = keepers.counts;
    this.#expiry = keepers.expiry;
    this.#journal = keepers.journal;
    this.#queue = keepers.queue;
    this.#fastBytesMax = fastBytesMax;
  }

  /** The record of `entry` becomes a copy of `object`, of which bytes past `length` are left out. */
  install(entry: Entry, object: Buffer, length: number, durability: Durability, waiter: WriteWaiter): StoreAnswer {
    const replaced = entry.record;
    this.#observer.changed(entry, replaced, object);
    const bytesBefore = entry.bytes;
    if (replaced === undefined || this.#watermarks.isFlushed(entry.db, replaced)) {
      this.keyCame(entry.partition, entry.db, entry.key);
    } else {
      this.#counts.add(entry.partition, entry.db, entry.standing, -1);
      if (entry.standing === EXPIRING) this.#expiry.leaves(replaced, object);
    }
    this.#cache.setRecord(entry, this.#recordOf(object, length, replaced));
    this.#queue.changed(entry, bytesBefore);
    this.#counts.add(entry.partition, entry.db, entry.standing, 1);
    // An entry may count twice: in the journal, and dirty again.
    const held = this.#queue.dirtyBytes + this.#journal.memoryBytes;
    if (durability === BUFFER && held < this.#fastBytesMax && !this.#queue.isFailing) {
      this.#queue.later(entry);
      return STORED;
    }
    this.#queue.now(entry, durability, waiter);
    return PENDING;
  }

  /** The record of `entry` becomes what it and `object` make together (Dynamo §4.4). */
  merge(entry: Entry, object: Buffer, durability: Durability, waiter: WriteWaiter): StoreAnswer {
    const incoming = this.#watermarks.survivorsOf(entry.db, object);
    // Flushed while it waited.
    if (incoming === undefined) return STORED;
    const local = entry.record && this.#watermarks.survivorsOf(entry.db, entry.record);
    const joined = local === undefined ? incoming : joinBytes(local, incoming);
    if (joined === entry.record) return this.#queue.whenDurable(entry, durability, waiter);
    return this.install(entry, joined, objectLength(joined), durability, waiter);
  }

  /** A record that is at rest, and of which flushes have left nothing, goes. What it was minted under may go on: see `databases/`. */
  leave(entry: Entry, waiter: WriteWaiter): void {
    if (entry.record !== undefined) this.#observer.changed(entry, entry.record, undefined);
    this.#queue.remove(entry, waiter);
  }

  /** A record that is at rest, `entry`'s, is taken out, though it may hold something. */
  drop(partition: Partition, entry: Entry, record: Buffer, waiter: WriteWaiter): void {
    this.#observer.changed(entry, record, undefined);
    this.#counts.add(partition, entry.db, entry.standing, -1);
    if (entry.standing === EXPIRING) this.#expiry.leaves(record, undefined);
    this.#queue.remove(entry, waiter);
  }

  /**
   * Where the lengths are the same the memory of the record before is written over: overwriting values of one size then
   * makes no garbage that has grown old. So nobody else may rely on a record after the turn in which it was given.
   */
  #recordOf(object: Buffer, length: number, replaced: Buffer | undefined): Buffer {
    const bytes = length + RECORD_NOTE_BYTES;
    const record = replaced?.length === bytes ? replaced : this.#cache.memory.allocate(bytes);
    fillNote(record, replaced, this.#identity.actorBytes);
    if (length <= COPIED_SHORT_MAX) copyShort(object, 0, record, 0, length);
    else object.copy(record, 0, 0, length);
    return record;
  }
}
