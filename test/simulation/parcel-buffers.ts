/** Longer ones are made anew each time. */
const REUSED_BYTES_MAX = 64;
const KEPT_MAX = 256;

/** Buffers of bytes that are under way. Most are as short as a sign of life: they serve again, once they have been overwritten. */
export class ParcelBuffers {
  /** By their length. */
  readonly #spent: Buffer[][] = Array.from({ length: REUSED_BYTES_MAX + 1 }, () => []);

  copyOf(bytes: Buffer): Buffer {
    const spent = this.#spent[bytes.length]?.pop();
    if (spent === undefined) return Buffer.from(bytes);
    spent.set(bytes);
    return spent;
  }

  /** Its bytes have arrived, and nobody may look at them any more. */
  giveBack(buffer: Buffer): void {
    const spent = this.#spent[buffer.length];
    if (spent !== undefined && spent.length < KEPT_MAX) spent.push(buffer);
  }
}
