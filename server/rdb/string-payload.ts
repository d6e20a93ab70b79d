/**
 * A string as `DUMP` of Redis 7.0 gives it and `RESTORE` takes it: a value as in an RDB file, and a footer.
 *
 * ```
 *   type u8: 0, a string | string | RDB version u16: 10 | CRC-64 of all before it, u64          little-endian but for lengths
 *
 *   string:   00LLLLLL | bytes                                      L bytes
 *             01LLLLLL LLLLLLLL | bytes                             big-endian
 *             10000000 | L u32 | bytes        10000001 | L u64 | bytes
 *             11000000 | i8      11000001 | i16      11000010 | i32      its decimal digits
 *             11000011 | length of the compressed | length | compressed (lzf.ts)
 * ```
 */
import { parseInteger } from '../../cluster/version/decimal.js';
import { STEP_BYTES_COSTLY } from '../turns/limits.js';
import { wholly } from '../turns/wholly.js';
import { Crc64, crc64 } from './crc64.js';
import { LzfCompression, lzfDecompress } from './lzf.js';

const RDB_VERSION = 10;
const TYPE_STRING = 0;
const VERSION_BYTES = 2;
const CRC_BYTES = 8;
const FOOTER_BYTES = VERSION_BYTES + CRC_BYTES;

const LENGTH_6_MAX = 0x3f;
const LENGTH_14_MAX = 0x3fff;
const LENGTH_14 = 0x40;
const LENGTH_32 = 0x80;
const LENGTH_64 = 0x81;
const INT_8 = 0xc0;
const INT_16 = 0xc1;
const INT_32 = 0xc2;
const LZF = 0xc3;

/** Shorter strings are not worth it, longer ones take too long; and as few bytes must be saved. */
const COMPRESSED_FROM_BYTES = 21;
const COMPRESSED_BYTES_MAX = 1024 * 1024;
const SAVED_BYTES_MIN = 4;
/** Bytes of which the checksum is worked out between two turns. */
const CHECKED_BYTES = 8 * STEP_BYTES_COSTLY;

export function dumpString(value: Buffer): Buffer {
  return wholly(dumping(value));
}

/** The same, a bit between one `yield` and the next: the costliest of a MiB takes some ten milliseconds. */
export function* dumping(value: Buffer): Generator<void, Buffer> {
  const compressed = yield* compressing(value);
  const body = Buffer.concat([Buffer.of(TYPE_STRING), ...encoded(value, compressed), Buffer.of(RDB_VERSION, 0)]);
  const crc = new Crc64();
  for (let at = 0; at < body.length; at += CHECKED_BYTES) {
    if (at > 0) yield;
    crc.add(body, at, Math.min(body.length, at + CHECKED_BYTES));
  }
  return Buffer.concat([body, crc.bytes()]);
}

function* compressing(value: Buffer): Generator<void, Buffer | undefined> {
  if (value.length < COMPRESSED_FROM_BYTES || value.length > COMPRESSED_BYTES_MAX) return undefined;
  const compression = new LzfCompression(value, value.length - SAVED_BYTES_MIN);
  while (compression.step(STEP_BYTES_COSTLY)) yield;
  return compression.result();
}

/** Why a payload can't be restored: its footer is wrong, it holds no such string, or one longer than may be kept. */
export type PayloadFault = 'footer' | 'data' | 'too long';

/** The string of a payload, if it has `bytesMax` bytes at most. */
export function restoredString(payload: Buffer, bytesMax: number): Buffer | PayloadFault {
  const end = payload.length - FOOTER_BYTES;
  if (end < 0 || payload.readUInt16LE(end) > RDB_VERSION) return 'footer';
  if (!crc64(payload, end + VERSION_BYTES).equals(payload.subarray(end + VERSION_BYTES))) return 'footer';
  const reader = new Reader(payload.subarray(0, end));
  return reader.byte() === TYPE_STRING ? decoded(reader, bytesMax) : 'data';
}

function encoded(value: Buffer, compressed: Buffer | undefined): Buffer[] {
  const integer = encodedInteger(value);
  if (integer !== undefined) return [integer];
  if (compressed !== undefined) {
    return [Buffer.of(LZF), lengthOf(compressed.length), lengthOf(value.length), compressed];
  }
  return [lengthOf(value.length), value];
}

function encodedInteger(value: Buffer): Buffer | undefined {
  const parsed = parseInteger(value);
  if (parsed === undefined || BigInt.asIntN(32, parsed) !== parsed) return undefined;
  const number = Number(parsed);
  const bytes = Buffer.alloc(5);
  if (number === (number << 24) >> 24) {
    bytes[0] = INT_8;
    return bytes.subarray(0, bytes.writeInt8(number, 1));
  }
  if (number === (number << 16) >> 16) {
    bytes[0] = INT_16;
    return bytes.subarray(0, bytes.writeInt16LE(number, 1));
  }
  bytes[0] = INT_32;
  return bytes.subarray(0, bytes.writeInt32LE(number, 1));
}

function lengthOf(length: number): Buffer {
  if (length <= LENGTH_6_MAX) return Buffer.of(length);
  if (length <= LENGTH_14_MAX) return Buffer.of(LENGTH_14 | (length >> 8), length & 0xff);
  const bytes = Buffer.alloc(5);
  bytes[0] = LENGTH_32;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function decoded(reader: Reader, bytesMax: number): Buffer | PayloadFault {
  const first = reader.byte();
  switch (first) {
    case undefined:
      return 'data';
    case INT_8:
      return digits(reader.take(1)?.readInt8());
    case INT_16:
      return digits(reader.take(2)?.readInt16LE());
    case INT_32:
      return digits(reader.take(4)?.readInt32LE());
    case LZF: {
      const compressedLength = length(reader, reader.byte());
      const wholeLength = length(reader, reader.byte());
      if (wholeLength !== undefined && wholeLength > bytesMax) return 'too long';
      const compressed = compressedLength === undefined ? undefined : reader.take(compressedLength);
      return (compressed && wholeLength !== undefined && lzfDecompress(compressed, wholeLength)) || 'data';
    }
  }
  const count = length(reader, first);
  const bytes = count === undefined ? undefined : reader.take(count);
  if (bytes === undefined) return 'data';
  return bytes.length > bytesMax ? 'too long' : bytes;
}

function length(reader: Reader, first: number | undefined): number | undefined {
  if (first === undefined || first <= LENGTH_6_MAX) return first;
  if (first === LENGTH_32) return reader.take(4)?.readUInt32BE();
  if (first === LENGTH_64) return Number(reader.take(8)?.readBigUInt64BE());
  const second = first <= (LENGTH_14 | LENGTH_6_MAX) ? reader.byte() : undefined;
  return second === undefined ? undefined : ((first & LENGTH_6_MAX) << 8) | second;
}

function digits(integer: number | undefined): Buffer | PayloadFault {
  return integer === undefined ? 'data' : Buffer.from(`${integer}`, 'latin1');
}

/** Gives bytes one after the other; undefined where there are no more. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number | undefined {
    return this.#bytes[this.#at++];
  }

  take(count: number): Buffer | undefined {
    const end = this.#at + count;
    if (!(end <= this.#bytes.length)) return undefined;
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
