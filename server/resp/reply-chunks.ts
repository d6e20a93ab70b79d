import type { BufferPool } from './buffer-pool.js';
import { REPLY_CHUNK_BYTES } from './limits.js';

interface Chunk {
  readonly bytes: Buffer;
  readonly length: number;
}

/** The pieces of long replies that nothing is written to any more, in their order. */
export class ReplyChunks {
  /** Bytes that have not been taken. */
  length = 0;
  readonly #pool: BufferPool;
  #chunks: Chunk[] = [];
  /** Bytes of the first chunk that have been taken. */
  #taken = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Adds the first `length` of `bytes`, which are its own from now on. */
  add(bytes: Buffer, length: number): void {
    this.#chunks.push({ bytes, length });
    this.length += length;
  }

  /** Adds all that `other` holds, and leaves it empty. Nothing of it may have been taken. */
  adopt(other: ReplyChunks): void {
    for (const { bytes, length } of other.#chunks) this.add(bytes, length);
    other.#chunks = [];
    other.length = 0;
  }

  /** The oldest bytes, so many as one write should have. There must be some. */
  first(): Buffer {
    const { bytes, length } = this.#head();
    return bytes.subarray(this.#taken, Math.min(length, this.#taken + REPLY_CHUNK_BYTES));
  }

  /** What `first` gave is taken. Gives the memory that is not needed any more but for those bytes, if there is any. */
  dropFirst(): Buffer | undefined {
    const { bytes, length } = this.#head();
    const count = Math.min(length - this.#taken, REPLY_CHUNK_BYTES);
    this.#taken += count;
    this.length -= count;
    if (this.#taken < length) return undefined;
    this.#chunks.shift();
    this.#taken = 0;
    return bytes;
  }

  clear(): void {
    for (const { bytes } of this.#chunks) this.#pool.give(bytes);
    this.#chunks = [];
    this.#taken = 0;
    this.length = 0;
  }

  #head(): Chunk {
    const chunk = this.#chunks[0];
    if (chunk === undefined) throw new Error('no bytes of replies were left to be taken');
    return chunk;
  }
}
