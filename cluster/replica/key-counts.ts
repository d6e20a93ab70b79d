import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { DEAD, EXPIRING, type Standing } from './record.js';

/**
 * Live keys of each partition and database, those among them that expire, and dead ones (nothing but tombstones), kept up to
 * date from the moment that the partition's scan began. What a flush has done away with is not counted; see `clear`.
 */
export interface KeyTally {
  live: number;
  expiring: number;
  dead: number;
}

/** What others may ask of them; partial until the replica is `warm`. */
export type KeyFigures = Pick<KeyCounts, 'live' | 'expiring' | 'dead' | 'isEmpty'>;

export class KeyCounts {
  readonly #live: Int32Array;
  readonly #expiring: Int32Array;
  readonly #dead: Int32Array;
  readonly #counting: Uint8Array;

  constructor(partitionCount: number) {
    this.#live = new Int32Array(partitionCount * DB_COUNT);
    this.#expiring = new Int32Array(partitionCount * DB_COUNT);
    this.#dead = new Int32Array(partitionCount * DB_COUNT);
    this.#counting = new Uint8Array(partitionCount);
  }

  /** Starts at nothing; whoever scans the partition adds what is there. */
  begin(partition: Partition): void {
    this.#clear(partition);
    this.#counting[partition] = 1;
  }

  /** Changes are not counted until the next `begin`. */
  suspend(partition: Partition): void {
    this.#clear(partition);
    this.#counting[partition] = 0;
  }

  /** One key of this standing is there (1) or is no longer (-1). */
  add(partition: Partition, db: number, standing: Standing, change: 1 | -1): void {
    if (this.#counting[partition] !== 1) return;
    const at = partition * DB_COUNT + db;
    if (standing === DEAD) {
      this.#dead[at] = (this.#dead[at] ?? 0) + change;
      return;
    }
    this.#live[at] = (this.#live[at] ?? 0) + change;
    if (standing === EXPIRING) this.#expiring[at] = (this.#expiring[at] ?? 0) + change;
  }

  /**
   * Whether the partition is known to hold no key at all, neither a live one nor a dead one, so that a scan would find nothing. What is
   * written behind a flush may be missing from that for as long as `FlushedRows` is at work.
   */
  isEmpty(partition: Partition): boolean {
    if (this.#counting[partition] !== 1) return false;
    const end = (partition + 1) * DB_COUNT;
    for (let at = partition * DB_COUNT; at < end; at++) {
      if (this.#live[at] !== 0 || this.#dead[at] !== 0) return false;
    }
    return true;
  }

  /** Live keys of a database in these partitions. */
  live(db: number, partitions: readonly Partition[]): number {
    return sum(this.#live, db, partitions);
  }

  /** Those of `live` whose newest value has an expiry. */
  expiring(db: number, partitions: readonly Partition[]): number {
    return sum(this.#expiring, db, partitions);
  }

  /** Keys in these partitions, of all databases, of which nothing is left but tombstones. */
  dead(partitions: readonly Partition[]): number {
    let dead = 0;
    for (let db = 0; db < DB_COUNT; db++) dead += sum(this.#dead, db, partitions);
    return dead;
  }

  /**
   * The database is flushed: nothing of it counts. Keys that were written after the flush and before this call are missing
   * until `correct` has brought them in.
   */
  clear(db: number): void {
    for (let at = db; at < this.#live.length; at += DB_COUNT) {
      this.#live[at] = 0;
      this.#expiring[at] = 0;
      this.#dead[at] = 0;
    }
  }

  /** The figures of a partition's database as they are now, for `correct`. */
  tally(partition: Partition, db: number): KeyTally {
    const at = partition * DB_COUNT + db;
    return { live: this.#live[at] ?? 0, expiring: this.#expiring[at] ?? 0, dead: this.#dead[at] ?? 0 };
  }

  /** At the moment when the figures were `then` they should have been `found`. */
  correct(partition: Partition, db: number, then: KeyTally, found: KeyTally): void {
    if (this.#counting[partition] !== 1) return;
    const at = partition * DB_COUNT + db;
    this.#live[at] = (this.#live[at] ?? 0) + found.live - then.live;
    this.#expiring[at] = (this.#expiring[at] ?? 0) + found.expiring - then.expiring;
    this.#dead[at] = (this.#dead[at] ?? 0) + found.dead - then.dead;
  }

  #clear(partition: Partition): void {
    this.#live.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
    this.#expiring.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
    this.#dead.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
  }
}

/** Keys that a flush left out of the count may be taken from it: what is below zero counts as none. */
function sum(counts: Int32Array, db: number, partitions: readonly Partition[]): number {
  let total = 0;
  for (const partition of partitions) total += Math.max(0, counts[partition * DB_COUNT + db] ?? 0);
  return total;
}
