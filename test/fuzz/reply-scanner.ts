const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const DIGIT_0 = 48;
const MINUS = 45;
const LINE_TYPES = new Set([...'+-:_,#('].map((letter) => letter.charCodeAt(0)));
const BULK_TYPES = new Set([...'$=!'].map((letter) => letter.charCodeAt(0)));
const LIST_TYPES = new Set([...'*~>'].map((letter) => letter.charCodeAt(0)));
const MAP_TYPE = '%'.charCodeAt(0);
const ERROR_TYPE = '-'.charCodeAt(0);
const ERROR_BYTES_KEPT = 200;

/**
 * Counts the replies in a stream of RESP2 and RESP3, however it is cut, without keeping them. Throws where the bytes are no
 * replies: whatever a client sends, what it gets must be well formed.
 */
export class ReplyScanner {
  /** Whole replies. */
  replies = 0;
  /** The last error among them, its beginning only. */
  lastError = '';
  /** What the replies that are not whole still lack, from the outermost to the innermost, in values. */
  private readonly missing: number[] = [];
  private type = 0;
  private number = 0;
  private isNegative = false;
  private hasDigits = false;
  private line = '';
  /** Bytes of a bulk string and its end of line that are still to come. */
  private bulkLeft = 0;
  private isInLine = false;

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.bulkLeft > 0) {
        const taken = Math.min(this.bulkLeft, chunk.length - at);
        this.bulkLeft -= taken;
        at += taken;
        if (this.bulkLeft === 0) this.valueEnded();
      } else if (this.isInLine) {
        at = this.readLine(chunk, at);
      } else {
        this.begin(chunk[at++] ?? 0);
      }
    }
  }

  private begin(type: number): void {
    if (!LINE_TYPES.has(type) && !BULK_TYPES.has(type) && !LIST_TYPES.has(type) && type !== MAP_TYPE) {
      throw new Error(`a reply begins with byte ${type} after ${this.replies} replies (last error: ${this.lastError})`);
    }
    this.type = type;
    this.isInLine = true;
    this.number = 0;
    this.isNegative = false;
    this.hasDigits = false;
    this.line = '';
  }

  private readLine(chunk: Buffer, from: number): number {
    const newline = chunk.indexOf(NEWLINE, from);
    const end = newline < 0 ? chunk.length : newline;
    if (LINE_TYPES.has(this.type)) {
      if (this.type === ERROR_TYPE && this.line.length < ERROR_BYTES_KEPT) {
        this.line += chunk.toString('latin1', from, Math.min(end, from + ERROR_BYTES_KEPT));
      }
    } else {
      for (let at = from; at < end; at++) this.readDigit(chunk[at] ?? 0);
    }
    if (newline < 0) return end;
    this.isInLine = false;
    this.lineEnded();
    return newline + 1;
  }

  private readDigit(byte: number): void {
    if (byte === CARRIAGE_RETURN) return;
    if (byte === MINUS && !this.hasDigits) {
      this.isNegative = true;
      return;
    }
    const digit = byte - DIGIT_0;
    if (digit < 0 || digit > 9) throw new Error(`a length in a reply has byte ${byte}`);
    this.hasDigits = true;
    this.number = this.number * 10 + digit;
  }

  private lineEnded(): void {
    if (this.type === ERROR_TYPE) this.lastError = this.line.trimEnd();
    const isLine = LINE_TYPES.has(this.type);
    if (!isLine && !this.hasDigits) throw new Error('a reply is without its length');
    const count = this.type === MAP_TYPE ? this.number * 2 : this.number;
    if (!isLine && !this.isNegative && BULK_TYPES.has(this.type)) this.bulkLeft = this.number + 2;
    else if (isLine || this.isNegative || count === 0) this.valueEnded();
    else this.missing.push(count);
  }

  private valueEnded(): void {
    while (this.missing.length > 0) {
      const left = (this.missing.pop() ?? 0) - 1;
      if (left > 0) {
        this.missing.push(left);
        return;
      }
    }
    this.replies++;
  }
}
