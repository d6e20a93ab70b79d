import { type Case, type CaseFamily, NUMBERS } from '../case.js';

const INDEXES = ['0', '1', '4', '5', '6', '100', '-1', '-5', '-6', '-7', '-100', '-9223372036854775808'];
const BINARY = '"\\x00\\xff\\r\\na"';

const ranges: readonly Case[] = [
  ['GETRANGE', 'GETRANGE k', 'GETRANGE k 0', 'GETRANGE k 0 1 2', 'SUBSTR', 'substr k 0', 'SUBSTR k 0 1 2'],
  ['GETRANGE k 0 -1', 'SUBSTR k 0 -1', 'GETRANGE k a 0', 'GETRANGE k 0 b', 'SUBSTR k a b'],
  ['SET k ""', 'GETRANGE k 0 0', 'GETRANGE k 0 -1', 'GETRANGE k -1 -1', 'GETRANGE k 1 2'],
  [`SET k ${BINARY}`, 'GETRANGE k 0 -1', 'GETRANGE k 1 1', 'SUBSTR k -3 -2', 'getrange k 2 3'],
  [`SET k ${'x'.repeat(100_000)}`, 'GETRANGE k 5 90000', 'GETRANGE k -50000 -1', 'SUBSTR k 99999 100000'],
  ['SET k abcde', ...INDEXES.flatMap((start) => INDEXES.map((end) => `GETRANGE k ${start} ${end}`))],
  ['SET k abcde', ...NUMBERS.flatMap((number) => [`GETRANGE k ${number} -1`, `SUBSTR k 0 ${number}`])],
  ['SET k abcde PXAT 1', 'GETRANGE k 0 -1', 'SET k abcde EX 100', 'GETRANGE k 0 -1', 'TTL k'],
];

const LCS_OPTIONS = [
  '',
  'LEN',
  'IDX',
  'idx WITHMATCHLEN',
  'IDX MINMATCHLEN 2',
  'IDX MINMATCHLEN 3 WITHMATCHLEN',
  'IDX MINMATCHLEN -1',
  'IDX MINMATCHLEN 9223372036854775807',
  'MINMATCHLEN 4',
  'WITHMATCHLEN',
  'LEN WITHMATCHLEN MINMATCHLEN 2',
  'LEN LEN',
  'IDX IDX',
  'IDX LEN',
  'LEN IDX MINMATCHLEN x',
  'IDX MINMATCHLEN',
  'MINMATCHLEN 1 MINMATCHLEN 4 IDX',
  'LEN foo',
  'foo',
];
const LCS_PAIRS: readonly (readonly [string, string])[] = [
  ['ohmytext', 'mynewtext'],
  ['abc', 'abc'],
  ['abc', 'def'],
  ['""', 'abc'],
  ['abc', '""'],
  ['aaaaaaaa', 'aaa'],
  ['abcbdab', 'bdcaba'],
  ['"\\x00\\x01\\xff"', '"\\x01\\xff\\x00"'],
  ['GATTACATTTTGACA', 'CATTAGACATGATTA'],
  [`${'x'.repeat(70)}abc`, `abc${'x'.repeat(65)}y`],
];

const common: readonly Case[] = [
  ['LCS', 'LCS k', 'LCS k k2', 'LCS k k2 IDX', 'LCS k k2 LEN', 'lcs k k IDX', 'SET k v', 'LCS k k2', 'LCS k2 k IDX'],
  ['SET k v', 'LCS k k', 'LCS k k LEN', 'LCS k k IDX WITHMATCHLEN', 'LCS nosuch nosuch foo', 'LCS k k MINMATCHLEN 01'],
  [`MSET k ${'a'.repeat(20_000)} k2 ${'a'.repeat(10_000)}`, 'LCS k k2', 'LCS k k2 LEN', 'LCS k k2 IDX'],
  ...LCS_PAIRS.map(([a, b]): Case => [`MSET k ${a} k2 ${b}`, ...LCS_OPTIONS.map((options) => `LCS k k2 ${options}`)]),
];

/** Commands that read a part of a string, or what two have in common. */
export const pieceFamilies: readonly CaseFamily[] = [
  { name: 'GETRANGE and SUBSTR', cases: ranges },
  { name: 'LCS', cases: common },
];
