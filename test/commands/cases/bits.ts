import { type Case, type CaseFamily, NUMBERS } from '../case.js';

const INDEXES = ['0', '1', '2', '3', '7', '8', '23', '24', '100', '-1', '-2', '-3', '-4', '-8', '-24', '-25', '-100'];
const UNITS = ['', 'BYTE', 'BIT', 'bit', 'foo'];
/** Three bytes each. */
const VALUES = [
  '"\\x00\\x00\\x00"',
  '"\\xff\\xff\\xff"',
  '"\\xff\\xf0\\x00"',
  '"\\x00\\x0f\\xff"',
  '"\\x01\\x80\\x10"',
];

function ranges(command: string): string[] {
  return INDEXES.flatMap((start) =>
    INDEXES.flatMap((end) => UNITS.map((unit) => `${command} ${start} ${end} ${unit}`)),
  );
}

const getBit: readonly Case[] = [
  [
    'GETBIT',
    'GETBIT k',
    'GETBIT k 0 1',
    'GETBIT k 0',
    'GETBIT k a',
    'GETBIT k -1',
    'GETBIT k #0',
    'getbit k 4294967295',
  ],
  ['SET k "\\x80\\x01"', ...Array.from({ length: 18 }, (_, offset) => `GETBIT k ${offset}`)],
  ['SET k "\\xff"', ...NUMBERS.map((number) => `GETBIT k ${number}`), 'GETBIT k 4294967296', 'GETBIT k 4294967295'],
];

const bitCount: readonly Case[] = [
  ['BITCOUNT', 'BITCOUNT k', 'BITCOUNT k 0', 'BITCOUNT k a b', 'BITCOUNT k 0 1 foo', 'BITCOUNT k 0 1 2 3 4'],
  ['SET k ""', 'BITCOUNT k', 'BITCOUNT k 0', 'BITCOUNT k 0 -1', 'BITCOUNT k a b', 'BITCOUNT k 0 0 BIT'],
  ['SET k foobar', 'BITCOUNT k', 'BITCOUNT k 0', 'BITCOUNT k 0 1', 'BITCOUNT k 0 -1 foo', 'BITCOUNT k 0 1 BIT 2'],
  [
    'SET k foobar',
    'BITCOUNT k a 1',
    'BITCOUNT k 1 a',
    'BITCOUNT k -1 -2 foo',
    'BITCOUNT k -1 -2 BYTE',
    'bitcount k 5 30 bit',
  ],
  ['SET k foobar', ...NUMBERS.flatMap((number) => [`BITCOUNT k ${number} -1`, `BITCOUNT k 0 ${number} BIT`])],
  ...VALUES.map((value): Case => [`SET k ${value}`, ...ranges('BITCOUNT k')]),
  [`SET k ${'x'.repeat(100_000)}`, 'BITCOUNT k', 'BITCOUNT k 1 -2', 'BITCOUNT k 3 -5 BIT'],
];

const bitPos: readonly Case[] = [
  [
    'BITPOS',
    'BITPOS k',
    'BITPOS k 0',
    'BITPOS k 1',
    'BITPOS k 2',
    'BITPOS k a',
    'BITPOS k 1 a b c',
    'BITPOS k 0 1 2 3 4 5',
  ],
  ['SET k ""', 'BITPOS k 0', 'BITPOS k 1', 'BITPOS k 0 0', 'BITPOS k 0 0 -1', 'BITPOS k 0 0 -1 BIT', 'BITPOS k -1'],
  [
    'SET k "\\xff\\xf0\\x00"',
    'BITPOS k 0',
    'BITPOS k 1 a',
    'BITPOS k 1 0 a',
    'BITPOS k 1 0 a foo',
    'BITPOS k 1 0 1 BIT x',
  ],
  [
    'SET k "\\xff\\xff"',
    'BITPOS k 0',
    'BITPOS k 0 0',
    'BITPOS k 0 1',
    'BITPOS k 0 2',
    'BITPOS k 0 0 -1',
    'BITPOS k 0 -1',
  ],
  ['SET k "\\x00\\xff"', ...NUMBERS.flatMap((number) => [`BITPOS k ${number}`, `BITPOS k 1 ${number}`])],
  ['SET k "\\x00\\xff"', ...NUMBERS.flatMap((number) => [`BITPOS k 1 0 ${number}`, `BITPOS k 1 ${number} -1 BIT`])],
  ...VALUES.map((value): Case => [`SET k ${value}`, ...INDEXES.map((start) => `BITPOS k 0 ${start}`)]),
  ...VALUES.map((value): Case => [`SET k ${value}`, ...INDEXES.map((start) => `BITPOS k 1 ${start}`)]),
  ...VALUES.map((value): Case => [`SET k ${value}`, ...ranges('BITPOS k 0')]),
  ...VALUES.map((value): Case => [`SET k ${value}`, ...ranges('BITPOS k 1')]),
];

/** Commands on the bits of strings. */
export const bitFamilies: readonly CaseFamily[] = [
  { name: 'GETBIT', cases: getBit },
  { name: 'BITCOUNT', cases: bitCount },
  { name: 'BITPOS', cases: bitPos },
];
