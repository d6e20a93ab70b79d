/**
 * LZF, the compression of long strings in what Redis dumps. A compressed string is a row of two kinds of pieces:
 *
 * ```
 *   000LLLLL                        L + 1 bytes follow as they are
 *   LLLooooo  [LLLLLLLL]  oooooooo  repeat L + 2 bytes that stand o + 1 bytes before; L of 7 goes on in the byte in brackets
 * ```
 */
const LITERALS_MAX = 32;
const OFFSET_MAX = 8_192;
const REPEAT_MIN = 3;
const SHORT_LENGTH_MAX = 6;
const REPEAT_MAX = SHORT_LENGTH_MAX + 1 + 255 + 2;
const HASH_BITS = 14;
const HASH_FACTOR = 0x9e3779b1;

/** Compresses a string a piece at a time. */
export class LzfCompression {
  readonly #input: Buffer;
  readonly #output: Buffer;
  /** Where three bytes of that hash stood last, and one more; 0: nowhere. */
  readonly #last = new Int32Array(1 << HASH_BITS);
  #length = 0;
  #literalsFrom = 0;
  #at = 0;
  #isTooLong = false;

  /** `input` is to take at most `bytesMax` bytes. */
  constructor(input: Buffer, bytesMax: number) {
    this.#input = input;
    this.#output = Buffer.allocUnsafe(bytesMax);
  }

  /** Compresses about `bytes` more; whether there is more to do. */
  step(bytes: number): boolean {
    const input = this.#input;
    const last = this.#last;
    const ends = input.length - REPEAT_MIN;
    const stop = Math.min(ends, this.#at + bytes - 1);
    let at = this.#at;
    while (at <= stop && !this.#isTooLong) {
      const hash = hashAt(input, at);
      const from = last[hash] - 1;
      last[hash] = at + 1;
      const repeated = from >= 0 && at - from <= OFFSET_MAX ? sameBytes(input, from, at) : 0;
      if (repeated < REPEAT_MIN) {
        at++;
        continue;
      }
      this.#putRepeat(at, at - from - 1, repeated);
      at += repeated;
    }
    this.#at = at;
    if (at <= ends && !this.#isTooLong) return true;
    this.#putLiterals(input.length);
    return false;
  }

  /** The compressed string, after the last step; undefined: it would take more bytes. */
  result(): Buffer | undefined {
    return this.#isTooLong ? undefined : this.#output.subarray(0, this.#length);
  }

  #putRepeat(at: number, offset: number, repeated: number): void {
    this.#putLiterals(at);
    if (this.#length + 3 > this.#output.length) this.#isTooLong = true;
    if (this.#isTooLong) return;
    const output = this.#output;
    const code = repeated - 2;
    output[this.#length++] = (Math.min(code, SHORT_LENGTH_MAX + 1) << 5) | (offset >> 8);
    if (code > SHORT_LENGTH_MAX) output[this.#length++] = code - SHORT_LENGTH_MAX - 1;
    output[this.#length++] = offset & 0xff;
    this.#literalsFrom = at + repeated;
  }

  /** What stands before `end` and is not in the output yet goes there as it is. */
  #putLiterals(end: number): void {
    const output = this.#output;
    while (this.#literalsFrom < end && !this.#isTooLong) {
      const count = Math.min(LITERALS_MAX, end - this.#literalsFrom);
      if (this.#length + 1 + count > output.length) {
        this.#isTooLong = true;
        return;
      }
      output[this.#length++] = count - 1;
      this.#input.copy(output, this.#length, this.#literalsFrom, this.#literalsFrom + count);
      this.#length += count;
      this.#literalsFrom += count;
    }
  }
}

/** `input` in at most `bytesMax` bytes; undefined: it takes more. */
export function lzfCompress(input: Buffer, bytesMax: number): Buffer | undefined {
  const compression = new LzfCompression(input, bytesMax);
  while (compression.step(input.length));
  return compression.result();
}

/** The string of `length` bytes that was compressed; undefined: it was none of that length. */
export function lzfDecompress(input: Buffer, length: number): Buffer | undefined {
  const output = Buffer.allocUnsafe(length);
  let filled = 0;
  let at = 0;
  while (at < input.length) {
    const control = input[at++];
    if (control < LITERALS_MAX) {
      const count = control + 1;
      if (at + count > input.length || filled + count > length) return undefined;
      input.copy(output, filled, at, at + count);
      at += count;
      filled += count;
      continue;
    }
    let count = (control >> 5) + 2;
    if (control >> 5 === SHORT_LENGTH_MAX + 1) count += input[at++] ?? Number.NaN;
    const from = filled - (((control & 0x1f) << 8) + (input[at++] ?? Number.NaN)) - 1;
    // Not so either where a byte was missing: then one of them is no number.
    if (!(from >= 0 && filled + count <= length)) return undefined;
    // Byte by byte: what is repeated may be what is being written.
    for (let i = 0; i < count; i++) output[filled + i] = output[from + i];
    filled += count;
  }
  return filled === length ? output : undefined;
}

function hashAt(bytes: Buffer, at: number): number {
  const three = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
  return Math.imul(three, HASH_FACTOR) >>> (32 - HASH_BITS);
}

/** How many bytes from `from` on are those from `at` on. */
function sameBytes(bytes: Buffer, from: number, at: number): number {
  const max = Math.min(REPEAT_MAX, bytes.length - at);
  let count = 0;
  while (count < max && bytes[from + count] === bytes[at + count]) count++;
  return count;
}
