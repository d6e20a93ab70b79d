/** Pieces of strings: reads of a part, and what makes a string longer or writes into it. */

import { FIRST_KEY, KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { refusesKey, refusesLength } from '../arguments/key-argument.js';
import { type ArgumentRow, type Call, type CommandRow, type Handler, refuse } from '../command.js';
import { NOT_AN_INTEGER } from '../error-text.js';
import { changeStringToInteger } from './change-string.js';
import { indexRange, isReversed } from './index-range.js';
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

const append: Handler = (call) => {
  const { server, args } = call;
  if (refusesKey(call, args[1])) return;
  // The longest value, which the node that coordinates the key looks at. Redis has a bound of its own.
  const { valueMaxLen } = server.config;
  changeStringToInteger(call, { kind: 'append', value: args[2], bytesMax: valueMaxLen }, ' (value-max-len)');
};

const setRange: Handler = (call) => {
  const { server, slot, args } = call;
  const offset = parseInt64(args[2]);
  const value = args[3];
  if (offset === undefined) return refuse(server, slot, NOT_AN_INTEGER);
  if (offset < 0n) return refuse(server, slot, 'ERR offset is out of range');
  if (value.length === 0) {
    const answer = (held: Buffer | undefined) => {
      slot.out.integer(held?.length ?? 0);
      return undefined;
    };
    return readString(call, answer, false);
  }
  if (refusesKey(call, args[1]) || refusesLength(call, Number(offset) + value.length)) return;
  changeStringToInteger(call, { kind: 'setrange', offset: Number(offset), value });
};

const RANGE_ARGUMENTS: readonly ArgumentRow[] = [
  KEY_ARGUMENT,
  { name: 'start', type: 'integer' },
  { name: 'end', type: 'integer' },
];

/** GETRANGE, SUBSTR, APPEND, SETRANGE. */
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
  {
    name: 'append',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RW', 'insert'] },
    categories: ['@write', '@string', '@fast'],
    since: '2.0.0',
    group: 'string',
    complexity: 'O(N) where N is the length of the new value',
    summary: 'Append a value to a key',
    arguments: [KEY_ARGUMENT, { name: 'value', type: 'string' }],
    run: append,
  },
  {
    name: 'setrange',
    arity: 4,
    flags: ['write', 'denyoom'],
    keys: { ...FIRST_KEY, flags: ['RW', 'update'] },
    categories: ['@write', '@string', '@slow'],
    since: '2.2.0',
    group: 'string',
    complexity: 'O(N) where N is the length of the new value',
    summary: 'Overwrite part of a string at key starting at the specified offset',
    arguments: [KEY_ARGUMENT, { name: 'offset', type: 'integer' }, { name: 'value', type: 'string' }],
    run: setRange,
  },
];
