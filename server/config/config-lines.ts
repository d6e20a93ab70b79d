/** One option as it was given, and where. */
export interface GivenOption {
  readonly name: string;
  readonly words: readonly string[];
  /** For messages: `cart.conf line 3`, `--port`, `CARTWHEEL_PORT`. */
  readonly source: string;
}

/** A configuration that can't be used; the message is meant for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['a', '\x07'],
]);

/** Reads the text of a file in the form of redis.conf: `name value …` a line, `#` begins a comment line. Throws ConfigError. */
export function readConfigLines(content: string, fileName: string): GivenOption[] {
  const given: GivenOption[] = [];
  let lineNumber = 0;
  for (const raw of content.split('\n')) {
    lineNumber++;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const source = `${fileName} line ${lineNumber}`;
    const [name, ...words] = splitWords(line, source);
    if (name !== undefined) given.push({ name: name.toLowerCase(), words, source });
  }
  return given;
}

/**
 * Splits a line into words as Redis does: "double" quotes with backslash escapes, 'single' quotes with \' only, and a
 * closing quote must be followed by a space or the end. Throws ConfigError that names `source`.
 */
export function splitWords(line: string, source: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (isSpace(line.charAt(at))) {
      at++;
      continue;
    }
    const quote = line.charAt(at);
    const end = quote === '"' || quote === "'" ? quotedEnd(line, at, source) : wordEnd(line, at);
    words.push(quote === '"' || quote === "'" ? unquote(line.slice(at + 1, end - 1), quote) : line.slice(at, end));
    at = end;
  }
  return words;
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r';
}

function wordEnd(line: string, start: number): number {
  let at = start;
  while (at < line.length && !isSpace(line.charAt(at))) at++;
  return at;
}

function quotedEnd(line: string, start: number, source: string): number {
  const quote = line.charAt(start);
  let at = start + 1;
  while (at < line.length && line.charAt(at) !== quote) at += line.charAt(at) === '\\' ? 2 : 1;
  const end = at + 1;
  if (at >= line.length || (end < line.length && !isSpace(line.charAt(end)))) {
    throw new ConfigError(`unbalanced quotes (${source})`);
  }
  return end;
}

function unquote(inner: string, quote: string): string {
  if (quote === "'") return inner.replaceAll("\\'", "'");
  return inner.replace(/\\(x[\da-fA-F]{2}|[\s\S])/g, (_, escaped: string) =>
    escaped.length === 3
      ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
      : (ESCAPES.get(escaped) ?? escaped),
  );
}

/**
 * Reads a command line: an optional file name first, then `--name word …` or `--name=value`, where the words go on to
 * the next `--`. Throws ConfigError.
 */
export function readArguments(argv: readonly string[]): { file: string | undefined; given: GivenOption[] } {
  const [first, ...rest] = argv;
  const hasFile = first !== undefined && !first.startsWith('--');
  const given: { name: string; words: string[]; source: string }[] = [];
  for (const argument of hasFile ? rest : argv) {
    const last = given[given.length - 1];
    if (argument.startsWith('--')) {
      const [, name = '', value] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
      given.push({ name: name.toLowerCase(), words: value === undefined ? [] : [value], source: `--${name}` });
    } else if (last === undefined) {
      throw new ConfigError(`unexpected argument '${argument}': options are written --name value`);
    } else {
      last.words.push(argument);
    }
  }
  return { file: hasFile ? first : undefined, given };
}

const ENVIRONMENT_PREFIX = 'CARTWHEEL_';

/** Reads `CARTWHEEL_REQUEST_TIMEOUT_MS=500` as `request-timeout-ms 500`. */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): GivenOption[] {
  const given: GivenOption[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith(ENVIRONMENT_PREFIX)) continue;
    const name = variable.slice(ENVIRONMENT_PREFIX.length).toLowerCase().replaceAll('_', '-');
    given.push({ name, words: [value], source: variable });
  }
  return given;
}
