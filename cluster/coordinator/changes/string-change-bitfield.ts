/**
 * `BITFIELD`: a string as an array of bits (bit 0 is the highest of the first byte) with integers of 1 to 64 bits at any
 * offset, the highest bit first. Pure.
 *
 * ```
 *   steps:   count u32, each: kind u8 | signed u8 | bits u8 | overflow u8 | offset u64 | value, 8 bytes
 *   answer:  each result: u8 0 (nothing was done), or u8 1 and 8 bytes
 * ```
 */
import { type FieldReader, type FieldWriter, MalformedFields } from '../../wire/byte-fields.js';

/** An integer within a string. */
export interface BitField {
  readonly signed: boolean;
  /** 1 to 64, unsigned 1 to 63. */
  readonly bits: number;
  /** In bits. */
  readonly offset: number;
}

export interface BitfieldStep extends BitField {
  readonly kind: 'get' | 'set' | 'incrby';
  /** To set, or to add; 64 bits, signed. */
  readonly value: bigint;
  /** What is done where the field can't hold the result. */
  readonly overflow: 'wrap' | 'sat' | 'fail';
}

// Both go over the wire: append-only.
const KINDS = ['get', 'set', 'incrby'] as const;
const OVERFLOWS = ['wrap', 'sat', 'fail'] as const;
const BITS_MAX = 64;
const NOTHING = Buffer.alloc(0);

/** The integer there; what lies beyond the end of the value is 0. */
export function readField(value: Buffer, { signed, bits, offset }: BitField): bigint {
  const last = offset + bits - 1;
  let read = 0n;
  for (let at = Math.floor(offset / 8); at <= Math.floor(last / 8); at++) {
    read = (read << 8n) | BigInt(value[at] ?? 0);
  }
  const aligned = read >> BigInt(7 - (last % 8));
  return signed ? BigInt.asIntN(bits, aligned) : BigInt.asUintN(bits, aligned);
}

/** Writes the lowest bits of `integer` where the value has room for them. */
function writeField(value: Buffer, { bits, offset }: BitField, integer: bigint): void {
  const last = offset + bits - 1;
  const shift = BigInt(7 - (last % 8));
  let rest = BigInt.asUintN(bits, integer) << shift;
  let mask = BigInt.asUintN(bits, -1n) << shift;
  for (let at = Math.floor(last / 8); at >= Math.floor(offset / 8); at--) {
    const kept = (value[at] ?? 0) & ~Number(mask & 0xffn);
    value[at] = kept | Number(rest & 0xffn);
    rest >>= 8n;
    mask >>= 8n;
  }
}

/**
 * Runs the steps on the value (undefined: there is none), which is first made as long as the furthest of those that write
 * needs it. `written` undefined: the value stays as it is.
 */
export function applyBitfield(
  value: Buffer | undefined,
  steps: readonly BitfieldStep[],
): { written: Buffer | undefined; answer: Buffer } {
  const needed = bytesNeeded(steps);
  const after = Buffer.alloc(Math.max(value?.length ?? 0, needed));
  value?.copy(after);
  const results = steps.map((step) => run(after, step));
  const isChanged = !after.equals(value ?? NOTHING);
  return { written: isChanged ? after : undefined, answer: encodeAnswer(results) };
}

/** How long a string must be for the steps that write, in bytes; 0: none does. */
export function bytesNeeded(steps: readonly BitfieldStep[]): number {
  let bytes = 0;
  for (const { kind, offset, bits } of steps) {
    if (kind !== 'get') bytes = Math.max(bytes, Math.floor((offset + bits - 1) / 8) + 1);
  }
  return bytes;
}

/** What the step answers; undefined: the field could not hold the result, and stays as it is. */
function run(bytes: Buffer, step: BitfieldStep): bigint | undefined {
  const before = readField(bytes, step);
  if (step.kind === 'get') return before;
  const given = step.signed ? step.value : BigInt.asUintN(64, step.value);
  const after = step.kind === 'set' ? fitted(given, 0n, step) : fitted(before, step.value, step);
  if (after === undefined) return undefined;
  writeField(bytes, step, after);
  return step.kind === 'set' ? before : after;
}

/** The sum as the field can hold it; undefined: it can't, and is not to be changed then. */
function fitted(value: bigint, increment: bigint, { signed, bits, overflow }: BitfieldStep): bigint | undefined {
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const min = signed ? -max - 1n : 0n;
  const sum = value + increment;
  // As in Redis: the room above a value that is set is counted in 64 bits, and what is far too low passes for too high.
  const isAbove = sum > max || (signed && bits < BITS_MAX && BigInt.asIntN(64, max - value) < increment);
  if (!isAbove && sum >= min) return sum;
  if (overflow === 'fail') return undefined;
  if (overflow === 'sat') return isAbove ? max : min;
  return signed ? BigInt.asIntN(bits, sum) : BigInt.asUintN(bits, sum);
}

export function encodeBitfield(writer: FieldWriter, steps: readonly BitfieldStep[]): void {
  writer.u32(steps.length);
  for (const { kind, signed, bits, overflow, offset, value } of steps) {
    writer
      .u8(KINDS.indexOf(kind))
      .u8(signed ? 1 : 0)
      .u8(bits)
      .u8(OVERFLOWS.indexOf(overflow))
      .u64(offset)
      .raw(int64Bytes(value));
  }
}

/** Throws `MalformedFields`. */
export function decodeBitfield(reader: FieldReader): BitfieldStep[] {
  const steps: BitfieldStep[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const kind = KINDS[reader.u8()];
    const signed = reader.u8() === 1;
    const bits = reader.u8();
    const overflow = OVERFLOWS[reader.u8()];
    if (kind === undefined || overflow === undefined || bits < 1 || bits > BITS_MAX) {
      throw new MalformedFields('a step of a bit field is not known');
    }
    steps.push({ kind, signed, bits, overflow, offset: reader.u64(), value: reader.raw(8).readBigInt64LE() });
  }
  return steps;
}

function encodeAnswer(results: readonly (bigint | undefined)[]): Buffer {
  return Buffer.concat(
    results.map((result) => (result === undefined ? Buffer.of(0) : Buffer.concat([Buffer.of(1), int64Bytes(result)]))),
  );
}

/** What each step answered; undefined: its field could not hold the result. */
export function decodeBitfieldAnswer(answer: Buffer): (bigint | undefined)[] {
  const results: (bigint | undefined)[] = [];
  for (let at = 0; at < answer.length; ) {
    const isDone = answer[at] === 1;
    results.push(isDone ? answer.readBigInt64LE(at + 1) : undefined);
    at += isDone ? 9 : 1;
  }
  return results;
}

function int64Bytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}
