import { type Case, type CaseFamily, numbersFor } from '../case.js';

const SETTERS = ['EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT'];
const READERS = ['TTL k', 'PTTL k', 'EXPIRETIME k', 'PEXPIRETIME k'];
const NULL_BULK: readonly [2 | 3, string][] = [
  [2, '$-1\r\n'],
  [3, '_\r\n'],
];

const numbers: readonly Case[] = SETTERS.flatMap((setter) =>
  numbersFor(setter).map((number): Case => ['SET k v', `${setter} k ${number}`, ...READERS, 'EXISTS k']),
);

/** Lower and higher than what the key has, in the unit of the command. */
const LOW_AND_HIGH: Readonly<Record<string, readonly string[]>> = {
  EXPIRE: ['100', '90000'],
  PEXPIRE: ['100000', '90000000'],
  EXPIREAT: ['4102444000', '4102448000'],
  PEXPIREAT: ['4102444000000', '4102448000000'],
};
const CONDITIONS = ['NX', 'XX', 'GT', 'LT'];
const ALL_CONDITIONS = [
  '',
  ...CONDITIONS,
  ...CONDITIONS.flatMap((one) => CONDITIONS.map((other) => `${one} ${other}`)),
  'foo',
  '""',
  'nx',
  'gT',
  'xx lt',
  'XX GT LT',
  'NX XX GT LT',
  'GT foo',
  'foo GT',
  '"\\xff"',
  '"\\xe4\\x00"',
  'EX',
  'GT GT GT',
  'constructor',
  'toString',
  '__proto__',
];
const EARLIER: Readonly<Record<string, readonly (readonly string[])[]>> = {
  EXPIRE: [[], ['SET k v'], ['SET k v EX 5000']],
  PEXPIRE: [[], ['SET k v'], ['SET k v EX 5000']],
  EXPIREAT: [[], ['SET k v'], ['SET k v EXAT 4102445000']],
  PEXPIREAT: [[], ['SET k v'], ['SET k v EXAT 4102445000']],
};

const conditions: readonly Case[] = SETTERS.flatMap((setter) =>
  (EARLIER[setter] ?? []).flatMap((earlier) =>
    (LOW_AND_HIGH[setter] ?? []).flatMap((value) =>
      ALL_CONDITIONS.map((condition): Case => [...earlier, `${setter} k ${value} ${condition}`, 'PEXPIRETIME k']),
    ),
  ),
);

const past: readonly Case[] = [
  ...SETTERS.flatMap((setter) =>
    ['', 'NX', 'XX', 'GT', 'LT', 'XX LT'].flatMap((condition): Case[] => [
      ['SET k v', `${setter} k -1 ${condition}`, 'EXISTS k', 'GET k', 'TTL k'],
      ['SET k v EX 5000', `${setter} k 0 ${condition}`, 'EXISTS k', 'GET k', 'PTTL k'],
      [`${setter} k -1 ${condition}`, 'TTL k'],
    ]),
  ),
  [
    'SET k v EXAT 4102445000',
    'EXPIREAT k 4102445000 GT',
    'EXPIREAT k 4102445000 LT',
    'PEXPIREAT k 4102445000000 GT',
    'PEXPIRETIME k',
  ],
  ['FLUSHALL', 'SET k v', 'SET k w PXAT 1', 'DBSIZE', 'GET k', 'DBSIZE'],
  ['FLUSHALL', 'SET k v', 'PEXPIREAT k 1', 'DBSIZE'],
  ['SET k v', 'SET k w PXAT 1', 'GET k', 'EXISTS k', 'DEL k', 'SET k w EXAT 1 GET', 'GET k', 'SET k z NX', 'GET k'],
  ['SET k v', 'SET k w XX GET PXAT 1000', 'EXISTS k', 'TTL k', 'EXPIRETIME k', 'TYPE k', 'STRLEN k'],
];

const readers: readonly Case[] = [
  ...['TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME', 'PERSIST'].map(
    (reader): Case => [reader, `${reader} k`, 'SET k v', `${reader} k`, `${reader} k k2`, `${reader.toLowerCase()} k`],
  ),
  ...SETTERS.map(
    (setter): Case => [
      setter,
      `${setter} k`,
      `${setter.toLowerCase()} k 4102444800000`,
      `${setter} k abc NX XX`,
      `${setter} k 1 foo`,
      `${setter} "" 10`,
    ],
  ),
  ['SET k v EX 1000', 'PERSIST k', 'TTL k', 'PERSIST k', 'GET k'],
  ['SET k v EX 1000', 'SET k w KEEPTTL', 'TTL k', 'SET k w', 'TTL k', 'SET k v KEEPTTL', 'TTL k'],
  [
    'SET k v PXAT 4102444800499',
    'EXPIRETIME k',
    'SET k v PXAT 4102444800500',
    'EXPIRETIME k',
    'SET k v PXAT 4102444800999',
    'EXPIRETIME k',
    'PEXPIRETIME k',
  ],
  ['SET k v PX 61500', 'TTL k', 'SET k v PX 100500', 'TTL k', 'SET k v PX 100499', 'PTTL k'],
];

/** What is left of a key whose time has come. */
function overtime(resp: 2 | 3, nullReply: string): CaseFamily {
  const gone = (key: string) => ({ until: `GET ${key}`, reply: nullReply });
  return {
    name: `keys whose time comes (RESP${resp})`,
    cases: [
      ['SET k v PX 20', gone('k'), 'EXISTS k', ...READERS, 'TYPE k', 'STRLEN k', 'PERSIST k', 'EXPIRE k 100', 'DEL k'],
      ['SET k v PX 20', gone('k'), 'SET k w XX', 'SET k w XX GET', 'SET k w NX', 'GET k', 'TTL k'],
      ['SET k v PX 20', gone('k'), 'SET k w KEEPTTL', 'TTL k', 'GET k'],
      ['SET k v', 'PEXPIRE k 20', gone('k'), 'SET k w NX GET', 'MGET k k2', 'EXISTS k k', 'DEL k k2'],
    ].map((steps): Case => [...(resp === 3 ? ['HELLO 3'] : []), ...steps]),
  };
}

export const expiryFamilies: readonly CaseFamily[] = [
  { name: 'the times of EXPIRE and its kin', cases: numbers },
  { name: 'the conditions of EXPIRE and its kin', cases: conditions },
  { name: 'times in the past', cases: past },
  { name: 'TTL, PERSIST and their kin', cases: readers },
];

/** These choose their protocol themselves. */
export const overtimeFamilies: readonly CaseFamily[] = NULL_BULK.map(([resp, reply]) => overtime(resp, reply));
