/** What one character of a text must be; `any number` stands for `*`. */
type Token = 'any number' | ((char: string) => boolean);

/**
 * Compiles a pattern as in Redis: `*` any characters, `?` one, `[a-c]` and `[^a-c]` one of some, `\` takes the next
 * character as it is. The result matches whole texts, in any letter case, in at most text × pattern steps.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = parse(pattern.toLowerCase());
  return (text) => matches(tokens, text.toLowerCase());
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
      if (tokens[tokens.length - 1] !== 'any number') tokens.push('any number');
    } else if (char === '?') {
      tokens.push(() => true);
    } else if (char === '[') {
      const end = classEnd(pattern, at);
      tokens.push(characterClass(pattern.slice(at + 1, end)));
      at = end;
    } else {
      if (char === '\\' && at + 1 < pattern.length) at++;
      const literal = pattern.charAt(at);
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** Where the `]` is that ends the class at `start`; one that is not ended goes on to the end of the pattern. */
function classEnd(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern.charAt(at) === '\\') at++;
    else if (pattern.charAt(at) === ']') return at;
  }
  return pattern.length;
}

function characterClass(inner: string): Token {
  const isNegated = inner.startsWith('^');
  const members = isNegated ? inner.slice(1) : inner;
  const ranges: [string, string][] = [];
  for (let at = 0; at < members.length; at++) {
    if (members.charAt(at) === '\\' && at + 1 < members.length) at++;
    const from = members.charAt(at);
    let to = from;
    if (members.charAt(at + 1) === '-' && at + 2 < members.length) {
      at += 2;
      to = members.charAt(at);
    }
    ranges.push(from <= to ? [from, to] : [to, from]);
  }
  return (char) => ranges.some(([from, to]) => char >= from && char <= to) !== isNegated;
}

/** On a mismatch only the last `*` needs to take one character more: what an earlier one took can stay. */
function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < text.length) {
    const current = tokens[token];
    if (current === 'any number') {
      starToken = token++;
      starAt = at;
    } else if (current?.(text.charAt(at))) {
      token++;
      at++;
    } else if (starToken >= 0) {
      token = starToken + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === 'any number') token++;
  return token === tokens.length;
}
