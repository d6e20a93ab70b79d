import type { Log } from '../ports/log.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { Partition } from '../ring/slots.js';
import { LOG } from './entry.js';
import type { Journal } from './journal.js';
import { BRING_IN_PAUSE_MS } from './limits.js';
import type { ObjectCache } from './object-cache.js';
import { recordFault } from './record.js';
import type { RecoveredRows } from './recovered-rows.js';

/**
 * Makes entries again of what the journal held when the node crashed: of a whole partition as soon as anything asks for it, of the
 * others behind. They are then as they were: the journal has them, and their own rows in the store may be behind.
 *
 * Nothing of a partition may come into memory, or be read from the store, before it is brought in: its own rows may be older than the
 * journal.
 */
export class RecoveredEntries {
  readonly #log: Log;
  readonly #timers: Timers;
  readonly #rows: RecoveredRows;
  readonly #cache: ObjectCache;
  readonly #journal: Journal;
  #timer: Timer | undefined;

  constructor(
    { log, timers }: { readonly log: Log; readonly timers: Timers },
    rows: RecoveredRows,
    cache: ObjectCache,
    journal: Journal,
  ) {
    this.#log = log;
    this.#timers = timers;
    this.#rows = rows;
    this.#cache = cache;
    this.#journal = journal;
    if (!rows.isEmpty) this.#goOn();
  }

  /** Answers whether there was anything to bring in. */
  bringIn(partition: Partition): boolean {
    if (!this.#rows.has(partition)) return false;
    this.#rows.take(partition, (_partition, db, key, record) => this.#add(partition, db, key, record));
    return true;
  }

  stop(): void {
    this.#timer?.stop();
  }

  /** A partition at a time: clients write and read meanwhile. */
  #goOn(): void {
    this.#timer = this.#timers.after(BRING_IN_PAUSE_MS, () => {
      const partition = this.#rows.next();
      if (partition === undefined) return;
      this.bringIn(partition);
      this.#goOn();
    });
  }

  /** The latest record of a key comes first; the earlier ones say nothing any more. */
  #add(partition: Partition, db: number, key: string, record: Buffer): void {
    if (this.#cache.find(db, key) !== undefined) return;
    const fault = record.length === 0 ? undefined : recordFault(record);
    if (fault !== undefined) {
      this.#log.error({ key, fault }, 'a journaled record is damaged');
      return;
    }
    const entry = this.#cache.add(partition, db, key);
    // First of all: from here on it can't be evicted.
    this.#journal.adopt(entry);
    entry.durable = LOG;
    if (record.length === 0) return;
    const bytesBefore = entry.bytes;
    this.#cache.setRecord(entry, this.#cache.memory.copyOf(record));
    this.#journal.resized(entry, bytesBefore);
  }
}
