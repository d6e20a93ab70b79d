/** Arguments that many commands have, as `COMMAND DOCS` tells of them. */
import type { ArgumentRow } from '../command.js';

export const KEY_ARGUMENT = { name: 'key', type: 'key' } as const;

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
