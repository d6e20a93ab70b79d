import type { Log } from '../ports/log.js';
import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { findJournalRecords, readJournalRecord, type VisitRecord } from './journal-row.js';

/** A row of the journal as a crash has left it. */
export interface RecoveredRow {
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * The journal rows that a crash has left and that are still in the store, and where in them the records of each partition are.
 * Nothing else is made of a record before its partition is taken: a start waits for this.
 */
export class RecoveredRows {
  /** Of the rows, rising. */
  readonly numbers: readonly number[];
  readonly bytes: number;
  /** Emptied once all is taken. */
  #rows: readonly RecoveredRow[];
  /** By partition, in the order in which they were written: which row, and where in it. */
  readonly #places: number[][];
  #next = 0;

  /** `rows` in their order. What is damaged is left out and logged. */
  constructor(partitionCount: number, rows: readonly RecoveredRow[], log: Log) {
    this.numbers = rows.map(({ number }) => number);
    this.#rows = rows;
    this.#places = Array.from({ length: rows.length === 0 ? 0 : partitionCount }, () => []);
    let bytes = 0;
    for (const [index, row] of rows.entries()) {
      bytes += row.bytes.length;
      const fault = findJournalRecords(row.bytes, (partition, db, at) => {
        const places = this.#places[partition];
        if (places === undefined || db >= DB_COUNT) {
          log.error({ row: row.number, partition, db, fault: 'no such place' }, 'a journaled record is damaged');
        } else {
          places.push(index, at);
        }
      });
      if (fault !== undefined) log.error({ row: row.number, fault }, 'a journal row is damaged');
    }
    this.bytes = bytes;
  }

  /** Whether there are rows. */
  get isEmpty(): boolean {
    return this.numbers.length === 0;
  }

  /** Whether `take` has anything to give of the partition. */
  has(partition: Partition): boolean {
    const places = this.#places[partition];
    return places !== undefined && places.length > 0;
  }

  /** The next partition of which something is left; undefined: none is, and the rows are let go. */
  next(): Partition | undefined {
    while (this.#next < this.#places.length) {
      if (this.has(this.#next as Partition)) return this.#next as Partition;
      this.#next++;
    }
    this.#rows = [];
    return undefined;
  }

  /** Gives all records of a partition, the latest first, and forgets them. */
  take(partition: Partition, visit: VisitRecord): void {
    const places = this.#places[partition] ?? [];
    this.#places[partition] = [];
    for (let i = places.length - 2; i >= 0; i -= 2) {
      const row = this.#rows[places[i] ?? 0];
      if (row !== undefined) readJournalRecord(row.bytes, places[i + 1] ?? 0, visit);
    }
  }
}
