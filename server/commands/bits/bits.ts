/** Bits of a string as Redis numbers them: bit 0 is the highest one of the first byte. Pure functions. */
import type { IndexRange } from '../strings/index-range.js';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const NO_WORDS = new Int32Array(0);
const ALL_ONES = -1;
const BITS_OF_BYTE: readonly number[] = Array.from({ length: 256 }, (_, byte) => bitsOf(byte));

function bitsOf(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

/** The bit at `offset`; beyond the end they are all 0. */
export function bitAt(value: Buffer, offset: number): 0 | 1 {
  const byte = value[Math.floor(offset / 8)] ?? 0;
  return (byte >> (7 - (offset % 8))) & 1 ? 1 : 0;
}

/** How many bits of the range, which lies within the value, are 1. */
export function countBits(value: Buffer, range: IndexRange): number {
  const { firstByte, lastByte } = bytesOf(range);
  let count = BITS_OF_BYTE[(value[firstByte] ?? 0) & maskAt(firstByte, range)] ?? 0;
  if (lastByte === firstByte) return count;
  let at = firstByte + 1;
  const words = wholeWords(value, at, lastByte);
  for (const end = words.at; at < end; at++) count += BITS_OF_BYTE[value[at] ?? 0] ?? 0;
  const { ints } = words;
  for (let i = 0; i < ints.length; i++) count += bitsOfWord(ints[i] ?? 0);
  for (at += ints.byteLength; at < lastByte; at++) count += BITS_OF_BYTE[value[at] ?? 0] ?? 0;
  return count + (BITS_OF_BYTE[(value[lastByte] ?? 0) & maskAt(lastByte, range)] ?? 0);
}

/** Where in the range, which lies within the value, the first such bit is; -1: nowhere. */
export function findBit(value: Buffer, bit: 0 | 1, range: IndexRange): number {
  const { firstByte, lastByte } = bytesOf(range);
  // A bit that is 0 is looked for as one that is 1 of the opposite.
  const flip = bit === 1 ? 0 : 0xff;
  const words = wholeWords(value, firstByte, lastByte + 1);
  for (let at = firstByte; at <= lastByte; at++) {
    if (at === words.at) at += skipped(words.ints, bit === 1 ? 0 : ALL_ONES);
    if (at > lastByte) break;
    if (value[at] === flip) continue;
    const byte = ((value[at] ?? 0) ^ flip) & maskAt(at, range);
    if (byte !== 0) return at * 8 + Math.clz32(byte) - 24;
  }
  return -1;
}

/** Bytes in the words at the start that are all `word`. */
function skipped(ints: Int32Array, word: number): number {
  let count = 0;
  while (count < ints.length && ints[count] === word) count++;
  return count * WORD_BYTES;
}

/** The whole words of `value` between the bytes `from` and `end`: the first one is at the byte `at`, where there is any. */
function wholeWords(value: Buffer, from: number, end: number): { readonly at: number; readonly ints: Int32Array } {
  const at = from + ((WORD_BYTES - ((value.byteOffset + from) % WORD_BYTES)) % WORD_BYTES);
  if (at + WORD_BYTES > end) return { at: from, ints: NO_WORDS };
  return { at, ints: new Int32Array(value.buffer, value.byteOffset + at, Math.floor((end - at) / WORD_BYTES)) };
}

/** How many of 32 bits are 1: sums of two, of four, of eight bits side by side, and those added up by a product. */
function bitsOfWord(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The bits of the byte at `at` that belong to a range of bits. */
function maskAt(at: number, range: IndexRange): number {
  const { firstByte, lastByte } = bytesOf(range);
  const head = at === firstByte ? 0xff >> (range.first % 8) : 0xff;
  const tail = at === lastByte ? 0xff << (7 - (range.last % 8)) : 0xff;
  return head & tail & 0xff;
}

function bytesOf({ first, last }: IndexRange): { firstByte: number; lastByte: number } {
  return { firstByte: Math.floor(first / 8), lastByte: Math.floor(last / 8) };
}
