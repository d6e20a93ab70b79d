/** HOT PATH: every byte of a request's headers passes here; bodies are stepped over. */
import { LONG_REQUEST_ARGUMENTS } from '../turns/limits.js';
import type { RequestLimits } from './limits.js';
import {
  ARGUMENTS_MAX,
  LINE_BYTES_MAX,
  LONG_ARGUMENT_BYTES,
  STRANGER_ARGUMENTS_MAX,
  STRANGER_BULK_BYTES_MAX,
} from './limits.js';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const DOLLAR = 36;
const STAR = 42;
const MINUS = 45;
const DIGIT_0 = 48;

/** What `next` gives when the chunk ended before the request did, or when the request broke the protocol. */
export const INCOMPLETE = -1;
export const BROKEN = -2;
/** What it gives at `bodyAt`, behind the header of an argument of more than LONG_ARGUMENT_BYTES; it may be called again for the rest. */
export const LONG_BODY = -3;

// What comes next in the stream:
//
//   START ── '*' ─▶ COUNT ─ \r ─▶ COUNT_END ─ n ≤ 0 ─▶ empty request
//     │                               └─ n > 0 ─▶ MARK ◀──────────────────────┐ n more
//     │                                            └─▶ LENGTH ─ \r ─▶ LENGTH_END ─▶ BODY ─ none more ─▶ request
//     └─ anything else ─▶ INLINE ─ \n ─▶ inline request
//
// As in Redis the byte behind a header's \r, and the two behind a body, are stepped over without a look.
const START = 0;
const COUNT = 1;
const COUNT_END = 2;
const MARK = 3;
const LENGTH = 4;
const LENGTH_END = 5;
const BODY = 6;
const INLINE = 7;

// How far the number of a header line has come: nothing, only a minus, a lone 0, more digits, not a number.
const NUMBER_EMPTY = 0;
const NUMBER_MINUS = 1;
const NUMBER_ZERO = 2;
const NUMBER_DIGITS = 3;
const NUMBER_BAD = 4;
const INT64_MAX = 2 ** 63;

/** Which kind of request `next` has found the end of. */
export const MULTIBULK = 0;
export const INLINE_REQUEST = 1;
/** Asks for nothing and is not answered: `*0` or a negative count. */
export const EMPTY = 2;
/** As MULTIBULK, of more than LONG_REQUEST_ARGUMENTS. */
export const LONG_MULTIBULK = 3;

/**
 * Finds where requests end, without keeping any of their bytes: reads the headers as they arrive, in pieces of any
 * size, and checks them against the limits. The answers do not depend on how the stream was cut.
 */
export class RequestFramer {
  kind: typeof MULTIBULK | typeof INLINE_REQUEST | typeof EMPTY | typeof LONG_MULTIBULK = MULTIBULK;
  /** Arguments of the last request that was no inline request and not EMPTY. */
  bulks = 0;
  /** Why `next` said BROKEN, in Redis's words without `ERR `; one char a byte. */
  fault = '';

  /** Of the argument at LONG_BODY: its bytes, its place in the request, and where in the chunk its header and its body begin. */
  bodyBytes = 0;
  bodyIndex = 0;
  headerAt = INCOMPLETE;
  bodyAt = 0;

  private state = START;
  private bulksLeft = 0;
  private bodyLeft = 0;
  private lineBytes = 0;
  private mark = 0;
  private number = 0;
  private negative = false;
  private numberForm = NUMBER_EMPTY;

  /** @param isStranger whether the client has yet to log in. */
  constructor(
    private readonly limits: RequestLimits,
    private readonly isStranger: () => boolean,
  ) {}

  /** The body at LONG_BODY is left out of what comes next, but for the two bytes behind it. */
  leaveOutBody(): void {
    this.bodyLeft = 2;
  }

