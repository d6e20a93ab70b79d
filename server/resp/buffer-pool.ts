/** HOT PATH. */
import {
  REPLY_BUFFERS_KEPT,
  REPLY_BYTES_INITIAL,
  REPLY_BYTES_KEPT,
  REPLY_CHUNK_BYTES,
  REPLY_CHUNKS_KEPT,
} from './limits.js';

/** Buffers that replies have left. They keep the size that they grew to, so that a steady load stops growing them. */
export class BufferPool {
  private readonly free: Buffer[] = [];
  private readonly freeChunks: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(REPLY_BYTES_INITIAL);
  }

  /** A buffer of REPLY_CHUNK_BYTES. */
  takeChunk(): Buffer {
    return this.freeChunks.pop() ?? Buffer.allocUnsafeSlow(REPLY_CHUNK_BYTES);
  }

  /** The caller may not touch the buffer any more. */
  give(buffer: Buffer): void {
    if (buffer.length <= REPLY_BYTES_KEPT) {
      if (this.free.length < REPLY_BUFFERS_KEPT) this.free.push(buffer);
    } else if (buffer.length === REPLY_CHUNK_BYTES && this.freeChunks.length < REPLY_CHUNKS_KEPT) {
      this.freeChunks.push(buffer);
    }
  }
}
