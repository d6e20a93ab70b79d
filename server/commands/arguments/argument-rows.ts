/** Keys and arguments that many commands have, as `COMMAND` and `COMMAND DOCS` tell of them. */
import type { ArgumentRow } from '../command.js';

/** Where the keys stand: the first argument only, or all arguments. */
export const FIRST_KEY = { first: 1, last: 1, step: 1 } as const;
export const ALL_KEYS = { first: 1, last: -1, step: 1 } as const;

export const KEY_ARGUMENT = { name: 'key', type: 'key' } as const;
export const KEYS_ARGUMENT = { ...KEY_ARGUMENT, flags: ['multiple'] } as const;

/** Keys, each with its value behind it. */
export const KEYS_WITH_VALUES: ArgumentRow = {
  name: 'key_value',
  type: 'block',
  flags: ['multiple'],
  arguments: [KEY_ARGUMENT, { name: 'value', type: 'string' }],
};

/** Words that stand for themselves, named in lower case. */
export function pureTokens(...names: readonly string[]): ArgumentRow[] {
  return names.map((name) => ({ name, type: 'pure-token', token: name.toUpperCase() }));
}
