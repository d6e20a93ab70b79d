/** HOT PATH. */
import { OUT_BYTES_INITIAL, OUT_BYTES_KEPT, OUT_BYTES_USUAL } from './limits.js';

const NOTHING = Buffer.alloc(0);
/** What is left of a short buffer is used on if it is at least as long as this. */
const OUT_BYTES_LEFT = 64;

/** A growable buffer that frames are appended to. `bytes[0 .. length)` is what was appended. */
export class OutBuffer {
  bytes = NOTHING;
  length = 0;

  /** Makes room for `count` more bytes, and for `slack` bytes behind them that may be scribbled on. Gives their offset. */
  claim(count: number, slack = 0): number {
    const at = this.length;
    const end = at + count;
    if (end + slack > this.bytes.length) this.grow(end + slack);
    this.length = end;
    return at;
  }

  /** Empties the buffer. `reusable` false: someone else owns its bytes now, and what is behind them is used on. */
  clear(reusable: boolean): void {
    const { bytes, length } = this;
    this.length = 0;
    if (reusable && bytes.length <= OUT_BYTES_KEPT) return;
    const isLeft = !reusable && bytes.length - length >= OUT_BYTES_LEFT && bytes.length <= OUT_BYTES_INITIAL;
    const anew = Math.max(OUT_BYTES_INITIAL, Math.min(bytes.length, OUT_BYTES_USUAL));
    this.bytes = isLeft ? bytes.subarray(length) : Buffer.allocUnsafe(anew);
  }

  private grow(size: number): void {
    const bytes = Math.max(size, this.bytes.length * 2, OUT_BYTES_INITIAL);
    const grown = bytes > OUT_BYTES_INITIAL ? Buffer.allocUnsafeSlow(bytes) : Buffer.allocUnsafe(bytes);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
