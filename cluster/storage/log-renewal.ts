/**
 * After a batch that RocksDB could not append to its log (a full disk), the log ends in half a record, and RocksDB goes on
 * behind it. What it acknowledges from then on it does not find again after a crash: it stops reading at that half
 * record. So nothing may be acknowledged before the rows in memory are in a table of their own and a new log was begun:
 *
 * ```
 *   sound --a write fails--> broken --(a write is asked for)--> renewing --flushed--> sound
 *                               ^--------- still no room ----------/
 * ```
 */
import type rocksdb from 'rocksdb';
import { STORAGE_KIND, storageKey } from './layout.js';

type Db = ReturnType<typeof rocksdb>;

/** Rewritten by each renewal: a flush is only done for a range in which memory has rows. */
const RENEWED_KEY = storageKey(STORAGE_KIND.meta, 0, 0, 'log renewed');
const RENEWED = Buffer.from([1]);
const ROWS_IN_MEMORY = 'rocksdb.num-entries-active-mem-table';
const WRITE_OPTIONS = { sync: false } as const;

export class LogRenewal {
  readonly #db: Db;
  #state: 'sound' | 'broken' | 'renewing' = 'sound';
  #reason = '';

  constructor(db: Db) {
    this.#db = db;
  }

  /** Why nothing can be acknowledged now; undefined: all is well. Begins to make it so again where it can. */
  fault(): string | undefined {
    if (this.#state === 'sound') return undefined;
    if (this.#state === 'broken') this.#renew();
    return this.#reason;
  }

  /** A batch has failed for this reason. */
  failed(reason: string): void {
    this.#reason = reason;
    if (this.#state === 'sound') this.#state = 'broken';
  }

  #renew(): void {
    this.#state = 'renewing';
    const batch = this.#db.batch();
    batch._put(RENEWED_KEY, RENEWED);
    batch.write(WRITE_OPTIONS, (error) => {
      if (error) {
        this.#reason = error.message;
        this.#state = 'broken';
        return;
      }
      // It waits until the flush has worked, and tells nothing: an empty memory shows that it has.
      this.#db.compactRange(RENEWED_KEY, RENEWED_KEY, () => {
        this.#state = this.#db.getProperty(ROWS_IN_MEMORY) === '0' ? 'sound' : 'broken';
      });
    });
  }
}
