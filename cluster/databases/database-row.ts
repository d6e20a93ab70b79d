/** The row of kind meta, `databases`, in which a node keeps what it knows of the databases. */
import type { Log } from '../ports/log.js';
import { type Store, StoreError } from '../ports/store.js';
import { DB_COUNT, STORAGE_KIND, storageKey } from '../storage/layout.js';
import { readRow } from '../storage/store-calls.js';
import { decodeRow, encodeRow, type KeptDatabases } from './database-message.js';
import { UNTOUCHED } from './database-state.js';

const ROW_KEY = storageKey(STORAGE_KIND.meta, 0, 0, 'databases');

/** What the store holds of the databases. Rejects with `StoreError`, also where the row is damaged: it may say that data are gone. */
export async function loadDatabases(store: Store, log: Log): Promise<KeptDatabases> {
  const row = await readRow(store, ROW_KEY);
  if (row === undefined) return { state: UNTOUCHED, swept: new Array<number>(DB_COUNT).fill(0) };
  const kept = decodeRow(row);
  if (kept === undefined) throw new StoreError('the row of the databases is damaged');
  log.debug({ watermarks: kept.state.watermarks.join(' ') }, 'databases were flushed or swapped before');
  return kept;
}

/** Writes the row, synced, one at a time; who asks while it is being written shares the next write. */
export class DatabaseRow {
  readonly #store: Store;
  readonly #now: () => KeptDatabases;
  readonly #kept: (kept: KeptDatabases) => void;
  #waiting: ((error: StoreError | undefined) => void)[] = [];
  #flying = false;

  /** `now`: what is to be kept at the moment of a write. `kept` hears what is on disk, before those who wait for it. */
  constructor(store: Store, now: () => KeptDatabases, kept: (kept: KeptDatabases) => void) {
    this.#store = store;
    this.#now = now;
    this.#kept = kept;
  }

  /** Resolves when what is known now is on disk, or with the reason why it is not. */
  save(): Promise<StoreError | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#flying) this.#write();
    });
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    if (this.#flying) await this.save();
  }

  #write(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#flying = true;
    const now = this.#now();
    this.#store.write([{ key: ROW_KEY, value: encodeRow(now) }], true, (error) => {
      this.#flying = false;
      if (error === undefined) this.#kept(now);
      if (this.#waiting.length > 0) this.#write();
      for (const resolve of waiting) resolve(error);
    });
  }
}
