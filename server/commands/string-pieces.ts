/** Pieces of strings: reads of a part, and what makes a string longer or writes into it. */
import { type ArgumentRow, type Call, type CommandRow, type Handler, refuse } from './command.js';
import { NOT_AN_INTEGER } from './error-text.js';
import { indexRange, isReversed } from './index-range.js';
import { parseInt64 } from './integer-argument.js';
import { readString } from './read-string.js';

const getRange: Handler = (call: Call) => {
  const { server, slot, args } = call;
  const [start, end] = [parseInt64(args[2]), parseInt64(args[3])];
  if (start === undefined || end === undefined) return refuse(server, slot, NOT_AN_INTEGER);
  readString(call, (value) => {
    const range = value && !isReversed(start, end) ? indexRange(start, end, value.length) : undefined;
    if (value === undefined || range === undefined) slot.out.bulkText('');
    else slot.out.bulkSlice(value, range.first, range.last + 1);
    return undefined;
  });
};

const FIRST_KEY = { first: 1, last: 1, step: 1 } as const;
const KEY_ARGUMENT = { name: 'key', type: 'key' } as const;
const RANGE_ARGUMENTS: readonly ArgumentRow[] = [
  KEY_ARGUMENT,
  { name: 'start', type: 'integer' },
  { name: 'end', type: 'integer' },
];

/** GETRANGE, SUBSTR. */
export const pieceCommands: readonly CommandRow[] = [
  {
    name: 'getrange',
    arity: 4,
    flags: ['readonly'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@string', '@slow'],
    since: '2.4.0',
    group: 'string',
    complexity: 'O(N) where N is the length of the returned string',
    summary: 'Get a substring of the string stored at a key',
    arguments: RANGE_ARGUMENTS,
    run: getRange,
  },
  {
    name: 'substr',
    arity: 4,
    flags: ['readonly'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@string', '@slow'],
    since: '1.0.0',
    group: 'string',
    complexity: 'O(N) where N is the length of the returned string',
    summary: 'Get a substring of the string stored at a key',
    deprecated: { since: '2.0.0', replacedBy: '`GETRANGE`' },
    arguments: RANGE_ARGUMENTS,
    run: getRange,
  },
];
