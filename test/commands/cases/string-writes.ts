import { type Case, type CaseFamily, NUMBERS, numbersFor } from '../case.js';

const LOOK = ['GET k', 'STRLEN k', 'TTL k'];
const PREPARATIONS = [[], ['SET k old'], ['SET k old EX 5000'], ['SET k ""']];

const setters: readonly Case[] = [
  ['SETNX', 'SETNX k', 'SETNX k v x', 'SETNX k v', 'setnx k w', ...LOOK, 'SET k v PXAT 1', 'SETNX k z', 'GET k'],
  ['SET k v EX 100', 'SETNX k w', 'TTL k', 'DEL k', 'SETNX k ""', ...LOOK, 'SETNX k v'],
  ['GETSET', 'GETSET k', 'GETSET k v x', 'GETSET k v', 'getset k w', 'GETSET k ""', 'GETSET k "\\x00\\xff"', ...LOOK],
  ['SET k v EX 100', 'GETSET k w', ...LOOK, 'SET k v PXAT 1', 'GETSET k w', ...LOOK],
  ['GETDEL', 'GETDEL k k2', 'GETDEL k', 'SET k v EX 100', 'getdel k', 'GETDEL k', ...LOOK, 'EXISTS k'],
  ['SET k "" EX 100', 'GETDEL k', 'GETDEL k', 'SETNX k w', 'TTL k', 'SET k v PXAT 1', 'GETDEL k', 'SETNX k v'],
  ['SETEX', 'SETEX k', 'SETEX k 10', 'SETEX k 10 v x', 'PSETEX', 'PSETEX k 10', 'PSETEX k 10 v x', 'EXISTS k'],
  [
    'SET k old',
    'SETEX k 100 v',
    ...LOOK,
    'SET k v',
    'TTL k',
    'psetex k 100000 ""',
    ...LOOK,
    'setex k 1000 x',
    'PTTL k',
  ],
];

const setExpiries: readonly Case[] = ['SETEX', 'PSETEX'].flatMap((name) =>
  numbersFor(name).map((number): Case => ['SET k old EX 5000', `${name} k ${number} v`, 'GET k', 'TTL k', 'PTTL k']),
);

const GETEX_OPTIONS = [
  'EX 100',
  'PX 100000',
  'EXAT 4102444800',
  'PXAT 4102444800000',
  'PERSIST',
  'persist',
  'EX',
  'px',
  'EX 0',
  'EXAT abc',
  'PXAT 1',
  'EXAT 1',
  'PX -1',
  'NX',
  'GET',
  'KEEPTTL',
  'foo',
];

const getEx: readonly Case[] = [
  ['GETEX', 'GETEX k', 'SET k v EX 100', 'getex k', 'TTL k', 'SET k v PXAT 1', 'GETEX k', 'GETEX k PERSIST'],
  ...PREPARATIONS.flatMap((preparation) =>
    [...GETEX_OPTIONS, ...GETEX_OPTIONS.flatMap((one) => GETEX_OPTIONS.map((other) => `${one} ${other}`))].map(
      (options): Case => [...preparation, `GETEX k ${options}`, 'GET k', 'TTL k', 'PEXPIRETIME k'],
    ),
  ),
  ...['EX', 'PX', 'EXAT', 'PXAT'].flatMap((option) =>
    numbersFor(option).map((number): Case => ['SET k v EX 5000', `GETEX k ${option} ${number}`, 'GET k', 'TTL k']),
  ),
];

const growth: readonly Case[] = [
  ['APPEND', 'APPEND k', 'APPEND k a b', 'APPEND k a', 'append k bc', 'APPEND k ""', 'APPEND k "\\x00\\xff"', ...LOOK],
  ['APPEND k ""', 'EXISTS k', ...LOOK, 'DEL k', 'SET k v EX 100', 'APPEND k w', ...LOOK, 'APPEND k ""', 'TTL k'],
  ['SET k v PXAT 1', 'APPEND k w', ...LOOK, 'SET k 10', 'APPEND k 5', ...LOOK],
  [`APPEND k ${'x'.repeat(100_000)}`, `APPEND k ${'y'.repeat(100_000)}`, 'STRLEN k', 'GETRANGE k 99998 100001'],
  [
    'SETRANGE',
    'SETRANGE k',
    'SETRANGE k 0',
    'SETRANGE k 0 a b',
    'SETRANGE k a b',
    'SETRANGE k -1 a',
    'SETRANGE k -1 ""',
  ],
  ['SETRANGE k 0 ""', 'SETRANGE k 5 ""', 'EXISTS k', 'SETRANGE k 9223372036854775807 ""', 'setrange k 0 abc', ...LOOK],
  ['SETRANGE k 5 abc', ...LOOK, 'SETRANGE k 2 xy', 'SETRANGE k 7 12345', 'SETRANGE k 3 ""', ...LOOK],
  [
    'SET k hello EX 100',
    'SETRANGE k 1 EL',
    ...LOOK,
    'SETRANGE k 10 x',
    ...LOOK,
    'SETRANGE k 0 ""',
    'SETRANGE k 100 ""',
  ],
  ['SET k v PXAT 1', 'SETRANGE k 2 ""', 'SETRANGE k 2 a', ...LOOK],
  ['SETRANGE k 536870911 ab', 'SETRANGE k 536870912 a', 'SETRANGE k 9223372036854775807 a', 'EXISTS k'],
  ['SET k v', 'SETRANGE k 536870912 a', 'SETRANGE k 536870912 ""', 'SETRANGE k 4294967296 abc', ...LOOK],
  ['SET k hello', ...NUMBERS.filter((number) => number !== '2147483648').map((number) => `SETRANGE k ${number} ""`)],
];

const setBit: readonly Case[] = [
  [
    'SETBIT',
    'SETBIT k',
    'SETBIT k 0',
    'SETBIT k 0 1 2',
    'SETBIT k a 1',
    'SETBIT k 0 2',
    'SETBIT k 0 a',
    'SETBIT k 0 -1',
  ],
  ['SETBIT k -1 1', 'SETBIT k 4294967296 1', 'SETBIT k 4294967296 2', 'SETBIT k #1 1', 'SETBIT k 0 01', 'EXISTS k'],
  ['SETBIT k 0 0', ...LOOK, 'SETBIT k 100 0', ...LOOK, 'SETBIT k 7 1', 'SETBIT k 7 1', 'SETBIT k 7 0', ...LOOK],
  [
    'SET k "\\xff" EX 100',
    'SETBIT k 3 0',
    'SETBIT k 3 0',
    'SETBIT k 9 1',
    ...LOOK,
    'setbit k 8000 1',
    'STRLEN k',
    'TTL k',
  ],
  ['SET k 1 PXAT 1', 'SETBIT k 9 1', ...LOOK, 'SET k 1', 'SETBIT k 1 1', 'GET k'],
  ['SET k abc', ...NUMBERS.map((number) => `SETBIT k 5 ${number}`), 'GET k'],
];

/** Commands that write strings, some of what was there before. */
export const writeFamilies: readonly CaseFamily[] = [
  { name: 'SETNX, SETEX, GETSET and GETDEL', cases: setters },
  { name: 'the expiry times of SETEX', cases: setExpiries },
  { name: 'GETEX', cases: getEx },
  { name: 'APPEND and SETRANGE', cases: growth },
  { name: 'SETBIT', cases: setBit },
];
