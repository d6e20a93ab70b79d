import { resolve } from 'node:path';
import { nearestWord } from '../nearest-word.js';
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
const WORDS = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
  status: 'status',
} as const;

/** A word that is no option, and does not look like the name of a file. */
const PLAIN_WORD = /^-?[a-z]+$/i;

/** Undefined: a server is asked for. */
export function asksFor([first = '']: readonly string[]): (typeof WORDS)[keyof typeof WORDS] | undefined {
  return Object.hasOwn(WORDS, first) ? WORDS[first as keyof typeof WORDS] : undefined;
}

/**
 * Reads file, environment and command line, of which the later wins, into one frozen configuration. Throws ConfigError
 * whose message names the option, the value and what it may be.
 */
export function loadConfig(sources: ConfigSources): Config {
  const { file, given } = readArguments(sources.argv);
  const fromFile = file === undefined ? [] : readConfigLines(readConfigFile(sources, file), file);
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
  if (row.repeatable === true && option.words.length > 0) return quoteFirst(option.words).replaceAll(';', '\n');
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
  const nearest = nearestWord(
    name,
    ALL_OPTIONS.map((row) => row.name),
  );
  const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`;
  return `unknown option '${name}' (${source})${hint}`;
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

/** A file that can't be read may be a mistyped word. */
function readConfigFile(sources: ConfigSources, file: string): string {
  try {
    return sources.readFile(file);
  } catch (error) {
    const fault = `can't read configuration file '${file}': ${error instanceof Error ? error.message : String(error)}`;
    if (!PLAIN_WORD.test(file)) throw new ConfigError(fault);
    const nearest = nearestWord(file, [...Object.keys(WORDS), 'help', 'version']);
    const word = nearest === 'help' || nearest === 'version' ? `--${nearest}` : nearest;
    const hint = word === undefined ? 'cartwheel --help tells what there is' : `did you mean 'cartwheel ${word}'?`;
    throw new ConfigError(`'${file}' is no word that cartwheel knows, nor a file: ${hint} (${fault})`);
  }
}

function readText(sources: ConfigSources, path: string, what: string): string {
  try {
    return sources.readFile(path);
  } catch (error) {
    throw new ConfigError(`can't read ${what} '${path}': ${error instanceof Error ? error.message : String(error)}`);
  }
}
