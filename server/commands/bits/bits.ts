/** Bits of a string as Redis numbers them: bit 0 is the highest one of the first byte. Pure functions. */
import type { IndexRange } from '../strings/index-range.js';

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
  let count = 0;
  for (let at = firstByte; at <= lastByte; at++) {
    const byte = value[at] ?? 0;
    const isInside = at > firstByte && at < lastByte;
    count += BITS_OF_BYTE[isInside ? byte : byte & maskAt(at, range)] ?? 0;
  }
  return count;
}

/** Where in the range, which lies within the value, the first such bit is; -1: nowhere. */
export function findBit(value: Buffer, bit: 0 | 1, range: IndexRange): number {
  const { firstByte, lastByte } = bytesOf(range);
  // A bit that is 0 is looked for as one that is 1 of the opposite.
  const flip = bit === 1 ? 0 : 0xff;
  for (let at = firstByte; at <= lastByte; at++) {
    if (value[at] === flip) continue;
    const byte = ((value[at] ?? 0) ^ flip) & maskAt(at, range);
    if (byte !== 0) return at * 8 + Math.clz32(byte) - 24;
  }
  return -1;
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
