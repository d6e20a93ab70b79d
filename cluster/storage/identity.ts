/**
 * Who this data folder is. Rows of kind meta:
 *
 * | key        | value | |
 * |---|---|---|
 * | format     | u16   | layout of the store, see `layout.ts` |
 * | partitions | u32   | fixed for the cluster's life |
 * | counter    | u64   | a counter that was given out, at most some seconds behind the last one |
 * | born       | u64 ms | when the folder was made |
 * | alive      | u64 ms | the last sign of life: written every few seconds while the node runs |
 * | gap        | u64 ms, u64 ms | from when to when this node was away; of several gaps the longest that is recent |
 * | aside      | u8, u64 ms | there while rows are set aside (see `reaping/`): 1, they are being moved; 2, they are; since when the node was away |
 *
 * An actor names one unbroken memory, so each start is a new life: what was acknowledged from memory may be gone, and
 * the folder may be an earlier copy of the one that was left, with whatever marks an orderly stop has put there. Going
 * on under the old actor would make other replicas take the rewritten history for one that they had seen (riak_kv#679).
 * A new life can't give out a dot again, so nothing waits for `counter` to be stored. It is there for a clock that was
 * set back while the node was down: new writes still count as newer. It is not ahead of use: then each crash of a node
 * that crashes at every start would carry its counters further into the future.
 */
