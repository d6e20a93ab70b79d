import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { DEAD, EXPIRING, type Standing } from './record.js';

/**
 * Live keys of each partition and database, those among them that expire, and dead ones (nothing but tombstones) of each
 * partition, kept up to date from the moment that the partition's scan began.
 */
export class KeyCounts {
  readonly #live: Int32Array;
  readonly #expiring: Int32Array;
  readonly #dead: Int32Array;
  readonly #counting: Uint8Array;

  constructor(partitionCount: number) {
    this.#live = new Int32Array(partitionCount * DB_COUNT);
    this.#expiring = new Int32Array(partitionCount * DB_COUNT);
    this.#dead = new Int32Array(partitionCount);
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
    if (standing === DEAD) {
      this.#dead[partition] = this.deadOf(partition) + change;
      return;
    }
    const at = partition * DB_COUNT + db;
    this.#live[at] = (this.#live[at] ?? 0) + change;
    if (standing === EXPIRING) this.#expiring[at] = (this.#expiring[at] ?? 0) + change;
  }

  of(partition: Partition, db: number): number {
    return this.#live[partition * DB_COUNT + db] ?? 0;
  }

  expiringOf(partition: Partition, db: number): number {
    return this.#expiring[partition * DB_COUNT + db] ?? 0;
  }

  deadOf(partition: Partition): number {
    return this.#dead[partition] ?? 0;
  }

  #clear(partition: Partition): void {
    this.#live.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
    this.#expiring.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
    this.#dead[partition] = 0;
  }
}
