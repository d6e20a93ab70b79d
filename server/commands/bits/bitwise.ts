/** Bitwise operations on strings of any length: where one ends before the other, zeros follow it. Pure functions. */

export type BitwiseOperation = 'and' | 'or' | 'xor';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** Of a string that may stand anywhere in memory, so many bytes at a time are put where they are whole words. */
const scratch = new Int32Array(4096);
const scratchBytes = Buffer.from(scratch.buffer);

/** A copy of `value` for `bitwiseInto`: whole words begin with its first byte. */
export function copyOf(value: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(value.length);
  value.copy(copy);
  return copy;
}

/**
 * `total`, which `copyOf` or this has given and which is written over, put to `value`: as long as the longer one of them. Whatever the
 * order of several strings, the result is the same. No more memory is taken for each: a request may have a thousand strings of 1 MiB.
 */
export function bitwiseInto(operation: BitwiseOperation, total: Buffer, value: Buffer): Buffer {
  if (value.length > total.length) return bitwiseInto(operation, copyOf(value), total);
  const words = new Int32Array(total.buffer, total.byteOffset, Math.floor(total.length / WORD_BYTES));
  for (let at = 0; at < value.length; at += scratchBytes.length) {
    const count = value.copy(scratchBytes, 0, at, at + scratchBytes.length);
    const whole = Math.floor(count / WORD_BYTES);
    putWords(operation, words, at / WORD_BYTES, whole);
    for (let i = whole * WORD_BYTES; i < count; i++) {
      total[at + i] = combined(operation, total[at + i] ?? 0, scratchBytes[i] ?? 0);
    }
  }
  if (operation === 'and') total.fill(0, value.length);
  return total;
}

/** Each bit turned over. */
export function bitwiseNot(value: Buffer): Buffer {
  const result = copyOf(value);
  const words = new Int32Array(result.buffer, 0, Math.floor(result.length / WORD_BYTES));
  for (let at = 0; at < words.length; at++) words[at] = ~(words[at] ?? 0);
  for (let at = words.length * WORD_BYTES; at < result.length; at++) result[at] = ~(result[at] ?? 0);
  return result;
}

function combined(operation: BitwiseOperation, a: number, b: number): number {
  if (operation === 'and') return a & b;
  return operation === 'or' ? a | b : a ^ b;
}

/** Puts the first `count` words of `scratch` to those of `target` from `from` on. */
function putWords(operation: BitwiseOperation, target: Int32Array, from: number, count: number): void {
  switch (operation) {
    case 'and':
      for (let at = 0; at < count; at++) target[from + at] = (target[from + at] ?? 0) & (scratch[at] ?? 0);
      break;
    case 'or':
      for (let at = 0; at < count; at++) target[from + at] = (target[from + at] ?? 0) | (scratch[at] ?? 0);
      break;
    case 'xor':
      for (let at = 0; at < count; at++) target[from + at] = (target[from + at] ?? 0) ^ (scratch[at] ?? 0);
  }
}
