/** HOT PATH: short things are written byte by byte, which in V8 is cheaper than a call into the Buffer's own code. */
import { LOOP_BYTES_MAX, ReplyMemory } from './reply-memory.js';

export type RespVersion = 2 | 3;

const CR = 13;
const LF = 10;
const DIGIT_0 = 48;
const ERROR = 45; // -
const SIMPLE = 43; // +
const INTEGER = 58; // :
const BULK = 36; // $
const ARRAY = 42; // *
const MAP = 37; // %
const SET = 126; // ~
const PUSH = 62; // >
const NULL = 95; // _
const DOUBLE = 44; // ,
const BOOLEAN = 35; // #
const ATTRIBUTE = 124; // |
const VERBATIM = 61; // =
const BIG_NUMBER = 40; // (

/** A type byte, up to 16 digits with their sign, and the end of line. */
const HEADER_BYTES_MAX = 20;
const ASCII_MAX = 127;
const INT32_MAX = 0x7fffffff;

/**
 * Replies, appended one behind the other. What RESP2 has no type for is written in RESP2's way while `resp` is 2.
 */
export class ReplyBuffer extends ReplyMemory {
  resp: RespVersion = 2;

  ok(): void {
    const at = this.claim(5);
    const bytes = this.bytes;
    bytes[at] = SIMPLE;
    bytes[at + 1] = 79; // O
    bytes[at + 2] = 75; // K
    bytes[at + 3] = CR;
    bytes[at + 4] = LF;
  }

  /** A status such as `PONG`: one line, which must be free of CR and LF. */
  simple(text: string): void {
    this.line(SIMPLE, text, 'utf8');
  }

  /** `text` begins with its code (`ERR …`). As in Redis, line ends at its end go and others turn into blanks. */
  error(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): void {
    let end = text.length;
    // No regular expression: they look at each of many line ends again and again.
    while (end > 0 && isLineEnd(text.charCodeAt(end - 1))) end--;
    this.line(ERROR, text.slice(0, end).replace(/[\r\n]/g, ' '), encoding);
  }

  integer(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= INT32_MAX) this.header(INTEGER, value);
    else this.line(INTEGER, String(value), 'latin1');
  }

  bulk(value: Uint8Array): void {
    this.reserve(HEADER_BYTES_MAX + value.length + 2);
    this.header(BULK, value.length);
    this.copyIn(value, 0, value.length);
    this.endLine();
  }

  /** `bytes[start .. end)` as a bulk string. */
  bulkSlice(bytes: Buffer, start: number, end: number): void {
    this.reserve(HEADER_BYTES_MAX + end - start + 2);
    this.header(BULK, end - start);
    this.copyIn(bytes, start, end);
    this.endLine();
  }

  /** A bulk string in UTF-8. */
  bulkText(text: string): void {
    const count = Buffer.byteLength(text);
    this.header(BULK, count);
    const at = this.claim(count);
    this.bytes.write(text, at, 'utf8');
    this.endLine();
  }

  nullBulk(): void {
    this.nothing(BULK);
  }

  nullArray(): void {
    this.nothing(ARRAY);
  }

  /** `count` replies must follow. */
  array(count: number): void {
    this.header(ARRAY, count);
  }

  /** `pairs` times a key and a value must follow. */
  map(pairs: number): void {
    if (this.resp === 3) this.header(MAP, pairs);
    else this.header(ARRAY, pairs * 2);
  }

  /** `count` replies must follow, in any order. */
  set(count: number): void {
    this.header(this.resp === 3 ? SET : ARRAY, count);
  }

  /** Out of band in RESP3: `count` replies must follow. */
  push(count: number): void {
    this.header(this.resp === 3 ? PUSH : ARRAY, count);
  }

  /** So many pairs follow that say something of the reply behind them; RESP3 only. */
  attribute(pairs: number): void {
    this.header(ATTRIBUTE, pairs);
  }

  double(value: number): void {
    const text = doubleText(value);
    if (this.resp === 3) this.line(DOUBLE, text, 'latin1');
    else this.bulkText(text);
  }

  boolean(value: boolean): void {
    if (this.resp === 3) this.line(BOOLEAN, value ? 't' : 'f', 'latin1');
    else this.header(INTEGER, value ? 1 : 0);
  }

  /** Text for people; `format` has three letters: `txt` or `mkd`. */
  verbatim(format: 'txt' | 'mkd', text: string): void {
    if (this.resp === 2) {
      this.bulkText(text);
      return;
    }
    const count = Buffer.byteLength(text) + 4;
    this.header(VERBATIM, count);
    const at = this.claim(count);
    this.bytes.write(`${format}:${text}`, at, 'utf8');
    this.endLine();
  }

  bigNumber(value: bigint): void {
    if (this.resp === 3) this.line(BIG_NUMBER, String(value), 'latin1');
    else this.bulkText(String(value));
  }

  /** RESP3 has one null for all. */
  private nothing(type: typeof BULK | typeof ARRAY): void {
    const isResp3 = this.resp === 3;
    const at = this.claim(isResp3 ? 3 : 5);
    const bytes = this.bytes;
    let end = at;
    bytes[end++] = isResp3 ? NULL : type;
    if (!isResp3) {
      bytes[end++] = 45; // -
      bytes[end++] = DIGIT_0 + 1;
    }
    bytes[end++] = CR;
    bytes[end] = LF;
  }

  /** A type, a whole number from 0 up and the end of line. */
  private header(type: number, value: number): void {
    const at = this.reserve(HEADER_BYTES_MAX);
    const bytes = this.bytes;
    bytes[at] = type;
    let end = at + 1;
    if (value < 10) {
      bytes[end++] = DIGIT_0 + value;
    } else if (value <= INT32_MAX) {
      let digits = 1;
      for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
      end += digits;
      let rest = value | 0;
      for (let place = end - 1; place > at; place--) {
        const tenth = (rest / 10) | 0;
        bytes[place] = DIGIT_0 + rest - tenth * 10;
        rest = tenth;
      }
    } else {
      end += bytes.write(String(value), end, 'latin1');
    }
    bytes[end] = CR;
    bytes[end + 1] = LF;
    this.filled = end + 2;
  }

  private line(type: number, text: string, encoding: 'utf8' | 'latin1'): void {
    // No char takes more than three bytes in UTF-8 (a surrogate pair is two chars and four bytes).
    const at = this.reserve(text.length * 3 + 3);
    const bytes = this.bytes;
    bytes[at] = type;
    const end = at + 1 + this.writeText(text, at + 1, encoding);
    bytes[end] = CR;
    bytes[end + 1] = LF;
    this.filled = end + 2;
  }

  /** Writes where room was made; gives the number of bytes. */
  private writeText(text: string, at: number, encoding: 'utf8' | 'latin1'): number {
    const count = text.length;
    const bytes = this.bytes;
    let i = 0;
    if (count <= LOOP_BYTES_MAX) {
      for (; i < count; i++) {
        const char = text.charCodeAt(i);
        if (char > ASCII_MAX) break;
        bytes[at + i] = char;
      }
    }
    return i === count ? count : bytes.write(text, at, encoding);
  }

  private endLine(): void {
    const at = this.claim(2);
    this.bytes[at] = CR;
    this.bytes[at + 1] = LF;
  }
}

function isLineEnd(char: number): boolean {
  return char === CR || char === LF;
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
