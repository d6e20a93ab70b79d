import { type Case, type CaseFamily, NUMBERS } from '../case.js';

/** What a key may hold before it is added to. */
const VALUES = [
  '0',
  '-1',
  '10',
  '9223372036854775807',
  '-9223372036854775808',
  '1.5',
  '3.0',
  '5.0e3',
  'abc',
  '""',
  '" 1"',
];

const integers: readonly Case[] = [
  ['INCR', 'INCR k k', 'DECR', 'INCRBY k', 'INCRBY k 1 2', 'DECRBY k', 'INCRBYFLOAT k', 'INCRBYFLOAT k 1 1'],
  ['INCR k', 'INCR k', 'GET k', 'DECR k', 'DECR k', 'DECR k', 'GET k', 'TYPE k', 'STRLEN k', 'EXISTS k', 'TTL k'],
  ['SET k 10 EX 100', 'INCRBY k 5', 'TTL k', 'EXPIRE k 50', 'INCR k', 'TTL k', 'PERSIST k', 'INCR k', 'TTL k', 'GET k'],
  ['INCR k', 'SET k v', 'INCR k', 'DEL k', 'INCR k', 'SET k 5 KEEPTTL', 'INCR k', 'SET k 1 GET', 'INCR k'],
  [
    'INCR k',
    'APPEND k 0',
    'INCR k',
    'GETRANGE k 0 0',
    'SETRANGE k 1 7',
    'INCR k',
    'GETSET k 3',
    'INCR k',
    'GETDEL k',
    'INCR k',
  ],
  ['INCR k', 'MGET k k2', 'INCRBY k2 -4', 'MGET k k2', 'DEL k k2', 'INCR k EX', 'SETEX k 10 1', 'INCR k', 'TTL k'],
  ...VALUES.map(
    (value): Case => [`SET k ${value}`, 'INCR k', 'GET k', 'DECR k', 'DECRBY k 2', 'INCRBYFLOAT k 0.5', 'GET k'],
  ),
  ...NUMBERS.map((by): Case => [`INCRBY k ${by}`, `DECRBY k ${by}`, 'GET k', 'SET k -2', `INCRBY k ${by}`, 'GET k']),
];

/** Where a long double is not exact ours is, so these stay where both are. */
const FLOATS = [
  '0.1',
  '-0.1',
  '1e3',
  '1.5e-3',
  '.5',
  '5.',
  '+1',
  '-0',
  '0x',
  'nan',
  'abc',
  '""',
  '" 1"',
  '"1 "',
  'inf',
  '-inf',
  '1e',
  '3.14159',
];

const floats: readonly Case[] = [
  ...FLOATS.map((by): Case => [`INCRBYFLOAT k ${by}`, `INCRBYFLOAT k ${by}`, 'GET k', 'STRLEN k']),
  ...FLOATS.map((value): Case => [`SET k ${value}`, 'INCRBYFLOAT k 1', 'GET k', 'INCR k']),
  ['SET k 10.50', 'INCRBYFLOAT k 0.1', 'INCRBYFLOAT k -5', 'SET k 5.0e3', 'INCRBYFLOAT k 2.0e2', 'GET k', 'INCR k'],
  ['SET k 1 EX 100', 'INCRBYFLOAT k 1.25', 'TTL k', 'EXPIRE k 10', 'INCRBYFLOAT k 0.75', 'INCR k', 'TTL k'],
];

export const counterFamilies: readonly CaseFamily[] = [
  { name: 'adding integers', cases: integers },
  { name: 'adding fractions', cases: floats },
];
