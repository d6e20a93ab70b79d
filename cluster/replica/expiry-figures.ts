import { siblingExpiryMs } from '../version/codec.js';
import { newestLiveSibling } from '../version/encoded.js';
import type { Entry } from './entry.js';
import { EXPIRY_SAMPLE_STEPS } from './limits.js';
import { EXPIRING } from './record.js';

/** How much a new sample weighs beside those before it. */
const NEW_SHARE = 0.1;

/**
 * What `INFO` tells of keys that expire. Nobody notes when a key's time is over: reads pass it over, and the reaper comes after the
 * grace. So one counts as expired when its record here is written over or leaves; each of its N nodes counts its own copy, once.
 */
export class ExpiryFigures {
  /** Keys that had expired when they were written over, deleted, or reaped. */
  expired = 0;
  readonly #averagesMs = new Map<number, number>();
  readonly #walks = new Map<number, Iterator<Entry>>();

  constructor(
    private readonly nowMs: () => number,
    private readonly entriesOf: (db: number) => Iterable<Entry>,
  ) {}

  /** HOT PATH, for keys with an expiry. The record of `entry`, whose standing is EXPIRING, leaves; `next` takes its place, if anything does. */
  leaves(record: Buffer, next: Buffer | undefined): void {
    const expiryMs = expiryOf(record);
    // The same value in another record, after a merge, is still the same key that has expired.
    if (expiryMs <= this.nowMs() && (next === undefined || expiryOf(next) !== expiryMs)) this.expired++;
  }

  /**
   * How long keys of the database have to live, in ms, on the average of the samples of this and earlier calls; 0: none was found. A
   * call looks at a few keys in memory, behind those that the one before it looked at.
   */
  averageTtlMs(db: number): number {
    const nowMs = this.nowMs();
    let sumMs = 0;
    let count = 0;
    for (let step = 0; step < EXPIRY_SAMPLE_STEPS; step++) {
      const entry = this.#next(db);
      if (entry === undefined) break;
      const leftMs = entry.standing === EXPIRING && entry.record !== undefined ? expiryOf(entry.record) - nowMs : 0;
      if (leftMs <= 0) continue;
      sumMs += leftMs;
      count++;
    }
    const before = this.#averagesMs.get(db);
    if (count === 0) return Math.round(before ?? 0);
    const sampleMs = sumMs / count;
    const averageMs = before === undefined ? sampleMs : before + (sampleMs - before) * NEW_SHARE;
    this.#averagesMs.set(db, averageMs);
    return Math.round(averageMs);
  }

  /** Counts from 0 again. */
  reset(): void {
    this.expired = 0;
  }

  /** undefined: the walk has come to its end, and begins anew with the next call. */
  #next(db: number): Entry | undefined {
    let walk = this.#walks.get(db);
    if (walk === undefined) {
      walk = this.entriesOf(db)[Symbol.iterator]();
      this.#walks.set(db, walk);
    }
    const { value, done } = walk.next();
    if (done !== true) return value;
    this.#walks.delete(db);
    return undefined;
  }
}

/** Of the newest value; 0: it has none. */
function expiryOf(record: Buffer): number {
  const at = newestLiveSibling(record, 0);
  return at < 0 ? 0 : siblingExpiryMs(record, at);
}
