/**
 * Who this data folder is. Rows of kind meta:
 *
 * | key        | value | |
 * |---|---|---|
 * | format     | u16   | layout of the store, see `layout.ts` |
 * | partitions | u32   | fixed for the cluster's life |
 * | actor      | 8 bytes | life and epoch |
 * | counter    | u64   | a counter that was given out, at most some seconds behind the last one |
 * | clean      | u64   | there only after an orderly stop: the last counter given out |
 *
 * An actor names one unbroken memory. So a start that does not find the `clean` row begins a new life: what was
 * acknowledged from memory is gone, and going on under the old actor would make other replicas take the rewritten
 * history for one that they had seen (riak_kv#679). A new life can't give out a dot again, so nothing waits for `counter` to
 * be stored. It is there for a clock that was set back while the node was down: new writes still count as newer. It is
 * not ahead of use: then each crash of a node that crashes at every start would carry its counters further into the future.
 */
import { type Store, StoreError, type StoreWrite } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { type ActorId, actorBytes, makeActor, nextEpoch, readActor } from '../version/actor.js';
import { readU64, writeU64 } from '../version/words.js';
import { DISK_FORMAT, STORAGE_KIND, storageKey } from './layout.js';

type IdentityWorld = Pick<World, 'random' | 'clock' | 'log'>;

const KEY = {
  format: metaKey('format'),
  partitions: metaKey('partitions'),
  actor: metaKey('actor'),
  counter: metaKey('counter'),
  clean: metaKey('clean'),
} as const;

const LIFE_BYTES = 6;
/** Counters are µs. */
const MARK_EVERY_US = 5_000_000;

export class Identity {
  /** Counters of earlier runs are at or below this one; after a crash, but for those of the last seconds. */
  readonly counterFloor: number;

  readonly #store: Store;
  readonly #world: IdentityWorld;
  #actor: ActorId;
  #actorBytes: Buffer;
  /** Objects have left the store since the epoch began. */
  #left = false;
  #marked: number;
  #marking = false;

  private constructor(store: Store, world: IdentityWorld, actor: ActorId, counterFloor: number) {
    this.#store = store;
    this.#world = world;
    this.#actor = actor;
    this.#actorBytes = actorBytes(actor);
    this.counterFloor = counterFloor;
    this.#marked = counterFloor;
  }

  /**
   * Reads who this folder is, or makes it someone new, and has that on disk before it resolves. Rejects with
   * `StoreError`: where the store fails, was written by another layout, or for another partition count.
   */
  static async open(store: Store, world: IdentityWorld, partitionCount: number): Promise<Identity> {
    const [format, partitions, actor, mark, clean] = await Promise.all(
      [KEY.format, KEY.partitions, KEY.actor, KEY.counter, KEY.clean].map((key) => read(store, key)),
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
    const known = clean ?? mark;
    const floor = known === undefined ? 0 : readU64(known, 0);
    // One batch: the marker may not outlive the moment from which a crash would be unclean.
    await write(store, [
      { key: KEY.format, value: u16(DISK_FORMAT) },
      { key: KEY.partitions, value: u32(partitionCount) },
      { key: KEY.actor, value: actorBytes(self) },
      { key: KEY.counter, value: u64(floor) },
      { key: KEY.clean, value: undefined },
    ]);
    world.log.info({ actor: self, sameLife }, 'data folder opened');
    return new Identity(store, world, self, floor);
  }

  /** The actor under which this node mints dots now. */
  get actor(): ActorId {
    if (this.#left) this.#beginEpoch();
    return this.#actor;
  }

  /** HOT PATH. The bytes of `actor`: another buffer in another epoch. */
  get actorBytes(): Buffer {
    if (this.#left) this.#beginEpoch();
    return this.#actorBytes;
  }

  /** Objects leave the store: the next dot is minted in a new epoch, which begins when it is asked for. */
  objectsLeave(): void {
    this.#left = true;
  }

  /** HOT PATH. Notes that `counter` was given out; now and then it is marked on disk, behind. */
  noteCounter(counter: number): void {
    if (counter - this.#marked >= MARK_EVERY_US && !this.#marking) this.#mark(counter);
  }

  /**
   * Marks the stop as orderly: the next start goes on under the same actor. The last act of a node, after the replica
   * has closed without failure and no further dot will be minted. `counter` is the last one given out. Rejects with
   * `StoreError`.
   */
  markClean(counter: number): Promise<void> {
    return write(this.#store, [
      { key: KEY.actor, value: actorBytes(this.actor) },
      { key: KEY.counter, value: u64(counter) },
      { key: KEY.clean, value: u64(counter) },
    ]);
  }

  /** Only an orderly stop makes it last: a start after any other is a new life anyway. */
  #beginEpoch(): void {
    this.#left = false;
    this.#actor = nextEpoch(this.#actor) ?? makeActor(this.#world.random.bytes(LIFE_BYTES), 0);
    this.#actorBytes = actorBytes(this.#actor);
    this.#world.log.debug({ actor: this.#actor }, 'a new epoch');
  }

  #mark(counter: number): void {
    this.#marking = true;
    this.#store.write([{ key: KEY.counter, value: u64(counter) }], false, (error) => {
      this.#marking = false;
      // Not tried again at once: a store that can't write has more to say than this.
      this.#marked = counter;
      if (error !== undefined)
        this.#world.log.warn({ reason: error.message }, 'the mark of counters could not be stored');
    });
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
