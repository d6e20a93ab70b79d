import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import { ConfigError, splitWords } from './config-lines.js';
import type { OptionType } from './option-types.js';
import type { OptionRow, OptionValues } from './options.js';
import { OPTION_ROWS } from './options.js';

type Setting = Exclude<keyof KeyspaceRow, 'prefix'>;
const SETTINGS: readonly Setting[] = ['n', 'r', 'w', 'sloppy', 'reconcile', 'durability'];
/** How a row is written, for people. */
const FORM = `expected a prefix, then some of ${SETTINGS.join('=, ')}=, as in 'cart: n=3 r=2 w=2'`;

/** The default keyspace and one for each `keyspace` line; a later line for the same prefix replaces the earlier one. Throws ConfigError. */
export function parseKeyspaces(options: OptionValues): readonly KeyspaceRow[] {
  const { n, r, w, sloppy, reconcile, durability } = options;
  const fallback: KeyspaceRow = { prefix: '', n, r, w, sloppy, reconcile, durability };
  checkQuorums(fallback, 'the default keyspace');
  const rows = new Map([['', Object.freeze(fallback)]]);
  for (const line of options.keyspace.split('\n')) {
    if (line.trim() === '') continue;
    const row = parseKeyspace(line, fallback);
    rows.set(row.prefix, Object.freeze(row));
  }
  return Object.freeze([...rows.values()]);
}

function parseKeyspace(line: string, fallback: KeyspaceRow): KeyspaceRow {
  const source = `keyspace ${line.trim()}`;
  const [prefix, ...words] = splitWords(line, source);
  if (prefix === undefined || prefix === '' || /^(n|r|w|sloppy|reconcile|durability)=/.test(prefix)) {
    throw new ConfigError(
      `bad value '${line.trim()}' for option 'keyspace': it begins with the prefix of its keys; ${FORM}`,
    );
  }
  if (words.length === 0) {
    throw new ConfigError(`bad value '${line.trim()}' for option 'keyspace': it sets nothing; ${FORM}`);
  }
  const given: Partial<Record<Setting, unknown>> = {};
  for (const word of words) {
    const [, name = word, value = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const setting = SETTINGS.find((known) => known === name);
    if (setting === undefined) {
      throw new ConfigError(`unknown setting '${name}' in '${source}': expected ${SETTINGS.join('=, ')}=`);
    }
    if (setting in given) throw new ConfigError(`setting '${name}' is given twice in '${source}'`);
    given[setting] = parseSetting(setting, value, source);
  }
  // Each setting was parsed by the row of the option of the same name.
  const row = { ...fallback, ...(given as Partial<KeyspaceRow>), prefix: binaryString(prefix) };
  // A line that lowers n alone means all n: inherited quorums follow it down.
  if (given.r === undefined) Object.assign(row, { r: Math.min(row.r, row.n) });
  if (given.w === undefined) Object.assign(row, { w: Math.min(row.w, row.n) });
  checkQuorums(row, `'${source}'`);
  return row;
}

function parseSetting(setting: Setting, value: string, source: string): unknown {
  const row = OPTION_ROWS.find((known) => known.name === setting) as OptionRow | undefined;
  const type: OptionType<unknown> | undefined = row?.type;
  if (type === undefined) throw new Error(`no option is named ${setting}`);
  const parsed = type.parse(value);
  if (parsed.ok) return parsed.value;
  throw new ConfigError(`bad value '${value}' for '${setting}' in '${source}': expected ${type.bounds}`);
}

function checkQuorums(row: KeyspaceRow, of: string): void {
  for (const name of ['r', 'w'] as const) {
    if (row[name] > row.n) throw new ConfigError(`${name} = ${row[name]} of ${of} must not be more than n = ${row.n}`);
  }
}

/** Keys are compared as strings of one char a byte. */
function binaryString(prefix: string): string {
  return Buffer.from(prefix, 'utf8').toString('latin1');
}
