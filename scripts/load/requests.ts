/** The commands of a load, as they go over the wire. */
import { requestOf } from '../background/request-pipe.js';
import type { Mix } from './traffic.js';

const KEY_DIGITS = 12;

export class Requests {
  readonly #mix: Mix;
  readonly #value: string;
  readonly #random: () => number;

  /** @param random uniform from 0, included, to 1 */
  constructor(mix: Mix, random: () => number) {
    this.#mix = mix;
    this.#value = 'x'.repeat(mix.valueBytes);
    this.#random = random;
  }

  /** A get or a put of any key. */
  next(): string {
    const key = keyOf(Math.floor(this.#random() * this.#mix.keys));
    return this.#random() < this.#mix.getShare ? requestOf('GET', key) : requestOf('SET', key, this.#value);
  }

  /** The put of one key, from 0. */
  put(index: number): string {
    return requestOf('SET', keyOf(index), this.#value);
  }
}

/** The keys of `redis-benchmark -r`: the two can share a data set. */
function keyOf(index: number): string {
  return `key:${String(index).padStart(KEY_DIGITS, '0')}`;
}
