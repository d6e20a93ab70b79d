/** Single bits of strings: GETBIT, SETBIT, BITCOUNT, BITPOS. */

import { FIRST_KEY, KEY_ARGUMENT, pureTokens } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { refusesKey, refusesLength } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type ArgumentRow, type CommandRow, type Handler, refuse } from '../command.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';
import { changeStringToInteger } from '../strings/change-string.js';
import { type IndexRange, indexRange, isReversed } from '../strings/index-range.js';
import { readString } from '../strings/read-string.js';
import { parseBitOffset } from './bit-offset.js';
import { bitAt, countBits, findBit } from './bits.js';

const getBit: Handler = (call) => {
  const { server, slot, args } = call;
  const offset = parseBitOffset(server, args[2]);
  if (typeof offset === 'string') return refuse(server, slot, offset);
  readString(call, (value) => {
    slot.out.integer(value === undefined ? 0 : bitAt(value, offset));
    return undefined;
  });
};

const setBit: Handler = (call) => {
  const { server, slot, args } = call;
  const offset = parseBitOffset(server, args[2]);
  if (typeof offset === 'string') return refuse(server, slot, offset);
  const bit = parseInt64(args[3]);
  if (bit !== 0n && bit !== 1n) return refuse(server, slot, 'ERR bit is not an integer or out of range');
  if (refusesKey(call, args[1]) || refusesLength(call, Math.floor(offset / 8) + 1)) return;
  changeStringToInteger(call, { kind: 'setbit', offset, bit: bit === 1n ? 1 : 0 });
};

const bitCount: Handler = (call) => {
  const { slot, args } = call;
  readString(call, (value) => {
    // Redis looks at the arguments only if there is something to count.
    if (value === undefined) {
      slot.out.integer(0);
      return undefined;
    }
    const range = args.length === 2 ? wholeOf(value) : countedRange(args, value.length);
    if (typeof range === 'string') return range;
    slot.out.integer(range === undefined ? 0 : countBits(value, range));
    return undefined;
  });
};

/** The bits that `BITCOUNT key start end [unit]` counts in so many bytes, undefined: none; or the text of the error. */
function countedRange(args: readonly Buffer[], byteLength: number): IndexRange | undefined | string {
  if (args.length !== 4 && args.length !== 5) return SYNTAX_ERROR;
  const [start, end] = [parseInt64(args[2]), parseInt64(args[3])];
  if (start === undefined || end === undefined) return NOT_AN_INTEGER;
  if (isReversed(start, end)) return undefined;
  const unitBits = args.length === 5 ? unitOf(args[4]) : 8;
  return unitBits === undefined ? SYNTAX_ERROR : bitRange(start, end, byteLength, unitBits);
}

const bitPos: Handler = (call) => {
  const { server, slot, args } = call;
  const wanted = parseInt64(args[2]);
  if (wanted === undefined) return refuse(server, slot, NOT_AN_INTEGER);
  if (wanted !== 0n && wanted !== 1n) return refuse(server, slot, 'ERR The bit argument must be 1 or 0.');
  const bit = wanted === 1n ? 1 : 0;
  readString(call, (value) => {
    // What is not there is zeros without end; its further arguments are not looked at.
    if (value === undefined) {
      slot.out.integer(bit === 1 ? -1 : 0);
      return undefined;
    }
    const range = args.length === 3 ? wholeOf(value) : searchedRange(args, value.length);
    if (typeof range === 'string') return range;
    const found = range === undefined ? -1 : findBit(value, bit, range);
    // Without an end of the range, zeros follow the last byte.
    const isBehind = found < 0 && bit === 0 && args.length < 5 && range !== undefined;
    slot.out.integer(isBehind ? value.length * 8 : found);
    return undefined;
  });
};

