/** What clients of the experiments send. */
import { requestOf } from '../background/request-pipe.js';

export const KEYS = 5_000;
const VALUE = 'x'.repeat(100);

/** Draws numbers; the same seed draws the same ones. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to before `end`. */
  below(end: number): number {
    // Marsaglia's xorshift, 32 bits.
    let x = this.#state || 1;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % end;
  }

  of<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('nothing to choose from');
    return choice;
  }
}

/** @param keyspace the prefix of one */
export function keyAt(index: number, keyspace = 'experiment:'): string {
  return `${keyspace}${index}`;
}

export function readOf(key: string): string {
  return requestOf('GET', key);
}

export function writeOf(key: string): string {
  return requestOf('SET', key, VALUE);
}
