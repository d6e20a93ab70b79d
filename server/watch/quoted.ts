const QUOTE = 34;
const BACKSLASH = 92;
const FIRST_PRINTABLE = 32;
const LAST_PRINTABLE = 126;
const NAMED: ReadonlyMap<number, string> = new Map([
  [QUOTE, '\\"'],
  [BACKSLASH, '\\\\'],
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [13, '\\r'],
]);

/** Bytes in double quotes, as Redis and its tools write and read them: printable ASCII, the rest as `\n` or `\xff`. */
export function quoted(bytes: Uint8Array): string {
  let text = '"';
  for (const byte of bytes) {
    const named = NAMED.get(byte);
    if (named !== undefined) text += named;
    else if (byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `${text}"`;
}
