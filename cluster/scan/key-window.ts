/**
 * Keys of a partition in the order of their hashes, a stretch of them. The store has them in another order, so that a
 * node reads all keys of the partition to find the next few; a window keeps more than those, for the next question. It
 * may name keys that are gone, and never lacks one that is there: whether a key is there is asked of the replica each time.
 */
import { HASH_MAX } from './place.js';

/** A builder takes so many times as much before it sorts and lets go of what is too much: the sorting is done within a turn. */
const SLACK = 1.25;

/** The hashes that a window is about: above `after`, up to `upTo`. */
interface Stretch {
  readonly after: number;
  readonly upTo: number;
}

export interface HashedKey {
  readonly hash: number;
  /** Binary string. */
  readonly key: string;
}

/** Takes keys in any order, and keeps those that are next behind `after`: so many, or of so many bytes, and all with the last hash. */
export class WindowBuilder {
  readonly #after: number;
  readonly #keysMax: number;
  readonly #bytesMax: number;
  #upTo = HASH_MAX;
  #rows: HashedKey[] = [];
  #bytes = 0;

  constructor(after: number, keysMax: number, bytesMax: number) {
    this.#after = after;
    this.#keysMax = keysMax;
    this.#bytesMax = bytesMax;
  }

  add(hash: number, key: string): void {
    if (hash <= this.#after || hash > this.#upTo) return;
    this.#rows.push({ hash, key });
    this.#bytes += key.length;
    if (this.#rows.length > SLACK * this.#keysMax || this.#bytes > SLACK * this.#bytesMax) this.#cut();
  }

  finish(): KeyWindow {
    this.#cut();
    return new KeyWindow({ after: this.#after, upTo: this.#upTo }, this.#rows, this.#bytes);
  }

  #cut(): void {
    this.#rows = inOrder(this.#rows);
    this.#bytes = 0;
    let end = 0;
    for (const [index, { hash, key }] of this.#rows.entries()) {
      const isFull = index >= this.#keysMax || this.#bytes >= this.#bytesMax;
      if (isFull && hash !== this.#rows[index - 1]?.hash) break;
      this.#bytes += key.length;
      end = index + 1;
    }
    if (end === this.#rows.length) return;
    this.#rows.length = end;
    this.#upTo = this.#rows[end - 1]?.hash ?? this.#after;
  }
}

export class KeyWindow {
  readonly after: number;
  readonly upTo: number;
  bytes: number;
  #rows: HashedKey[];
  /** Keys that have come since, in no order. */
  readonly #late = new Map<string, number>();

  /** `rows` in the order of their hashes. */
  constructor({ after, upTo }: Stretch, rows: HashedKey[], bytes: number) {
    this.after = after;
    this.upTo = upTo;
    this.#rows = rows;
    this.bytes = bytes;
  }

  get size(): number {
    return this.#rows.length + this.#late.size;
  }

  /** Whether the window has the keys that are next behind `after`. */
  reaches(after: number): boolean {
    return after >= this.after && (after < this.upTo || this.upTo === HASH_MAX);
  }

  /** A key has come. */
  add(hash: number, key: string): void {
    if (hash <= this.after || hash > this.upTo || this.#late.has(key)) return;
    this.#late.set(key, hash);
    this.bytes += key.length;
  }

  /** The next `count` keys behind `after`, and those that share the hash of the last of them. */
  next(after: number, count: number): readonly HashedKey[] {
    this.#sortLate();
    const rows = this.#rows;
    const start = firstBehind(rows, after);
    let end = Math.min(rows.length, start + count);
    while (end > start && end < rows.length && rows[end]?.hash === rows[end - 1]?.hash) end++;
    return rows.slice(start, end);
  }

  #sortLate(): void {
    if (this.#late.size === 0) return;
    this.#rows = inOrder([...this.#rows, ...Array.from(this.#late, ([key, hash]) => ({ hash, key }))]);
    this.#late.clear();
    this.bytes = this.#rows.reduce((bytes, { key }) => bytes + key.length, 0);
  }
}

/** By hash, then key; each key once. */
function inOrder(rows: HashedKey[]): HashedKey[] {
  rows.sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return rows.filter(({ key }, index) => index === 0 || key !== rows[index - 1]?.key);
}

function firstBehind(rows: readonly HashedKey[], after: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.hash ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
