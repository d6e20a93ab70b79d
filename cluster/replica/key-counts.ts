import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';

/** Live keys of each partition and database, kept up to date from the moment that the partition's scan began. */
export class KeyCounts {
  readonly #counts: Int32Array;
  readonly #counting: Uint8Array;

  constructor(partitionCount: number) {
    this.#counts = new Int32Array(partitionCount * DB_COUNT);
    this.#counting = new Uint8Array(partitionCount);
  }

  /** Starts at nothing; whoever scans the partition adds what is there. */
  begin(partition: Partition): void {
    this.#counts.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
    this.#counting[partition] = 1;
  }

  /** Changes are not counted until the next `begin`. */
  suspend(partition: Partition): void {
    this.#counts.fill(0, partition * DB_COUNT, (partition + 1) * DB_COUNT);
    this.#counting[partition] = 0;
  }

  /** One key came alive (1) or ceased to be (-1). */
  add(partition: Partition, db: number, change: number): void {
    if (this.#counting[partition] !== 1) return;
    const at = partition * DB_COUNT + db;
    this.#counts[at] = (this.#counts[at] ?? 0) + change;
  }

  of(partition: Partition, db: number): number {
    return this.#counts[partition * DB_COUNT + db] ?? 0;
  }
}
