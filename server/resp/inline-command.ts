const TAB = 9;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const BACKSLASH = 92;
const LETTER_X = 120;

/** What a letter behind a backslash stands for inside double quotes; any other byte stands for itself. */
const ESCAPES = new Map([
  [110, NEWLINE], // n
  [114, CARRIAGE_RETURN], // r
  [116, TAB], // t
  [98, 8], // b: backspace
  [97, 7], // a: bell
]);

/**
 * Splits `line[start .. end)`, a request in plain text without its end of line, into arguments as Redis does: words
 * between blanks; inside double quotes the escapes \n \r \t \b \a \xHH and \ before any other byte, inside single
 * quotes only \'. A closing quote ends its word and must have a blank or nothing behind it.
 * Gives undefined when quotes do not match up. Unlike in Redis, a NUL byte is an ordinary one.
 */
export function splitInline(line: Buffer, start: number, end: number): Buffer[] | undefined {
  const args: Buffer[] = [];
  // No argument is longer than its text, and all of them together aren't either.
  const bytes = Buffer.allocUnsafe(end - start);
  let filled = 0;
  let at = start;
  for (;;) {
    while (at < end && isBlank(line[at])) at++;
    if (at >= end) return args;
    const first = filled;
    let quote = 0;
    for (; at < end; at++) {
      const byte = line[at] ?? 0;
      if (quote === 0) {
        if (endsWord(byte)) break;
        if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) quote = byte;
        else bytes[filled++] = byte;
      } else if (byte === quote) {
        if (at + 1 < end && !isBlank(line[at + 1])) return undefined;
        quote = 0;
        at++;
        break;
      } else if (byte === BACKSLASH && quote === DOUBLE_QUOTE && at + 1 < end) {
        const hex = at + 3 < end && line[at + 1] === LETTER_X ? hexByte(line[at + 2], line[at + 3]) : -1;
        const escaped = line[at + 1] ?? 0;
        bytes[filled++] = hex >= 0 ? hex : (ESCAPES.get(escaped) ?? escaped);
        at += hex >= 0 ? 3 : 1;
      } else if (byte === BACKSLASH && quote === SINGLE_QUOTE && line[at + 1] === SINGLE_QUOTE && at + 1 < end) {
        bytes[filled++] = SINGLE_QUOTE;
        at++;
      } else {
        bytes[filled++] = byte;
      }
    }
    if (quote !== 0) return undefined;
    args.push(bytes.subarray(first, filled));
  }
}

/** C's isspace(). */
function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || (byte !== undefined && byte >= TAB && byte <= CARRIAGE_RETURN);
}

/** Vertical tab and form feed stand between words, but do not end one: so in Redis. */
function endsWord(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === CARRIAGE_RETURN || byte === TAB;
}

function hexByte(high: number | undefined, low: number | undefined): number {
  const h = hexDigit(high);
  const l = hexDigit(low);
  return h < 0 || l < 0 ? -1 : h * 16 + l;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
