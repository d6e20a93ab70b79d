/** HOT PATH (`note`). Which keys a client wrote last: so many, and no others. */
import { LAST_WRITES_MAX } from './limits.js';

export interface WrittenKey {
  readonly db: number;
  /** Binary string. */
  readonly key: string;
}

export class LastWrites {
  readonly #keys: string[] = [];
  readonly #dbs: number[] = [];
  #next = 0;

  note(db: number, key: string): void {
    const at = this.#next;
    const before = at === 0 ? LAST_WRITES_MAX - 1 : at - 1;
    if (this.#keys[before] === key && this.#dbs[before] === db) return;
    this.#keys[at] = key;
    this.#dbs[at] = db;
    this.#next = at + 1 < LAST_WRITES_MAX ? at + 1 : 0;
  }

  /** Each key once. */
  all(): readonly WrittenKey[] {
    const each = new Map(this.#keys.map((key, at) => [`${this.#dbs[at]} ${key}`, { db: this.#dbs[at], key }]));
    return [...each.values()];
  }
}
