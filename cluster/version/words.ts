/**
 * HOT PATH. Little-endian words at any offset of a Buffer. Node's own accessors check the type and range of their argument
 * on every call; these leave it at the bounds of the array, and callers stay inside what `objectFault` has checked.
 */
const TWO_TO_32 = 2 ** 32;

/** The four bytes at `at` as a signed integer: for comparing them, whatever they mean. */
export function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return readWord(bytes, at) >>> 0;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Exact up to 2^53 - 1. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * TWO_TO_32;
}

/** `value` is a safe integer, not negative. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_32);
  writeU32(bytes, at, value - high * TWO_TO_32);
  writeU32(bytes, at + 4, high);
}

/** Copies a short run; for up to some dozens of bytes this is faster than `copy` or `set`, which make a view first. */
export function copyShort(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, count: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[fromAt + i];
}
