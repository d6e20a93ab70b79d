/** What a flush has done away with and that is still in the cache and the store: finds it, and lets it go. */
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';
import type { Partition } from '../ring/slots.js';
import { STORAGE_KIND, storageBound } from '../storage/layout.js';
import type { Entry, WriteWaiter } from './entry.js';
import type { KeyCounts, KeyTally } from './key-counts.js';
import type { ObjectCache } from './object-cache.js';
import { scanMerged } from './partition-scan.js';
import { DEAD, EXPIRING, standingOf } from './record.js';
import type { Watermarks } from './watermarks.js';

/** What the replica does for it. */
interface Removal {
  /** The entries of a partition whose own rows in the store may be behind. */
  unsettledOf(partition: Partition): readonly Entry[];
  /** Takes a record of which nothing is left out of the node. */
  leave(entry: Entry, waiter: WriteWaiter): void;
  /** Puts what is left of a record in its place. */
  replace(entry: Entry, record: Buffer, waiter: WriteWaiter): void;
}

export interface FlushedKey {
  readonly db: number;
  readonly key: string;
}

/** `going`: the waiter hears when the store has done it. `busy`: it is under way to the store; ask again later. */
export type Sweeping = 'clean' | 'going' | 'busy' | 'not in memory';

export class FlushedRows {
  readonly #store: Store;
  readonly #log: Log;
  readonly #cache: ObjectCache;
  readonly #counts: KeyCounts;
  readonly #watermarks: Watermarks;
  readonly #removal: Removal;

  constructor(store: Store, log: Log, cache: ObjectCache, counts: KeyCounts, watermarks: Watermarks, removal: Removal) {
    this.#store = store;
    this.#log = log;
    this.#cache = cache;
    this.#counts = counts;
    this.#watermarks = watermarks;
    this.#removal = removal;
  }

  /**
   * Gives the keys of these databases of which all or some was flushed, some at a time, and how many keys it has looked at for
   * them; `takeKeys` answers whether to go on. What is not flushed is counted on the way, and the replica's count is put right by them. To be called once the replica is warm. Rejects with `StoreError`.
   */
  async scan(
    partition: Partition,
    dbs: readonly number[],
    takeKeys: (keys: readonly FlushedKey[], looked: number) => Promise<boolean>,
  ): Promise<void> {
    const from = storageBound(STORAGE_KIND.data, partition, Math.min(...dbs));
    const to = storageBound(STORAGE_KIND.data, partition, Math.max(...dbs) + 1);
    // No turn of the event loop may come between these and the snapshot of the store.
    const recounts = new Map(dbs.map((db) => [db, this.#recount(partition, db)]));
    const unsettled = this.#removal.unsettledOf(partition).filter((entry) => recounts.has(entry.db));
    let isWhole = true;
    await scanMerged(this.#store, this.#log, from, to, unsettled, async (rows) => {
      const keys: FlushedKey[] = [];
      for (const { db, key, record } of rows) {
        const recount = recounts.get(db);
        if (recount === undefined) continue;
        const left = this.#watermarks.survivorsOf(db, record);
        if (left !== undefined) count(recount.found, record);
        if (left !== record) keys.push({ db, key });
      }
      isWhole = await takeKeys(keys, rows.length);
      return isWhole;
    });
    if (!isWhole) return;
    for (const [db, { upTo, then, found }] of recounts) {
      // Where another flush has cleared the counts meanwhile its own scan puts them right.
      if (this.#watermarks.of(db) === upTo) this.#counts.correct(partition, db, then, found);
    }
  }

  #recount(partition: Partition, db: number): { upTo: number; then: KeyTally; found: KeyTally } {
    const then = this.#counts.tally(partition, db);
    return { upTo: this.#watermarks.of(db), then, found: { live: 0, expiring: 0, dead: 0 } };
  }

  /** Lets go of what was flushed of a key. */
  sweep(db: number, key: string, waiter: WriteWaiter): Sweeping {
    const entry = this.#cache.find(db, key);
    if (entry === undefined || entry.loading !== undefined) return 'not in memory';
    const { record } = entry;
    if (record === undefined) return 'clean';
    const left = this.#watermarks.survivorsOf(db, record);
    if (left === record) return 'clean';
    if (!entry.isAtRest()) return 'busy';
    if (left === undefined) this.#removal.leave(entry, waiter);
    else this.#removal.replace(entry, left, waiter);
    return 'going';
  }
}

function count(tally: KeyTally, record: Buffer): void {
  const standing = standingOf(record);
  if (standing === DEAD) tally.dead++;
  else tally.live++;
  if (standing === EXPIRING) tally.expiring++;
}
