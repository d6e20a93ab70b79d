/**
 * HOT PATH. Memory for records, cut from slabs that hold nothing else: a record lives long, and in Node's common pool it would
 * keep alive the memory of everything short-lived beside it.
 */
const SLAB_BYTES = 8 * 1024;
/** A longer record has memory of its own. */
const CUT_BYTES_MAX = SLAB_BYTES / 4;

export class RecordMemory {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #used = 0;

  /** So many bytes, as they come. They are free again when nobody refers to them. */
  allocate(bytes: number): Buffer {
    if (bytes > CUT_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes;
    return this.#slab.subarray(from, this.#used);
  }

  /** A copy of `bytes`. */
  copyOf(bytes: Buffer): Buffer {
    const copy = this.allocate(bytes.length);
    bytes.copy(copy);
    return copy;
  }
}
