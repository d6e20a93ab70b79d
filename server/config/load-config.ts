import { resolve } from 'node:path';
import type { Config } from './config.js';
import { ALL_OPTIONS, checkSecret, completeConfig, optionRow } from './config.js';
import type { GivenOption } from './config-lines.js';
import { ConfigError, readArguments, readConfigLines, readEnvironment } from './config-lines.js';
import type { OptionRow } from './options.js';
import { propertyOf } from './options.js';

/** Where a configuration comes from. */
export interface ConfigSources {
  /** The command line without node and the script. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it can't be read. */
  readonly readFile: (path: string) => string;
}

/** What the first word of the command line asks for in place of a server. */
export function asksFor(argv: readonly string[]): 'help' | 'version' | 'status' | undefined {
  const [first] = argv;
  if (first === '--help' || first === '-h') return 'help';
  if (first === '--version' || first === '-v') return 'version';
  if (first === 'status') return 'status';
  return undefined;
}

/**
 * Reads file, environment and command line, of which the later wins, into one frozen configuration. Throws ConfigError
 * whose message names the option, the value and what it may be.
 */
export function loadConfig(sources: ConfigSources): Config {
  const { file, given } = readArguments(sources.argv);
  const fromFile = file === undefined ? [] : readConfigLines(readText(sources, file, 'configuration file'), file);
  const values: Record<string, unknown> = {};
  for (const option of [...fromFile, ...readEnvironment(sources.environment), ...given]) take(option, values);
  const config = { ...completeConfig(values), configFile: file === undefined ? '' : resolve(file) };
  return withSecret(Object.freeze(config), sources);
}

function take(option: GivenOption, values: Record<string, unknown>): void {
  const row = optionRow(option.name);
  if (row === undefined) throw new ConfigError(unknownOption(option));
  const text = rejoin(option, row);
  const parsed = row.type.parse(text);
  if (!parsed.ok) {
    const shown = row.secret === true ? '' : ` '${text}'`;
    const reason = parsed.saysBounds ? '' : `; ${parsed.reason}`;
    throw new ConfigError(
      `bad value${shown} for option '${row.name}' (${option.source}): expected ${row.type.bounds}${reason}`,
    );
  }
  const property = propertyOf(row.name);
  const before = values[property];
  values[property] = row.repeatable === true && before !== undefined ? `${before}\n${parsed.value}` : parsed.value;
}

/** The words of one option as one text. Only lists and `keyspace` lines have several. */
function rejoin(option: GivenOption, row: OptionRow): string {
  if (row.ofWords === true)
    return option.words.length === 1 ? (option.words[0] ?? '') : option.words.map(quote).join(' ');
  if (row.repeatable === true) return quoteFirst(option.words).replaceAll(';', '\n');
  if (option.words.length === 0) {
    throw new ConfigError(`option '${row.name}' (${option.source}) has no value: expected ${row.type.bounds}`);
  }
  const [only = '', unexpected] = option.words;
  if (unexpected !== undefined && !Array.isArray(row.fallback)) {
    const shown = row.secret === true ? '' : ` '${unexpected}'`;
    throw new ConfigError(`option '${row.name}' (${option.source}) takes one value; unexpected argument${shown}`);
  }
  return Array.isArray(row.fallback) ? option.words.join(' ') : only;
}

/** A prefix with spaces came in quotes: it is read as words once more. */
function quoteFirst([first = '', ...rest]: readonly string[]): string {
  const spaced = rest.length > 0 && /[\s"']/.test(first);
  return [spaced ? JSON.stringify(first) : first, ...rest].join(' ');
}

/** As `splitWords` reads it again. */
function quote(word: string): string {
  const escaped = word.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n');
  return /^[^\s"'\\]+$/.test(word) ? word : `"${escaped}"`;
}

function unknownOption({ name, source }: GivenOption): string {
  const nearest = nearestName(name);
  const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`;
  return `unknown option '${name}' (${source})${hint}`;
}

function nearestName(name: string): string | undefined {
  let best: string | undefined;
  let leastEdits = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const row of ALL_OPTIONS) {
    const edits = editDistance(name, row.name);
    if (edits < leastEdits) {
      best = row.name;
      leastEdits = edits;
    }
  }
  return best;
}

/** Levenshtein's distance: the fewest letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

function withSecret(config: Config, sources: ConfigSources): Config {
  const fromFile = config.clusterSecretFile !== '';
  const secret = fromFile
    ? readText(sources, config.clusterSecretFile, 'cluster-secret-file').trim()
    : config.clusterSecret;
  const complete = Object.freeze({ ...config, clusterSecret: secret });
  checkSecret(complete);
  return complete;
}

function readText(sources: ConfigSources, path: string, what: string): string {
  try {
    return sources.readFile(path);
  } catch (error) {
    throw new ConfigError(`can't read ${what} '${path}': ${error instanceof Error ? error.message : String(error)}`);
  }
}
