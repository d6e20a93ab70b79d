/** What Redis 7.0 would need for a string key: tools compare keys by it, and know no other unit. */

/** Bytes of Redis's own structures: an object's head, an entry of the hash table. */
const OBJECT_BYTES = 16;
const TABLE_ENTRY_BYTES = 24;
/** A value up to here stands behind its object's head. */
const EMBEDDED_BYTES_MAX = 44;
const EMBEDDED_HEADER_BYTES = 3;
const TERMINATOR_BYTES = 1;
/** Headers of strings by the least length that needs them; those of values are never of the first kind. */
const HEADERS: readonly (readonly [lengthBelow: number, bytes: number])[] = [
  [32, 1],
  [256, 3],
  [65_536, 5],
  [Number.POSITIVE_INFINITY, 9],
];
/** The allocator's classes: 8, 16, 32 … 128, then four to each doubling. */
const SMALLEST_BYTES = 8;
const QUANTUM_BYTES = 16;
const CLASSES_A_DOUBLING = 4;

/** Bytes that `MEMORY USAGE` tells for a key of that length with a value of that length. */
export function redisUsage(keyBytes: number, valueBytes: number, isInteger: boolean): number {
  return TABLE_ENTRY_BYTES + stringBytes(keyBytes, keyBytes === 0 ? 1 : 0) + valueUsage(valueBytes, isInteger);
}

function valueUsage(bytes: number, isInteger: boolean): number {
  if (isInteger) return OBJECT_BYTES;
  if (bytes <= EMBEDDED_BYTES_MAX) {
    return allocated(OBJECT_BYTES + EMBEDDED_HEADER_BYTES + bytes + TERMINATOR_BYTES);
  }
  return OBJECT_BYTES + stringBytes(bytes, 1);
}

/** @param leastKind index of the shortest header that may be used. */
function stringBytes(length: number, leastKind: number): number {
  const header = HEADERS.slice(leastKind).find(([lengthBelow]) => length < lengthBelow)?.[1] ?? 0;
  return allocated(header + length + TERMINATOR_BYTES);
}

function allocated(bytes: number): number {
  if (bytes <= SMALLEST_BYTES) return SMALLEST_BYTES;
  const doubling = 2 ** Math.ceil(Math.log2(bytes));
  const step = Math.max(QUANTUM_BYTES, doubling / 2 / CLASSES_A_DOUBLING);
  return Math.ceil(bytes / step) * step;
}
