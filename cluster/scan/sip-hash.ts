/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that is quick for short inputs. Of its 64 bits the low 48 are
 * given, which a number holds exactly.
 */
const WORD_BYTES = 8;
const TWO_TO_32 = 2 ** 32;
const HIGH_MASK = 0xffff;
const COMPRESSION_ROUNDS = 2;
const FINAL_ROUNDS = 4;

/** The state v0 to v3, each its low word, then its high word. Only good within a call. */
const state = new Int32Array(8);
const V0 = 0;
const V1 = 2;
const V2 = 4;
const V3 = 6;

/** The low 48 bits of the hash of a binary string under a key of 16 bytes. */
export function sipHash48(key: Buffer, text: string): number {
  const [k0, k0High, k1, k1High] = [key.readInt32LE(0), key.readInt32LE(4), key.readInt32LE(8), key.readInt32LE(12)];
  state[V0] = k0 ^ 0x70736575;
  state[V0 + 1] = k0High ^ 0x736f6d65;
  state[V1] = k1 ^ 0x6e646f6d;
  state[V1 + 1] = k1High ^ 0x646f7261;
  state[V2] = k0 ^ 0x6e657261;
  state[V2 + 1] = k0High ^ 0x6c796765;
  state[V3] = k1 ^ 0x79746573;
  state[V3 + 1] = k1High ^ 0x74656462;
  const { length } = text;
  const wholeEnd = length - (length % WORD_BYTES);
  for (let at = 0; at < wholeEnd; at += WORD_BYTES) absorb(word(text, at), word(text, at + 4));
  // The last word is what is left, and the length in its highest byte.
  absorb(word(text, wholeEnd), word(text, wholeEnd + 4) | (length << 24));
  state[V2] ^= 0xff;
  for (let i = 0; i < FINAL_ROUNDS; i++) round();
  const low = state[V0] ^ state[V1] ^ state[V2] ^ state[V3];
  const high = state[V0 + 1] ^ state[V1 + 1] ^ state[V2 + 1] ^ state[V3 + 1];
  return (high & HIGH_MASK) * TWO_TO_32 + (low >>> 0);
}

/** Four bytes from `at` on, zeros behind the end. */
function word(text: string, at: number): number {
  let value = 0;
  for (let i = Math.min(text.length, at + 4) - 1; i >= at; i--) value = (value << 8) | text.charCodeAt(i);
  return value;
}

function absorb(low: number, high: number): void {
  state[V3] ^= low;
  state[V3 + 1] ^= high;
  for (let i = 0; i < COMPRESSION_ROUNDS; i++) round();
  state[V0] ^= low;
  state[V0 + 1] ^= high;
}

function round(): void {
  add(V0, V1);
  add(V2, V3);
  rotate(V1, 13);
  rotate(V3, 16);
  mix(V1, V0);
  mix(V3, V2);
  rotate(V0, 32);
  add(V2, V1);
  add(V0, V3);
  rotate(V1, 17);
  rotate(V3, 21);
  mix(V1, V2);
  mix(V3, V0);
  rotate(V2, 32);
}

function add(to: number, by: number): void {
  const low = (state[to] >>> 0) + (state[by] >>> 0);
  state[to + 1] += state[by + 1] + (low >= TWO_TO_32 ? 1 : 0);
  state[to] = low;
}

function mix(to: number, by: number): void {
  state[to] ^= state[by];
  state[to + 1] ^= state[by + 1];
}

/** To the left, by up to 32 bits. */
function rotate(at: number, bits: number): void {
  const low = state[at];
  const high = state[at + 1];
  state[at] = bits === 32 ? high : (low << bits) | (high >>> (32 - bits));
  state[at + 1] = bits === 32 ? low : (high << bits) | (low >>> (32 - bits));
}
