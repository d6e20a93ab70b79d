import type { Case, CaseFamily } from '../case.js';

const FLUSHES = ['FLUSHDB', 'FLUSHALL', 'flushdb async', 'FLUSHALL SYNC', 'FLUSHDB SYNC', 'FLUSHALL ASYNC'];
const REFUSED_FLUSHES = ['FLUSHALL NOW', 'FLUSHDB ""', 'FLUSHALL ASYNC SYNC', 'FLUSHDB SYNC SYNC', 'FLUSHDB 1'];
const EXISTS = ['EXISTS k k2 k3', 'GET k', 'TTL k2', 'DBSIZE'];

const flushes: readonly Case[] = FLUSHES.flatMap((flush): Case[] => {
  const both = ['MSET k v k2 v', 'EXPIRE k2 1000', 'SELECT 1', 'SET k other'];
  return [
    [...both, 'SELECT 0', flush, ...EXISTS, 'SELECT 1', 'GET k', 'FLUSHALL', ...EXISTS],
    ['FLUSHALL', 'SET k v', flush, 'SET k w', ...EXISTS, flush, flush, 'SET k NX', 'SET k v NX', ...EXISTS],
    ['SET k v', flush, 'SET k v PXAT 1', 'INCR k', 'GET k', 'INCR k', 'GETEX k PXAT 1', 'INCR k', 'GET k'],
    ['FLUSHALL', 'INCR k', flush, 'INCR k', 'APPEND k2 a', flush, 'APPEND k2 b', 'GET k2', 'INCR k', 'DBSIZE'],
  ];
});

const refusedFlushes: readonly Case[] = REFUSED_FLUSHES.map((flush): Case => ['SET k v', flush, 'GET k']);

const INDEXES = ['0', '1', '15', '16', '-1', 'a', '""', '01', '1.0', '2147483647', '2147483648', '99999999999', '" 1"'];
/** Twice: the same databases are meant as before. */
const swapped: readonly Case[] = INDEXES.flatMap((index): Case[] => [
  ['SET k v', `SWAPDB 0 ${index}`, 'GET k', `SWAPDB 0 ${index}`, 'GET k'],
  [`SWAPDB ${index} 0`, `SWAPDB ${index} 0`, `SWAPDB ${index} x`, `SWAPDB x ${index}`],
]);

const meanings: Case = [
  'FLUSHALL',
  'SET k zero',
  'SELECT 1',
  'SET k one',
  'SET k2 one',
  'SWAPDB 0 1',
  'GET k',
  'DBSIZE',
  'SELECT 0',
  'GET k',
  'DBSIZE',
  'FLUSHDB',
  'DBSIZE',
  'SELECT 1',
  'GET k',
  'SWAPDB 1 2',
  'GET k',
  'SELECT 2',
  'GET k',
  'SWAPDB 2 1',
  'SWAPDB 1 0',
  'SELECT 0',
  'GET k',
  'RESET',
  'GET k',
];

/** All of it at once, in one write: each command takes effect after those before it. */
const pipelined: readonly Case[] = [
  { raw: 'SET k v\r\nFLUSHALL\r\nGET k\r\nSET k w\r\nGET k\r\nFLUSHDB\r\nGET k\r\nDBSIZE\r\n' },
  {
    raw: 'FLUSHALL\r\nSET k v\r\nSWAPDB 0 1\r\nGET k\r\nSELECT 1\r\nGET k\r\nSWAPDB 1 0\r\nGET k\r\nSELECT 0\r\nGET k\r\n',
  },
  { raw: 'SET k v\r\nFLUSHALL\r\nFLUSHALL\r\nSET k v\r\nFLUSHALL\r\nFLUSHDB\r\nEXISTS k\r\nSET k 1\r\nINCR k\r\n' },
  { rawLast: 'SET k v\r\nFLUSHALL\r\nGET k\r\n*1\r\n$a\r\n' },
  { rawLast: 'SET k v\r\nFLUSHALL\r\nGET k\r\nQUIT\r\nGET k\r\n' },
].map((step): Case => [step]);

const DATABASES = Array.from({ length: 16 }, (_, db) => db);
const sixteen: Case = [
  'FLUSHALL',
  ...DATABASES.flatMap((db) => [`SELECT ${db}`, 'EXISTS k', `SET k ${db}`, 'DBSIZE']),
  ...DATABASES.flatMap((db) => [`SELECT ${db}`, 'GET k']),
  'SELECT 7',
  'FLUSHDB',
  ...DATABASES.flatMap((db) => [`SELECT ${db}`, 'DBSIZE']),
  'FLUSHALL',
  ...DATABASES.flatMap((db) => [`SELECT ${db}`, 'DBSIZE', 'GET k']),
];

const wrongArity: Case = ['SWAPDB', 'SWAPDB 0', 'SWAPDB 0 1 2', 'SELECT', 'SELECT 0 1'];

export const databaseFamilies: readonly CaseFamily[] = [
  { name: 'databases are emptied', cases: [...flushes, ...refusedFlushes] },
  { name: 'databases are swapped', cases: [...swapped, meanings, wrongArity] },
  { name: 'databases in pipelines', cases: pipelined },
  { name: 'sixteen databases', cases: [sixteen] },
];
