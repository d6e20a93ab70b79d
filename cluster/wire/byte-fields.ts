import { readU64, writeU64 } from '../version/words.js';

/** Appends fields, little-endian, to a buffer that grows. */
export class FieldWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  u8(value: number): this {
    this.#reserve(1);
    this.#length = this.#bytes.writeUInt8(value, this.#length);
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
    return this;
  }

  u64(value: number): this {
    this.#reserve(8);
    writeU64(this.#bytes, this.#length, value);
    this.#length += 8;
    return this;
  }

  /** u32 length, then the bytes. */
  bytes(value: Uint8Array): this {
    this.u32(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** The bytes alone: how many they are is known. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** The bytes that `count` pairs of hex digits stand for, alone. */
  hex(value: string, count: number): this {
    this.#reserve(count);
    this.#bytes.write(value, this.#length, count, 'hex');
    this.#length += count;
    return this;
  }

  /** A binary string as `bytes`. */
  text(value: string): this {
    return this.bytes(Buffer.from(value, 'latin1'));
  }

  /** u8 0 where there is nothing, else 1 and `bytes`. */
  optionalBytes(value: Uint8Array | undefined): this {
    return value === undefined ? this.u8(0) : this.u8(1).bytes(value);
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Bytes that are not what they should be. Thrown by `FieldReader`, caught where the message came in. */
export class MalformedFields extends Error {
  override readonly name = 'MalformedFields';
}

/** Reads fields that a `FieldWriter` wrote. Throws `MalformedFields` where they are cut off or no safe integers. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  u64(): number {
    const value = readU64(this.#bytes, this.#take(8));
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedFields('a number is too large');
    return value;
  }

  /** A slice of what is read: copy what must outlive it. */
  bytes(): Buffer {
    const length = this.u32();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** So many bytes, a slice. */
  raw(count: number): Buffer {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** So many bytes as hex digits. */
  hex(count: number): string {
    const start = this.#take(count);
    return this.#bytes.toString('hex', start, start + count);
  }

  text(): string {
    return this.bytes().toString('latin1');
  }

  optionalBytes(): Buffer | undefined {
    return this.u8() === 0 ? undefined : this.bytes();
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Throws unless all has been read. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new MalformedFields('bytes follow the last field');
  }

  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw new MalformedFields('a field is cut off');
    this.#at += count;
    return start;
  }
}
