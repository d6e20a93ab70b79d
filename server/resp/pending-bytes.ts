import { GATHER_BYTES_INITIAL, GATHER_BYTES_MAX, PIECE_BYTES_KEPT } from './limits.js';

const NOTHING = Buffer.alloc(0);

/**
 * The bytes of a request that is still arriving. Nothing is allocated ahead of what came, and each byte is copied
 * at most twice however small the pieces are: small ones are gathered into blocks, large ones are kept as they are.
 */
export class PendingBytes {
  private pieces: Buffer[] = [];
  private gathered: Buffer | undefined;
  private gatheredLength = 0;
  /** Size of the next block: doubles while small pieces come, so that many of them make few blocks. */
  private blockBytes = GATHER_BYTES_INITIAL;
  private total = 0;

  get length(): number {
    return this.total;
  }

  /** Adds `chunk[start .. end)`; the chunk may not change afterwards. */
  append(chunk: Buffer, start: number, end: number): void {
    const count = end - start;
    this.total += count;
    if (count >= PIECE_BYTES_KEPT) {
      this.seal();
      this.pieces.push(chunk.subarray(start, end));
      this.blockBytes = GATHER_BYTES_INITIAL;
      return;
    }
    if (this.gathered !== undefined && this.gatheredLength + count > this.gathered.length) {
      this.seal();
      this.blockBytes = Math.min(this.blockBytes * 2, GATHER_BYTES_MAX);
    }
    if (this.gathered === undefined) {
      this.gathered = Buffer.allocUnsafeSlow(Math.max(this.blockBytes, count));
      this.gatheredLength = 0;
    }
    chunk.copy(this.gathered, this.gatheredLength, start, end);
    this.gatheredLength += count;
  }

  /** Gives all that was added with `chunk[start .. end)` behind it as one buffer, and is empty again. */
  take(chunk: Buffer, start: number, end: number): Buffer {
    this.seal();
    const whole = Buffer.allocUnsafe(this.total + end - start);
    let at = 0;
    for (const piece of this.pieces) at += piece.copy(whole, at);
    chunk.copy(whole, at, start, end);
    this.clear();
    return whole;
  }

  /** The oldest bytes, some of them. */
  first(): Buffer {
    return this.pieces[0] ?? this.gathered?.subarray(0, this.gatheredLength) ?? NOTHING;
  }

  clear(): void {
    this.pieces = [];
    this.gathered = undefined;
    this.gatheredLength = 0;
    this.blockBytes = GATHER_BYTES_INITIAL;
    this.total = 0;
  }

  private seal(): void {
    if (this.gathered === undefined) return;
    this.pieces.push(this.gathered.subarray(0, this.gatheredLength));
    this.gathered = undefined;
  }
}
