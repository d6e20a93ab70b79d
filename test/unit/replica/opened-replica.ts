import type { Failure } from '../../../cluster/failure.js';
import { setAside } from '../../../cluster/reaping/set-aside.js';
import { recoverJournal } from '../../../cluster/replica/journal-recovery.js';
import type { RecordObserver } from '../../../cluster/replica/record-observer.js';
import { type Durability, LOG, PENDING, Replica } from '../../../cluster/replica/replica.js';
import { type Partition, partitionOf, slotOf } from '../../../cluster/ring/slots.js';
import { Identity } from '../../../cluster/storage/identity.js';
import { type MemoryDisk, MemoryStore } from '../../../cluster/storage/memory-store.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { encodeObject, type ObjectBytes } from '../../../cluster/version/codec.js';
import { encodeReplacing, newestLiveSibling, objectLength, siblingValue } from '../../../cluster/version/encoded.js';
import type { ManualWorld } from '../storage/manual-world.js';

export const PARTITIONS = 4;

/** What a waiter heard: `waiting` until it was called. */
export type Answer = 'waiting' | 'stored' | Failure['code'];

/** A write under way or done. */
export class Acknowledgement {
  answer: Answer = 'waiting';
  calls = 0;

  stored(failure: Failure | undefined): void {
    this.calls++;
    this.answer = failure === undefined ? 'stored' : failure.code;
  }
}

export function partitionOfKey(key: string): Partition {
  return partitionOf(slotOf(Buffer.from(key, 'latin1')), PARTITIONS);
}

const ALL_PARTITIONS = Array.from({ length: PARTITIONS }, (_, partition) => partition as Partition);
/** When every third of the values written here expires. */
const FAR_MS = 2 ** 45;

/** One sibling by an actor from elsewhere. */
export function foreignObject(actor: string, counter: number, value: string, tombstone = false): Buffer {
  const dot = { actor: actor as ActorId, counter };
  return encodeObject({
    clock: new Map([[dot.actor, counter]]),
    siblings: [{ dot, tombstone, expiryMs: 0, value: Buffer.from(value) }],
  });
}

/** The object alone, without its note. */
export function objectOf(record: ObjectBytes): Buffer {
  return record.subarray(0, objectLength(record));
}

/** The value that a plain GET would show. */
export function shownValue(record: Buffer | null | undefined): string | undefined {
  if (record === null || record === undefined) return undefined;
  const at = newestLiveSibling(record, 0);
  return at < 0 ? undefined : siblingValue(record, at).toString();
}

export interface OpenOptions {
  readonly disk?: MemoryDisk;
  readonly latencyMs?: () => number;
  readonly memoryBytesMax?: number;
  readonly observer?: RecordObserver;
  /** A node that was away for longer sets its data aside; never, if absent. */
  readonly awayMaxMs?: number;
}

/** A replica over a store in memory, with the moves of a coordinator. */
export class OpenedReplica {
  static #counter = 1;

  readonly world: ManualWorld;
  readonly store: MemoryStore;
  readonly identity: Identity;
  readonly replica: Replica;

  private constructor(world: ManualWorld, store: MemoryStore, identity: Identity, replica: Replica) {
    this.world = world;
    this.store = store;
    this.identity = identity;
    this.replica = replica;
  }

  static async open(world: ManualWorld, options: OpenOptions = {}): Promise<OpenedReplica> {
    const { latencyMs = () => 1, memoryBytesMax = 1_000_000, disk, observer, awayMaxMs } = options;
    const store = new MemoryStore(world.timers, disk === undefined ? { latencyMs } : { latencyMs, disk });
    const identity = await world.timers.until(Identity.open(store, world, PARTITIONS, awayMaxMs));
    const bounds = { partitionCount: PARTITIONS, memoryBytesMax: identity.aside?.moving === true ? 0 : memoryBytesMax };
    const recovered = await world.timers.until(recoverJournal(store, world.log, bounds));
    await world.timers.until(setAside(store, world.log, identity));
    const replicaOptions = { partitionCount: PARTITIONS, memoryBytesMax, flushPeriodMs: 100 };
    const replica = new Replica(world, store, identity, replicaOptions, recovered, observer);
    return new OpenedReplica(world, store, identity, replica);
  }

  /** As `open`, and waits until everything is counted. */
  static async openWarm(world: ManualWorld, options: OpenOptions = {}): Promise<OpenedReplica> {
    const opened = await OpenedReplica.open(world, options);
    await world.timers.until(opened.replica.whenWarm());
    return opened;
  }

  peek(key: string, db = 0): ObjectBytes | null | undefined {
    return this.replica.peek(partitionOfKey(key), db, key);
  }

  /** The object, read from the store if need be; null: absent. */
  async get(key: string, db = 0): Promise<ObjectBytes | null> {
    const known = this.peek(key, db);
    if (known !== undefined) return known;
    return this.world.timers.until(
      new Promise((resolve, reject) => {
        this.replica.load(partitionOfKey(key), db, key, {
          loaded: (failure, object) =>
            failure === undefined ? resolve(object ?? null) : reject(new Error(failure.code)),
        });
      }),
    );
  }

  /** What a coordinator does with a plain SET, for a key that `peek` knows. Gives the dot too. */
  putKnown(key: string, value: string, durability: Durability = LOG, tombstone = false, db = 0) {
    const current = this.peek(key, db);
    if (current === undefined) throw new Error(`${key} is not known`);
    const actor = this.replica.mintingActor(current);
    const counter = OpenedReplica.#counter++;
    const expiryMs = !tombstone && counter % 3 === 0 ? FAR_MS : 0;
    const written = { tombstone, expiryMs, value: tombstone ? Buffer.alloc(0) : Buffer.from(value) };
    const record = encodeReplacing(current ?? undefined, actor, counter, written);
    const acknowledgement = new Acknowledgement();
    const answer = this.replica.store(partitionOfKey(key), db, key, record, durability, acknowledgement);
    if (answer !== PENDING) acknowledgement.answer = 'stored';
    return { acknowledgement, answer, actor: actor.toString('hex') as ActorId, counter, record };
  }

  async put(key: string, value: string, durability: Durability = LOG, tombstone = false, db = 0) {
    await this.get(key, db);
    return this.putKnown(key, value, durability, tombstone, db);
  }

  merge(key: string, object: Buffer, durability: Durability = LOG, db = 0) {
    const acknowledgement = new Acknowledgement();
    const answer = this.replica.merge(partitionOfKey(key), db, key, object, durability, acknowledgement);
    if (answer !== PENDING) acknowledgement.answer = 'stored';
    return { acknowledgement, answer };
  }

  count(db = 0): number {
    return this.replica.counts.live(db, ALL_PARTITIONS);
  }

  countExpiring(db = 0): number {
    return this.replica.counts.expiring(db, ALL_PARTITIONS);
  }

  /** Keys of which nothing but tombstones is left. */
  countDead(): number {
    return this.replica.counts.dead(ALL_PARTITIONS);
  }

  /** An orderly stop; gives the disk for the next start. */
  async stop(counter = 1): Promise<MemoryDisk> {
    await this.world.timers.until(this.replica.close());
    await this.world.timers.until(this.identity.close(counter));
    await this.world.timers.until(this.store.close());
    return this.store.disk;
  }
}
