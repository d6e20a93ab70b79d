import { type Case, type CaseFamily, numbersFor } from '../case.js';

const BINARY_KEY = '"\\x00\\xff\\r\\n"';

const getAndSet: readonly Case[] = [
  ['GET k', 'SET k v', 'GET k', 'get k', 'gEt k', 'GET K'],
  ['GET', 'get', 'GET k k2', 'GET k k2 k3', 'SET', 'SET k', 'set k'],
  ['SET k ""', 'GET k', 'STRLEN k', 'EXISTS k', 'TYPE k'],
  ['SET "" v', 'GET ""', 'EXISTS ""', 'TYPE ""', 'DEL ""', 'GET ""'],
  [
    `SET ${BINARY_KEY} "\\x00\\x01\\r\\n\\xfe\\xff"`,
    `GET ${BINARY_KEY}`,
    `STRLEN ${BINARY_KEY}`,
    `MGET ${BINARY_KEY} k`,
  ],
  ['SET k "\\xc3\\xa4\\xe2\\x82\\xac"', 'GET k', 'STRLEN k'],
  [`SET k ${'x'.repeat(100_000)}`, 'GET k', 'STRLEN k', `SET k ${'y'.repeat(31)}`, 'GET k'],
  [
    `SET k ${'x'.repeat(32)}`,
    'GET k',
    `SET k ${'x'.repeat(16 * 1024)}`,
    'GET k',
    `SET k ${'x'.repeat(1_000_000)}`,
    'STRLEN k',
  ],
  ['SET k 1', 'GET k', 'SET k 0010', 'GET k', 'SET k 9223372036854775808', 'GET k', 'SET k 1.50', 'GET k', 'STRLEN k'],
  [`SET ${'k'.repeat(2000)} v`, `GET ${'k'.repeat(2000)}`, `DEL ${'k'.repeat(2000)}`],
  [
    'SET k v extra',
    'SET k v ""',
    'SET k v nx',
    'SET k w Xx',
    'GET k',
    'SET k z NX XX',
    'SET k z XX NX',
    'SET k v "NX\\x00"',
  ],
];

/** What can stand behind `SET k new`, one of it, two of it, and a few longer ones. */
const SET_OPTIONS = [
  'NX',
  'XX',
  'GET',
  'KEEPTTL',
  'EX 100',
  'PX 100000',
  'EXAT 4102444800',
  'PXAT 4102444800000',
  'foo',
  'EX',
  'px',
  'EX 0',
  'EX abc',
];
const PREPARATIONS = [[], ['SET k old'], ['SET k old EX 5000']];
const LONGER_OPTIONS = [
  'NX GET EX 100',
  'GET XX PX 100000',
  'XX KEEPTTL GET',
  'GET GET GET',
  'EX 100 NX GET',
  'NX GET foo',
  'EX 1 PX 2 EXAT 3',
  'keepttl xx get',
  'get nx keepttl',
  'ex 10 xx get',
  'KEEPTTL KEEPTTL',
  'EX EX',
  'EX NX',
  'GET EX -1',
  'NX EX 0',
  'GET PXAT 1',
  'XX GET EXAT 1',
  'NX PXAT 1',
];

const setOptions: readonly Case[] = PREPARATIONS.flatMap((preparation) =>
  [
    ...SET_OPTIONS,
    ...SET_OPTIONS.flatMap((one) => SET_OPTIONS.map((other) => `${one} ${other}`)),
    ...LONGER_OPTIONS,
  ].map((options): Case => [...preparation, `SET k new ${options}`, 'GET k', 'PTTL k']),
);

const setExpiries: readonly Case[] = ['EX', 'PX', 'EXAT', 'PXAT'].flatMap((option) =>
  numbersFor(option).map(
    (number): Case => [
      'SET k old EX 5000',
      `SET k v ${option} ${number}`,
      'GET k',
      'TTL k',
      'PTTL k',
      'EXPIRETIME k',
      'PEXPIRETIME k',
    ],
  ),
);

const multiple: readonly Case[] = [
  ['MGET', 'MGET k', 'MGET k k2 k', 'SET k v', 'MGET k k2 k', 'mget k k k k'],
  ['MSET', 'MSET k', 'MSET k v k2', 'MSET k v k2 v2 k3', 'EXISTS k k2 k3', 'mset k', 'MSET k v k2 v2', 'MGET k k2 k3'],
  [
    'MSET k 1 k 2',
    'GET k',
    'MSET k 3 k2 4 k 5',
    'MGET k k2',
    `MSET "" "" ${BINARY_KEY} "\\x00"`,
    `MGET "" ${BINARY_KEY}`,
  ],
  ['SET k v EX 1000', 'MSET k w', 'TTL k', 'SET k v EX 1000', 'SET k w', 'TTL k'],
  ['DEL', 'DEL k', 'SET k v', 'DEL k', 'DEL k', 'SET k v', 'DEL k k', 'MSET k v k2 v k3 v', 'DEL k k2 k k3 k2'],
  ['UNLINK', 'UNLINK k', 'MSET k v k2 v', 'UNLINK k k k2 k3', 'EXISTS k k2', 'unlink k'],
  ['EXISTS', 'EXISTS k', 'SET k v', 'EXISTS k', 'EXISTS k k', 'EXISTS k k2 k k2', 'exists k k k'],
  ['TYPE', 'TYPE k', 'SET k v', 'TYPE k', 'TYPE k k2', 'type k', 'DEL k', 'TYPE k'],
  ['STRLEN', 'STRLEN k', 'SET k 12345', 'STRLEN k', 'STRLEN k k2', 'strlen k'],
  ['DBSIZE', 'MSET k v k2 v k3 v', 'DBSIZE', 'DEL k', 'DBSIZE', 'DBSIZE x', 'UNLINK k2 k3', 'DBSIZE'],
  ['MSET {t}a 1 {t}b 2', 'MGET {t}a {t}b', 'EXISTS {t}a {t}b', 'DEL {t}a {t}b'],
];

export const stringFamilies: readonly CaseFamily[] = [
  { name: 'GET and SET', cases: getAndSet },
  { name: 'the options of SET', cases: setOptions },
  { name: 'the expiry times of SET', cases: setExpiries },
  { name: 'commands of several keys, and of keys as such', cases: multiple },
];
