/** Bitwise operations on strings of any length: where one ends before the other, zeros follow it. Pure functions. */

export type BitwiseOperation = 'and' | 'or' | 'xor';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

/** `a` put to `b`, as long as the longer one of them. Whatever the order of several strings, the result is the same. */
export function bitwise(operation: BitwiseOperation, a: Buffer, b: Buffer): Buffer {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  const count = Math.ceil(longer.length / WORD_BYTES);
  // Word by word, with zeros behind the end: a request may have a thousand strings of 1 MiB.
  const words = wordsOf(longer, count);
  putWords(operation, words, wordsOf(shorter, Math.ceil(shorter.length / WORD_BYTES)));
  return Buffer.from(words.buffer, 0, longer.length);
}

/** Each bit turned over. */
export function bitwiseNot(value: Buffer): Buffer {
  const result = Buffer.allocUnsafe(value.length);
  for (let at = 0; at < value.length; at++) result[at] = ~(value[at] ?? 0);
  return result;
}

/** A copy of `bytes` in `count` words, at least as many as they need. */
function wordsOf(bytes: Buffer, count: number): Int32Array<ArrayBuffer> {
  const words = new Int32Array(count);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

/** Puts `source` to the start of `target`; behind the end of `source` there are zeros. */
function putWords(operation: BitwiseOperation, target: Int32Array, source: Int32Array): void {
  const { length } = operation === 'and' ? target : source;
  switch (operation) {
    case 'and':
      for (let at = 0; at < length; at++) target[at] = (target[at] ?? 0) & (source[at] ?? 0);
      break;
    case 'or':
      for (let at = 0; at < length; at++) target[at] = (target[at] ?? 0) | (source[at] ?? 0);
      break;
    case 'xor':
      for (let at = 0; at < length; at++) target[at] = (target[at] ?? 0) ^ (source[at] ?? 0);
  }
}
