/** HOT PATH. */
import { OUT_BYTES_INITIAL, OUT_BYTES_KEPT, OUT_BYTES_USUAL } from './limits.js';

/** A growable buffer that frames are appended to. `bytes[0 .. length)` is what was appended. */
export class OutBuffer {
  bytes = Buffer.allocUnsafe(OUT_BYTES_INITIAL);
  length = 0;

  /** Makes room for `count` more bytes, and for `slack` bytes behind them that may be scribbled on. Gives their offset. */
  claim(count: number, slack = 0): number {
    const at = this.length;
    const end = at + count;
    if (end + slack > this.bytes.length) this.grow(end + slack);
    this.length = end;
    return at;
  }

  /** Empties the buffer. `reusable` false: someone else owns its bytes now. */
  clear(reusable: boolean): void {
    this.length = 0;
    if (!reusable || this.bytes.length > OUT_BYTES_KEPT) {
      this.bytes = Buffer.allocUnsafe(Math.min(this.bytes.length, OUT_BYTES_USUAL));
    }
  }

  private grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(size, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
