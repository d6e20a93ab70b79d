/** HOT PATH. */
import type { BufferPool } from './buffer-pool.js';
import { REPLY_BYTES_UNMOVED, REPLY_CHUNK_BYTES } from './limits.js';
import { ReplyChunks } from './reply-chunks.js';

/** Up to here a copying loop beats `Buffer.copy`. */
export const LOOP_BYTES_MAX = 48;
const NOTHING = Buffer.alloc(0);
const UNBOUNDED = { outputBytesMax: Number.POSITIVE_INFINITY };

/**
 * The bytes of replies, appended one behind the other.
 * The memory comes from the pool with the first byte and goes back with `clear`; an empty one costs next to nothing.
 *
 *   chunks, full       bytes
 *   ┌──────┬──────┬───┬─────────┬────────┐
 *   │      │      │   │ filled  │ free   │  What was written stays where it is, however much comes behind it;
 *   └──────┴──────┴───┴─────────┴────────┘  only the first bytes move, while `bytes` grows to the size of a chunk.
 */
export abstract class ReplyMemory {
  /**
   * More was written than the client may have waiting: what the buffer holds is of no use any more, and the connection is to be
   * closed. Further writes are taken and forgotten, so that a reply takes no more memory than that, however long it is.
   */
  isOverfull = false;
  protected bytes: Buffer = NOTHING;
  protected filled = 0;
  /** Only those who had a long reply have any. */
  private chunks: ReplyChunks | undefined;

  constructor(
    private readonly pool: BufferPool,
    private readonly limits: { readonly outputBytesMax: number } = UNBOUNDED,
  ) {}

  /** Bytes written since `clear` that have not been taken. */
  get length(): number {
    return this.chunks === undefined ? this.filled : this.chunks.length + this.filled;
  }

  /** The oldest bytes: all, or of more than a chunk as many as one write should have. Valid until the next call of any method. */
  first(): Buffer {
    const { chunks } = this;
    if ((chunks === undefined || chunks.length === 0) && this.filled <= REPLY_CHUNK_BYTES) {
      return this.bytes.subarray(0, this.filled);
    }
    return (chunks === undefined || chunks.length === 0 ? this.seal() : chunks).first();
  }

  /**
   * Forgets what `first` gave. Gives the memory that those bytes, and no others, are in, if they were the last there: for the pool,
   * once nobody needs them.
   */
  dropFirst(): Buffer | undefined {
    if (this.chunks !== undefined && this.chunks.length > 0) return this.chunks.dropFirst();
    const { bytes } = this;
    this.bytes = NOTHING;
    this.filled = 0;
    return bytes === NOTHING ? undefined : bytes;
  }

  /** Forgets all that was written. */
  clear(): void {
    this.drop();
    if (this.bytes !== NOTHING) this.pool.give(this.bytes);
    this.bytes = NOTHING;
    this.isOverfull = false;
  }

  /** Adds all that `other` holds, of which nothing was taken. Much of it is not copied, and `other` is left empty. */
  append(other: ReplyMemory): void {
    if (other.length < REPLY_BYTES_UNMOVED) {
      this.copyIn(other.bytes, 0, other.filled);
      return;
    }
    if (this.length + other.length > this.limits.outputBytesMax) {
      this.isOverfull = true;
      this.drop();
      return;
    }
    const chunks = this.seal();
    if (other.chunks !== undefined) chunks.adopt(other.chunks);
    this.bytes = other.bytes;
    this.filled = other.filled;
    other.bytes = NOTHING;
    other.filled = 0;
  }

  protected copyIn(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    let at = this.claim(count);
    const bytes = this.bytes;
    if (count <= LOOP_BYTES_MAX) {
      for (let i = start; i < end; i++) bytes[at++] = source[i] ?? 0;
    } else {
      bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
    }
  }

  /** Makes room for `count` bytes and counts them as written. Gives their offset. */
  protected claim(count: number): number {
    const at = this.reserve(count);
    this.filled = at + count;
    return at;
  }

  /** Makes room for `count` bytes. Gives the offset at which they begin. */
  protected reserve(count: number): number {
    if (this.filled + count > this.bytes.length) this.grow(count);
    return this.filled;
  }

  private grow(count: number): void {
    const { outputBytesMax } = this.limits;
    if (this.length + count > outputBytesMax) {
      this.isOverfull = true;
      this.drop();
      if (count <= this.bytes.length) return;
    }
    if (this.filled >= REPLY_BYTES_UNMOVED && this.filled + count > REPLY_CHUNK_BYTES) this.seal();
    const old = this.bytes;
    if (old === NOTHING) {
      this.begin(count);
      return;
    }
    const room = outputBytesMax - this.length + this.filled;
    const size = Math.max(this.filled + count, Math.min(old.length * 2, REPLY_CHUNK_BYTES, room));
    const grown = size === REPLY_CHUNK_BYTES ? this.pool.takeChunk() : Buffer.allocUnsafeSlow(size);
    old.copy(grown, 0, 0, this.filled);
    this.pool.give(old);
    this.bytes = grown;
  }

  /** Gets memory for `count` bytes, and for more like them, where there is none. */
  private begin(count: number): void {
    const { length, pool } = this;
    const room = this.limits.outputBytesMax - length;
    if (length > 0 && count <= REPLY_CHUNK_BYTES && REPLY_CHUNK_BYTES <= room) {
      this.bytes = pool.takeChunk();
      return;
    }
    this.bytes = pool.take();
    if (this.bytes.length >= count && this.bytes.length <= room) return;
    // The pool's own buffer goes back where the first thing written is too long for it, or where it is longer than what may be written.
    pool.give(this.bytes);
    this.bytes = Buffer.allocUnsafeSlow(count);
  }

  /** Leaves what `bytes` holds there: more is written elsewhere. */
  private seal(): ReplyChunks {
    this.chunks ??= new ReplyChunks(this.pool);
    if (this.filled > 0) this.chunks.add(this.bytes, this.filled);
    else if (this.bytes !== NOTHING) this.pool.give(this.bytes);
    this.bytes = NOTHING;
    this.filled = 0;
    return this.chunks;
  }

  /** Forgets what was written, and keeps `bytes` to write to. */
  private drop(): void {
    this.filled = 0;
    this.chunks?.clear();
  }
}
