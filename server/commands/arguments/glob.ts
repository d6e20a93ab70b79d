const CHARS = 256;

/**
 * What one character of a text must be: 1 at the codes of those that fit; `ANY_NUMBER` stands for `*`. Tables, as one step is
 * then a few loads: a long pattern and a long key make a milliard of them.
 */
type Token = Uint8Array;

const ANY_NUMBER: Token = new Uint8Array(CHARS);
/** Behind the last token. */
const NO_ONE: Token = new Uint8Array(CHARS);
const ANY_ONE = new Uint8Array(CHARS).fill(1);
const LITERALS = Array.from({ length: CHARS }, (_, code) => oneOf((other) => other === code));

function oneOf(fits: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: CHARS }, (_, code) => (fits(code) ? 1 : 0));
}

/**
 * Compiles a pattern as in Redis: `*` any characters, `?` one, `[a-c]` and `[^a-c]` one of some, `\` takes the next
 * character as it is. The result matches whole texts, in any letter case, in at most text × pattern steps.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = parse(pattern.toLowerCase());
  return (text) => matches(tokens, text.toLowerCase());
}

/**
 * The same for keys and channels, of which letters count as they are. Binary strings. The empty key is matched by `*` and by
 * the empty pattern alone, as in Redis.
 */
export function compileKeyGlob(pattern: string): (text: string) => boolean {
  const tokens = parse(pattern);
  const takesEmpty = pattern === '' || pattern === '*';
  return (text) => (text === '' ? takesEmpty : matches(tokens, text));
}

/** The same, but a letter matches only itself: how keys are compared with patterns. */
export function compileExactGlob(pattern: string): (text: string) => boolean {
  const tokens = parse(pattern);
  return (text) => matches(tokens, text);
}

function parse(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '*') {
      if (tokens[tokens.length - 1] !== ANY_NUMBER) tokens.push(ANY_NUMBER);
    } else if (char === '?') {
      tokens.push(ANY_ONE);
    } else if (char === '[') {
      const { token, end } = characterClass(pattern, at + 1);
      tokens.push(token);
      at = end;
    } else {
      if (char === '\\' && at + 1 < pattern.length) at++;
      tokens.push(LITERALS[pattern.charCodeAt(at)] ?? NO_ONE);
    }
  }
  return tokens;
}

/** The class that begins at `start`, and where its `]` is; one that is not ended goes on to the end of the pattern. */
function characterClass(pattern: string, start: number): { token: Token; end: number } {
  const isNegated = pattern.charAt(start) === '^';
  const ranges: [number, number][] = [];
  let at = isNegated ? start + 1 : start;
  for (; at < pattern.length; at++) {
    const isEscape = pattern.charAt(at) === '\\' && at + 1 < pattern.length;
    if (!isEscape && pattern.charAt(at) === ']') break;
    if (isEscape) at++;
    const from = signedAt(pattern, at);
    let to = from;
    // What follows the `-` is the end of a range, also where it is a `]`.
    if (!isEscape && pattern.charAt(at + 1) === '-' && at + 2 < pattern.length) {
      at += 2;
      to = signedAt(pattern, at);
    }
    ranges.push(from <= to ? [from, to] : [to, from]);
  }
  const token = oneOf((code) => {
    const value = signed(code);
    return ranges.some(([from, to]) => value >= from && value <= to) !== isNegated;
  });
  return { token, end: at };
}

/** Bytes are compared as C compares `char`s: those from 128 on come before the others. */
function signedAt(text: string, at: number): number {
  return signed(text.charCodeAt(at));
}

function signed(code: number): number {
  return (code << 24) >> 24;
}

/** On a mismatch only the last `*` needs to take one character more: what an earlier one took can stay. */
function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < text.length) {
    const current = token < tokens.length ? tokens[token] : NO_ONE;
    if (current === ANY_NUMBER) {
      starToken = token++;
      starAt = at;
    } else if (current !== undefined && current[text.charCodeAt(at)] === 1) {
      token++;
      at++;
    } else if (starToken >= 0) {
      token = starToken + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === ANY_NUMBER) token++;
  return token === tokens.length;
}
