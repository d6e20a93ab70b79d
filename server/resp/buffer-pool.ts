/** HOT PATH. */
import { REPLY_BUFFERS_KEPT, REPLY_BYTES_INITIAL, REPLY_BYTES_KEPT } from './limits.js';

/** Buffers that replies have left. They keep the size that they grew to, so that a steady load stops growing them. */
export class BufferPool {
  private readonly free: Buffer[] = [];

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(REPLY_BYTES_INITIAL);
  }

  /** The caller may not touch the buffer any more. */
  give(buffer: Buffer): void {
    if (buffer.length <= REPLY_BYTES_KEPT && this.free.length < REPLY_BUFFERS_KEPT) this.free.push(buffer);
  }
}