  /** Reads on at `from`. Gives the offset behind the request that ends first, or INCOMPLETE, or LONG_BODY, or (for good) BROKEN. */
  next(chunk: Buffer, from: number): number {
    const end = chunk.length;
    // A header may have begun in an earlier chunk.
    this.headerAt = INCOMPLETE;
    let at = from;
    while (at < end) {
      switch (this.state) {
        case START:
          if (chunk[at] === STAR) {
            this.beginLine(COUNT);
            at++;
          } else {
            this.lineBytes = 0;
            this.state = INLINE;
          }
          break;
        case MARK: {
          const byte = chunk[at] ?? 0;
          this.beginLine(LENGTH);
          this.headerAt = at;
          this.mark = byte;
          if (byte === CARRIAGE_RETURN) this.lineBytes = 0;
          else at++;
          break;
        }
        case COUNT:
        case LENGTH: {
          at = this.readNumber(chunk, at);
          const isCount = this.state === COUNT;
          if (this.lineBytes > LINE_BYTES_MAX) {
            return this.broken(isCount ? 'too big mbulk count string' : 'too big bulk count string');
          }
          if (at < end) {
            at++;
            this.state = isCount ? COUNT_END : LENGTH_END;
          }
          break;
        }
        case COUNT_END: {
          at++;
          if (!this.isNumber() || (!this.negative && this.number > ARGUMENTS_MAX)) {
            return this.broken('invalid multibulk length');
          }
          if (this.number > STRANGER_ARGUMENTS_MAX && !this.negative && this.isStranger()) {
            return this.broken('unauthenticated multibulk length');
          }
          if (this.negative || this.number === 0) {
            this.state = START;
            this.kind = EMPTY;
            return at;
          }
          this.bulks = this.number;
          this.bulksLeft = this.number;
          this.state = MARK;
          break;
        }
        case LENGTH_END:
          at++;
          if (this.mark !== DOLLAR) return this.broken(`expected '$', got '${String.fromCharCode(this.mark)}'`);
          if (!this.isNumber() || this.negative || this.number > this.limits.bulkBytesMax) {
            return this.broken('invalid bulk length');
          }
          if (this.number > STRANGER_BULK_BYTES_MAX && this.isStranger()) {
            return this.broken('unauthenticated bulk length');
          }
          this.bodyLeft = this.number + 2;
          this.state = BODY;
          if (this.number > LONG_ARGUMENT_BYTES) {
            this.bodyBytes = this.number;
            this.bodyIndex = this.bulks - this.bulksLeft;
            this.bodyAt = at;
            return LONG_BODY;
          }
          break;
        case BODY: {
          const left = end - at;
          if (left < this.bodyLeft) {
            this.bodyLeft -= left;
            return INCOMPLETE;
          }
          at += this.bodyLeft;
          if (--this.bulksLeft === 0) {
            this.state = START;
            this.kind = this.bulks > LONG_REQUEST_ARGUMENTS ? LONG_MULTIBULK : MULTIBULK;
            return at;
          }
          this.state = MARK;
          break;
        }
        default: {
          const newline = chunk.indexOf(NEWLINE, at);
          this.lineBytes += (newline < 0 ? end : newline) - at;
          if (this.lineBytes > LINE_BYTES_MAX) return this.broken('too big inline request');
          if (newline < 0) return INCOMPLETE;
          this.state = START;
          this.kind = INLINE_REQUEST;
          return newline + 1;
        }
      }
    }
    return INCOMPLETE;
  }

  private beginLine(state: typeof COUNT | typeof LENGTH): void {
    this.state = state;
    this.lineBytes = 1;
    this.number = 0;
    this.negative = false;
    this.numberForm = NUMBER_EMPTY;
  }

  /** Takes in a number up to its \r or the chunk's end, and gives that offset. Strict as Redis: no +, no leading 0. */
  private readNumber(chunk: Buffer, from: number): number {
    let { number, numberForm: form } = this;
    let at = from;
    for (; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === CARRIAGE_RETURN) break;
      const digit = byte - DIGIT_0;
      if (digit >= 0 && digit <= 9) {
        if (form === NUMBER_DIGITS) number = number * 10 + digit;
        else if (form === NUMBER_EMPTY || (form === NUMBER_MINUS && digit !== 0)) {
          form = digit === 0 ? NUMBER_ZERO : NUMBER_DIGITS;
          number = digit;
        } else form = NUMBER_BAD;
      } else if (byte === MINUS && form === NUMBER_EMPTY) {
        this.negative = true;
        form = NUMBER_MINUS;
      } else form = NUMBER_BAD;
    }
    this.lineBytes += at - from;
    this.number = number;
    this.numberForm = form;
    return at;
  }

  private isNumber(): boolean {
    return (this.numberForm === NUMBER_DIGITS || this.numberForm === NUMBER_ZERO) && this.number <= INT64_MAX;
  }

  private broken(fault: string): typeof BROKEN {
    this.fault = `Protocol error: ${fault}`;
    return BROKEN;
  }
}
