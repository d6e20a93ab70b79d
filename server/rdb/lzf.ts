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

/** `input` in at most `bytesMax` bytes; undefined: it takes more. */
export function lzfCompress(input: Buffer, bytesMax: number): Buffer | undefined {
  const output = Buffer.allocUnsafe(bytesMax);
  /** Where three bytes of that hash stood last, and one more; 0: nowhere. */
  const last = new Int32Array(1 << HASH_BITS);
  let length = 0;
  let literalsFrom = 0;
  let at = 0;

  const putLiterals = (end: number): boolean => {
    while (literalsFrom < end) {
      const count = Math.min(LITERALS_MAX, end - literalsFrom);
      if (length + 1 + count > bytesMax) return false;
      output[length++] = count - 1;
      input.copy(output, length, literalsFrom, literalsFrom + count);
      length += count;
      literalsFrom += count;
    }
    return true;
  };

  while (at + REPEAT_MIN <= input.length) {
    const hash = hashAt(input, at);
    const from = last[hash] - 1;
    last[hash] = at + 1;
    const repeated = from >= 0 && at - from <= OFFSET_MAX ? sameBytes(input, from, at) : 0;
    if (repeated < REPEAT_MIN) {
      at++;
      continue;
    }
    if (!putLiterals(at) || length + 3 > bytesMax) return undefined;
    const offset = at - from - 1;
    const code = repeated - 2;
    output[length++] = (Math.min(code, SHORT_LENGTH_MAX + 1) << 5) | (offset >> 8);
    if (code > SHORT_LENGTH_MAX) output[length++] = code - SHORT_LENGTH_MAX - 1;
    output[length++] = offset & 0xff;
    at += repeated;
    literalsFrom = at;
  }
  return putLiterals(input.length) ? output.subarray(0, length) : undefined;
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