/** The bits in which `BITPOS key bit start [end [unit]]` searches in so many bytes, undefined: none; or the text of the error. */
function searchedRange(args: readonly Buffer[], byteLength: number): IndexRange | undefined | string {
  const start = parseInt64(args[3]);
  if (args.length > 6) return SYNTAX_ERROR;
  if (start === undefined) return NOT_AN_INTEGER;
  const unitBits = args.length === 6 ? unitOf(args[5]) : 8;
  if (unitBits === undefined) return SYNTAX_ERROR;
  const end = args.length > 4 ? parseInt64(args[4]) : -1n;
  return end === undefined ? NOT_AN_INTEGER : bitRange(start, end, byteLength, unitBits);
}

/** `BYTE` or `BIT`, as a number of bits. */
function unitOf(argument: Buffer | undefined): 1 | 8 | undefined {
  const word = keyword(argument);
  if (word === 'BIT') return 1;
  return word === 'BYTE' ? 8 : undefined;
}

/** A range of bytes or bits as a range of bits; undefined: it is empty. */
function bitRange(start: bigint, end: bigint, byteLength: number, unitBits: 1 | 8): IndexRange | undefined {
  const range = indexRange(start, end, (byteLength * 8) / unitBits);
  return range && { first: range.first * unitBits, last: (range.last + 1) * unitBits - 1 };
}

function wholeOf(value: Buffer): IndexRange | undefined {
  return value.length === 0 ? undefined : { first: 0, last: value.length * 8 - 1 };
}

const UNIT_ARGUMENT: ArgumentRow = {
  name: 'index_unit',
  type: 'oneof',
  since: '7.0.0',
  flags: ['optional'],
  arguments: pureTokens('byte', 'bit'),
};

/** GETBIT, SETBIT, BITCOUNT, BITPOS. */
export const bitCommands: readonly CommandRow[] = [
  {
    name: 'setbit',
    arity: 4,
    flags: ['write', 'denyoom'],
    keys: { ...FIRST_KEY, flags: ['RW', 'access', 'update'] },
    categories: ['@write', '@bitmap', '@slow'],
    since: '2.2.0',
    group: 'bitmap',
    complexity: 'O(N) where N is the length of the value',
    summary: 'Sets or clears the bit at offset in the string value stored at key',
    arguments: [KEY_ARGUMENT, { name: 'offset', type: 'integer' }, { name: 'value', type: 'integer' }],
    run: setBit,
  },
  {
    name: 'getbit',
    arity: 3,
    flags: ['readonly', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@bitmap', '@fast'],
    since: '2.2.0',
    group: 'bitmap',
    complexity: 'O(1)',
    summary: 'Returns the bit value at offset in the string value stored at key',
    arguments: [KEY_ARGUMENT, { name: 'offset', type: 'integer' }],
    run: getBit,
  },
  {
    name: 'bitcount',
    arity: -2,
    flags: ['readonly'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@bitmap', '@slow'],
    since: '2.6.0',
    group: 'bitmap',
    complexity: 'O(N)',
    summary: 'Count set bits in a string',
    arguments: [
      KEY_ARGUMENT,
      {
        name: 'index',
        type: 'block',
        flags: ['optional'],
        arguments: [{ name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }, UNIT_ARGUMENT],
      },
    ],
    run: bitCount,
  },
  {
    name: 'bitpos',
    arity: -3,
    flags: ['readonly'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@bitmap', '@slow'],
    since: '2.8.7',
    group: 'bitmap',
    complexity: 'O(N)',
    summary: 'Find first bit set or clear in a string',
    arguments: [
      KEY_ARGUMENT,
      { name: 'bit', type: 'integer' },
      {
        name: 'index',
        type: 'block',
        flags: ['optional'],
        arguments: [
          { name: 'start', type: 'integer' },
          {
            name: 'end_index',
            type: 'block',
            flags: ['optional'],
            arguments: [{ name: 'end', type: 'integer' }, UNIT_ARGUMENT],
          },
        ],
      },
    ],
    run: bitPos,
  },
];
