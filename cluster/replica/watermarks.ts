/** HOT PATH. Up to which counter each database was flushed: what a replica holds and takes is looked at through this. */
import { DB_COUNT } from '../storage/layout.js';
import type { ObjectBytes } from '../version/codec.js';
import { isFlushed, survivorsOf } from '../version/flushed.js';

export class Watermarks {
  /** By database; 0: never flushed. */
  readonly #upTo = new Float64Array(DB_COUNT);

  of(db: number): number {
    return this.#upTo[db] ?? 0;
  }

  /** The database is flushed up to `upTo`. Answers whether that is news. */
  raise(db: number, upTo: number): boolean {
    if (upTo <= this.of(db)) return false;
    this.#upTo[db] = upTo;
    return true;
  }

  /** Whether nothing is left of the object. */
  isFlushed(db: number, object: ObjectBytes): boolean {
    const upTo = this.of(db);
    return upTo !== 0 && isFlushed(object, upTo);
  }

  /** What is left of the object: itself, part of it, or undefined. See `survivorsOf`. */
  survivorsOf(db: number, object: ObjectBytes): ObjectBytes | undefined {
    const upTo = this.of(db);
    return upTo === 0 ? object : survivorsOf(object, upTo);
  }
}