import { type Store, StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { type ActorId, actorBytes, LIFE_BYTES, makeActor, nextEpoch } from '../version/actor.js';
import { readU64, writeU64 } from '../version/words.js';
import { DISK_FORMAT, STORAGE_KIND, storageKey } from './layout.js';
import { readRow, writeRows } from './store-calls.js';

type IdentityWorld = Pick<World, 'random' | 'clock' | 'log'>;

const KEY = {
  format: metaKey('format'),
  partitions: metaKey('partitions'),
  counter: metaKey('counter'),
  born: metaKey('born'),
  alive: metaKey('alive'),
  gap: metaKey('gap'),
  aside: metaKey('aside'),
} as const;

/** Counters are µs. */
const MARK_EVERY_US = 5_000_000;
const ASIDE_MOVING = 1;
const ASIDE_MOVED = 2;

/** A time in which this node did not run, ms since 1970 by its own clock. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Rows that this node has set aside, as it was away for too long. */
export interface Aside {
  /** Not all of them are: the move was not finished. */
  readonly moving: boolean;
  /** The last sign of life before. */
  readonly sinceMs: number;
}

export class Identity {
  /** Counters of earlier runs are at or below this one; after a crash, but for those of the last seconds. */
  readonly counterFloor: number;
  /** When this folder was made, ms. */
  readonly bornMs: number;
  /** The time away that other nodes should know of: the last one, or a longer one that ended not long ago. */
  readonly gap: Gap;

  readonly #store: Store;
  readonly #world: IdentityWorld;
  #actor: ActorId;
  #actorBytes: Buffer;
  #aside: Aside | undefined;
  /** Objects have left the store since the epoch began. */
  #left = false;
  #marked: number;
  #marking = false;
  #marksAlive = false;

  private constructor(store: Store, world: IdentityWorld, counterFloor: number, past: Past) {
    this.#store = store;
    this.#world = world;
    this.#actor = makeActor(world.random.bytes(LIFE_BYTES), 0);
    this.#actorBytes = actorBytes(this.#actor);
    this.counterFloor = counterFloor;
    this.#marked = counterFloor;
    this.bornMs = past.bornMs;
    this.gap = past.gap;
    this.#aside = past.aside;
  }

  /**
   * Makes this folder someone new, and has on disk what is known of it before it resolves. A node whose last sign of life
   * is `awayMaxMs` ago has to start over: `aside` says so. Rejects with `StoreError`: where the store fails, was written
   * by another layout, or for another partition count.
   */
  static async open(
    store: Store,
    world: IdentityWorld,
    partitionCount: number,
    awayMaxMs = Number.POSITIVE_INFINITY,
  ): Promise<Identity> {
    const [format, partitions, mark, ...times] = await Promise.all(
      [KEY.format, KEY.partitions, KEY.counter, KEY.born, KEY.alive, KEY.gap, KEY.aside].map((key) =>
        readRow(store, key),
      ),
    );
    if (format !== undefined && format.readUInt16LE(0) > DISK_FORMAT) {
      throw new StoreError(
        `the data folder has format ${format.readUInt16LE(0)}; this version reads up to ${DISK_FORMAT}`,
      );
    }
    if (partitions !== undefined && partitions.readUInt32LE(0) !== partitionCount) {
      throw new StoreError(
        `the data folder was made for ${partitions.readUInt32LE(0)} partitions, not for ${partitionCount}; ` +
          `the number is fixed for the cluster's life`,
      );
    }
    const floor = mark === undefined ? 0 : readU64(mark, 0);
    const nowMs = world.clock.nowMs();
    const past = recall(times, nowMs, awayMaxMs);
    const self = new Identity(store, world, floor, past);
    // One batch: that the node was away may not be forgotten once it has given a sign of life.
    const rows = [
      { key: KEY.format, value: u16(DISK_FORMAT) },
      { key: KEY.partitions, value: u32(partitionCount) },
      { key: KEY.counter, value: u64(floor) },
      { key: KEY.born, value: u64(past.bornMs) },
      { key: KEY.alive, value: u64(nowMs) },
      { key: KEY.gap, value: Buffer.concat([u64(past.gap.fromMs), u64(past.gap.toMs)]) },
      { key: KEY.aside, value: asideValue(past.aside) },
    ];
    await writeRows(store, rows, true);
    world.log.info({ actor: self.actor }, 'data folder opened');
    return self;
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

  /** What this node has set aside, or has to; undefined: nothing. */
  get aside(): Aside | undefined {
    return this.#aside;
  }

  /**
   * Objects leave the store for whose keys this actor may have minted: the next dot is minted in a new epoch, which begins
   * when it is asked for.
   */
  objectsLeave(): void {
    this.#left = true;
  }

  /** HOT PATH. Notes that `counter` was given out; now and then it is marked on disk, behind. */
  noteCounter(counter: number): void {
    if (counter - this.#marked >= MARK_EVERY_US && !this.#marking) this.#mark(counter);
  }

  /** Writes a sign of life, behind. */
  markAlive(): void {
    if (this.#marksAlive) return;
    this.#marksAlive = true;
    this.#store.write([{ key: KEY.alive, value: u64(this.#world.clock.nowMs()) }], false, (error) => {
      this.#marksAlive = false;
      if (error !== undefined) this.#world.log.warn({ reason: error.message }, 'a sign of life could not be stored');
    });
  }

  /** All rows that had to be set aside are. Rejects with `StoreError`. */
  async asideMoved(): Promise<void> {
    if (this.#aside === undefined) return;
    this.#aside = { ...this.#aside, moving: false };
    await writeRows(this.#store, [{ key: KEY.aside, value: asideValue(this.#aside) }], true);
  }

  /** Nothing is set aside any more. Rejects with `StoreError`. */
  async asideGone(): Promise<void> {
    this.#aside = undefined;
    await writeRows(this.#store, [{ key: KEY.aside, value: undefined }], true);
  }

  /**
   * The last act of a node, after the replica has closed and no further dot will be minted. `counter` is the last one given
   * out. Rejects with `StoreError`.
   */
  close(counter: number): Promise<void> {
    const rows = [
      { key: KEY.counter, value: u64(counter) },
      { key: KEY.alive, value: u64(this.#world.clock.nowMs()) },
    ];
    return writeRows(this.#store, rows, true);
  }

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

/** What a folder tells of its node's past. */
interface Past {
  readonly bornMs: number;
  readonly gap: Gap;
  readonly aside: Aside | undefined;
}

/** `times`: the rows born, alive, gap, aside. */
function recall(times: readonly (Buffer | undefined)[], nowMs: number, awayMaxMs: number): Past {
  const [born, alive, gapRow, asideRow] = times;
  const aliveMs = alive === undefined ? nowMs : Math.min(nowMs, readU64(alive, 0));
  const away = nowMs - aliveMs >= awayMaxMs;
  let gap: Gap = { fromMs: aliveMs, toMs: nowMs };
  if (gapRow !== undefined) {
    const earlier = { fromMs: readU64(gapRow, 0), toMs: readU64(gapRow, 8) };
    const isRecent = nowMs - earlier.toMs < awayMaxMs;
    if (isRecent && earlier.toMs - earlier.fromMs > gap.toMs - gap.fromMs) gap = earlier;
  }
  let aside: Aside | undefined;
  if (asideRow !== undefined) {
    aside = { moving: away || asideRow.readUInt8(0) === ASIDE_MOVING, sinceMs: readU64(asideRow, 1) };
  } else if (away) {
    aside = { moving: true, sinceMs: aliveMs };
  }
  return { bornMs: born === undefined ? nowMs : readU64(born, 0), gap, aside };
}

function asideValue(aside: Aside | undefined): Buffer | undefined {
  return aside && Buffer.concat([Buffer.of(aside.moving ? ASIDE_MOVING : ASIDE_MOVED), u64(aside.sinceMs)]);
}

function metaKey(name: string): Buffer {
  return storageKey(STORAGE_KIND.meta, 0, 0, name);
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
