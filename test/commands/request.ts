/** Requests as the case tables write them: words between single blanks, `"…"` around what is empty or unusual. */

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '"': '"', '\\': '\\' };
const WORD = /"((?:[^"\\]|\\x[0-9a-fA-F]{2}|\\.)*)"|([^\s"]+)/y;

/** `SET "a b" "\x00"` as arguments, one char a byte in the text. */
export function wordsOf(line: string): Buffer[] {
  const words: Buffer[] = [];
  let at = 0;
  while (at < line.length) {
    if (line[at] === ' ') {
      at++;
      continue;
    }
    WORD.lastIndex = at;
    const found = WORD.exec(line);
    if (found === null) throw new Error(`not a line of words: ${line}`);
    words.push(Buffer.from(found[2] ?? unescaped(found[1] ?? ''), 'latin1'));
    at = WORD.lastIndex;
  }
  return words;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_whole, hex: string | undefined, letter: string) =>
    hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Arguments in RESP, an array of bulk strings. */
export function requestOf(words: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) parts.push(Buffer.from(`$${word.length}\r\n`), word, Buffer.from('\r\n'));
  return Buffer.concat(parts);
}

/** Lines of words as requests one behind the other. */
export function pipelineOf(lines: readonly string[]): Buffer {
  return Buffer.concat(lines.map((line) => requestOf(wordsOf(line))));
}
