/**
 * Who this data folder is. Rows of kind meta:
 *
 * | key        | value | |
 * |---|---|---|
 * | format     | u16   | layout of the store, see `layout.ts` |
 * | partitions | u32   | fixed for the cluster's life |
 * | actor      | 8 bytes | life and epoch |
 * | reserved   | u64   | no counter above it has been given out |
 * | clean      | u64   | there only after an orderly stop: the last counter given out |
 *
 * An actor names one unbroken memory. So a start that does not find the `clean` row begins a new life: what was
 * acknowledged from memory is gone, and going on under the old actor would make other replicas take the rewritten
 * history for one that they had seen (riak_kv#679).
 */
import type { Failure } from '../failure.js';
import { type Store, StoreError, type StoreWrite } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { type ActorId, actorBytes, makeActor, readActor } from '../version/actor.js';
import { readU64, writeU64 } from '../version/codec.js';
import { DISK_FORMAT, STORAGE_KIND, storageKey } from './layout.js';

type IdentityWorld = Pick<World, 'random' | 'clock' | 'log'>;
type ReserveDone = (failure: Failure | undefined) => void;

const KEY = {
  format: metaKey('format'),
  partitions: metaKey('partitions'),
  actor: metaKey('actor'),
  reserved: metaKey('reserved'),
  clean: metaKey('clean'),
} as const;

const LIFE_BYTES = 6;
const US_A_MS = 1000;
/** Counters are µs: how far ahead of the clock they are reserved, and how little may be left before it is renewed. */
const RESERVE_AHEAD_US = 10_000_000;
const RENEW_BELOW_US = 5_000_000;
const RETRY_AFTER_US = 500_000;

export class Identity {
  /** The actor under which this node mints dots now. */
  readonly actor: ActorId;
  readonly actorBytes: Buffer;
  /** Every counter of an earlier run is at or below this one. */
  readonly counterFloor: number;

  readonly #store: Store;
  readonly #world: IdentityWorld;
  #reservedTo: number;
  #waiting: { counter: number; done: ReserveDone }[] = [];
  #writing = false;
  #retryAtUs = 0;
  #ended = false;

  private constructor(store: Store, world: IdentityWorld, actor: ActorId, counterFloor: number, reservedTo: number) {
    this.#store = store;
    this.#world = world;
    this.actor = actor;
    this.actorBytes = actorBytes(actor);
    this.counterFloor = counterFloor;
    this.#reservedTo = reservedTo;
  }

  /**
   * Reads who this folder is, or makes it someone new, and has that on disk before it resolves. Rejects with
   * `StoreError`: where the store fails, was written by another layout, or for another partition count.
   */
  static async open(store: Store, world: IdentityWorld, partitionCount: number): Promise<Identity> {
    const [format, partitions, actor, reserved, clean] = await Promise.all(
      [KEY.format, KEY.partitions, KEY.actor, KEY.reserved, KEY.clean].map((key) => read(store, key)),
    );
    if (format !== undefined && format.readUInt16LE(0) !== DISK_FORMAT) {
      throw new StoreError(`the data folder has format ${format.readUInt16LE(0)}; this version reads ${DISK_FORMAT}`);
    }
    if (partitions !== undefined && partitions.readUInt32LE(0) !== partitionCount) {
      throw new StoreError(
        `the data folder was made for ${partitions.readUInt32LE(0)} partitions, not for ${partitionCount}; ` +
          `the number is fixed for the cluster's life`,
      );
    }
    const sameLife = actor !== undefined && clean !== undefined;
    const self = sameLife ? readActor(actor, 0) : makeActor(world.random.bytes(LIFE_BYTES), 0);
    const known = clean ?? reserved;
    const floor = known === undefined ? 0 : readU64(known, 0);
    const reservedTo = Math.max(floor, world.clock.nowMs() * US_A_MS) + RESERVE_AHEAD_US;
    // One batch: the marker may not outlive the moment from which a crash would be unclean.
    await write(store, [
      { key: KEY.format, value: u16(DISK_FORMAT) },
      { key: KEY.partitions, value: u32(partitionCount) },
      { key: KEY.actor, value: actorBytes(self) },
      { key: KEY.reserved, value: u64(reservedTo) },
      { key: KEY.clean, value: undefined },
    ]);
    world.log.info({ actor: self, sameLife }, 'data folder opened');
    return new Identity(store, world, self, floor, reservedTo);
  }

  /**
   * HOT PATH. Whether `counter` may be given out now: it is covered by a reservation that is on disk. Renews the
   * reservation behind when little of it is left.
   */
  isReserved(counter: number): boolean {
    if (this.#ended) return false;
    const left = this.#reservedTo - counter;
    if (left < RENEW_BELOW_US && !this.#writing) this.#renew(counter);
    return left >= 0;
  }

  /** Calls `done` (at once if it is so already) when `counter` may be given out, or with why it may not. */
  reserve(counter: number, done: ReserveDone): void {
    if (this.#ended) {
      done({ code: 'StoreFailed', reason: 'the node has stopped' });
      return;
    }
    if (counter <= this.#reservedTo) {
      done(undefined);
      return;
    }
    this.#waiting.push({ counter, done });
    if (!this.#writing) this.#write(counter);
  }

  /**
   * Marks the stop as orderly: the next start goes on under the same actor. The last act of a node, after the replica
   * has closed without failure and no further dot will be minted. `counter` is the last one given out. Rejects with
   * `StoreError`.
   */
  markClean(counter: number): Promise<void> {
    this.#ended = true;
    return write(this.#store, [
      { key: KEY.reserved, value: u64(counter) },
      { key: KEY.clean, value: u64(counter) },
    ]);
  }

  #renew(counter: number): void {
    if (this.#world.clock.monotonicUs() >= this.#retryAtUs) this.#write(counter);
  }

  #write(counter: number): void {
    let to = counter;
    for (const waiter of this.#waiting) to = Math.max(to, waiter.counter);
    to += RESERVE_AHEAD_US;
    this.#writing = true;
    this.#store.write([{ key: KEY.reserved, value: u64(to) }], true, (error) => {
      this.#writing = false;
      if (error === undefined) this.#reservedTo = Math.max(this.#reservedTo, to);
      else this.#failed(error);
      this.#answer(error);
    });
  }

  #answer(error: StoreError | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { counter, done } of waiting) {
      if (error !== undefined) done({ code: 'StoreFailed', reason: error.message });
      else this.reserve(counter, done);
    }
  }

  #failed(error: StoreError): void {
    this.#retryAtUs = this.#world.clock.monotonicUs() + RETRY_AFTER_US;
    this.#world.log.error({ reason: error.message }, 'counters could not be reserved');
  }
}

function metaKey(name: string): Buffer {
  return storageKey(STORAGE_KIND.meta, 0, 0, name);
}

function read(store: Store, key: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    store.get(key, (error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

function write(store: Store, writes: readonly StoreWrite[]): Promise<void> {
  return new Promise((resolve, reject) => {
    store.write(writes, true, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  writeU64(bytes, 0, value);
  return bytes;
}
