import { crc64 } from '../../../server/rdb/crc64.js';
import { dumpString } from '../../../server/rdb/string-payload.js';
import { type Case, type CaseFamily, NUMBERS, numbersFor } from '../case.js';

/** What looks through all keys has a database to itself, as the other cases leave keys in theirs. */
const OWN_DB = 'SELECT 9';
const KEYS = ['a', 'b', 'ab', 'abc', 'a-c', 'A', '"a]"', '"a*"', '"a\\\\"', '"\\x00\\xff"', '""', '{t}a', '{t}b', '^'];
const SET_ALL = `MSET ${KEYS.map((key) => `${key} v`).join(' ')}`;
const DELETE_ALL = `DEL ${KEYS.join(' ')}`;

const PATTERNS = [
  '*',
  '**',
  '?',
  '??',
  '*?',
  'a',
  'a*',
  '*a',
  '*b*',
  'A*',
  '""',
  '{t}*',
  '[ab]',
  '[a-b]*',
  '[b-a]',
  '[^a]',
  '[^a]*',
  '[^]',
  '[^]*',
  '[]',
  '[]a]',
  '[a-]*',
  '[a-]b]',
  '[a',
  '[a-',
  '[a-c',
  '[^a',
  '[',
  '[^',
  '[^^]',
  '[-a]',
  'a[-]c',
  'a[a-]c',
  '"a[\\\\]]"',
  '"a[\\\\-c]*"',
  '"a[\\\\"',
  '"\\\\a"',
  '"\\\\*"',
  '"a\\\\*"',
  '"a\\\\\\\\"',
  '"a\\\\"',
  '"\\\\"',
  '"\\x00*"',
  '"*\\xff"',
  '"[\\x80-\\xff]*"',
  '"?[\\x80-\\xff]"',
  '"[a-\\xff]*"',
  '*a*b*c*',
  '*[bc]',
  'a?c',
  'ab*c*',
];

const patterns: readonly Case[] = [
  [
    OWN_DB,
    SET_ALL,
    ...PATTERNS.flatMap((pattern) => [`KEYS ${pattern}`, `SCAN 0 COUNT 100 MATCH ${pattern}`]),
    DELETE_ALL,
  ],
];

const scan: readonly Case[] = [
  [OWN_DB, SET_ALL, ...Array<string>(20).fill('RANDOMKEY'), DELETE_ALL],
  [OWN_DB, 'SCAN 0', 'SCAN', 'scan 0', 'SET k v', 'SCAN 0', 'SCAN 0 COUNT 1000', 'KEYS *', 'DEL k', 'SCAN 0', 'KEYS *'],
  [OWN_DB, ...NUMBERS.map((number) => `SCAN ${number}`)],
  [OWN_DB, ...NUMBERS.map((number) => `SCAN 0 COUNT ${number}`)],
  [
    OWN_DB,
    'SCAN "0 "',
    'SCAN " 0"',
    'SCAN "\\t0"',
    'SCAN --1',
    'SCAN 18446744073709551615',
    'SCAN 18446744073709551616',
  ],
  [OWN_DB, 'SCAN foo COUNT bar', 'SCAN 0 COUNT', 'SCAN 0 MATCH', 'SCAN 0 TYPE', 'SCAN 0 foo', 'SCAN 0 foo bar'],
  [OWN_DB, 'SCAN 0 COUNT 1 COUNT', 'SCAN 0 COUNT abc foo', 'SCAN 0 COUNT 5 COUNT 100', 'SCAN 0 match a MATCH *'],
  [
    OWN_DB,
    SET_ALL,
    'SCAN 0 COUNT 100',
    'SCAN 0 COUNT 100 TYPE string',
    'SCAN 0 COUNT 100 TYPE String',
    'SCAN 0 COUNT 100 TYPE list',
    'SCAN 0 COUNT 100 TYPE foo',
    'SCAN 0 TYPE list TYPE string MATCH a COUNT 100',
    'SCAN 0 COUNT 100 MATCH nothing',
    'DEL ab abc',
    'SCAN 0 COUNT 100',
    'PEXPIRE a 1000000',
    'SCAN 0 COUNT 100',
    'PEXPIREAT b 1',
    'KEYS *',
    'SCAN 0 COUNT 100 MATCH *',
    DELETE_ALL,
    'SCAN 0',
    'KEYS *',
  ],
  [OWN_DB, 'KEYS', 'KEYS a b', 'keys *', 'KEYS ""', 'RANDOMKEY a', 'RANDOMKEY', 'SET k v', 'RANDOMKEY', 'randomkey'],
  [
    OWN_DB,
    'RANDOMKEY',
    'DEL k',
    'RANDOMKEY',
    'SELECT 8',
    'SET k v',
    'SELECT 9',
    'KEYS *',
    'SCAN 0',
    'SELECT 8',
    'DEL k',
  ],
];

const NAMES = ['k', 'k2', '{t}a', '""'];

const renames: readonly Case[] = [
  ['RENAME', 'RENAME k', 'RENAME k k2', 'RENAME k k', 'RENAMENX k k', 'RENAMENX k k2', 'RENAMENX k', 'rename k k2 k3'],
  ...['RENAME', 'RENAMENX'].flatMap((command): Case[] => [
    ['SET k v', `${command} k k2`, 'GET k', 'GET k2', `${command} k k2`, `${command} k2 k2`, 'GET k2'],
    ['SET k v', 'SET k2 w', `${command} k k2`, 'MGET k k2', 'EXISTS k k2'],
    ['SET k v PXAT 4102444800000', `${command} k k2`, 'PEXPIRETIME k2', 'PEXPIRETIME k', 'GET k2'],
    ['SET k v', 'SET k2 w PXAT 4102444800000', `${command} k k2`, 'PEXPIRETIME k2', 'PEXPIRETIME k'],
    ['SET k 5', 'INCR k', `${command} k k2`, 'GET k2', 'INCR k2', 'GET k'],
    ['SET k v PXAT 1', `${command} k k2`, 'SET k2 w', `${command} k k2`, 'GET k2'],
    ['SET k ""', `${command} k "\\x00\\xff\\r\\n"`, 'GET "\\x00\\xff\\r\\n"', 'STRLEN k'],
  ]),
  ['MSET k 1 k2 2', 'RENAME k k3', 'RENAME k2 k', 'RENAME k3 k2', 'MGET k k2 k3'],
];

const DATABASES = ['0', '1', '15', '16', '-1', '2147483647', '2147483648', '-2147483649', 'abc', '""', '1.0', '01'];

const copies: readonly Case[] = [
  ['COPY', 'COPY k', 'COPY k k2', 'COPY k k', 'COPY k k2 foo', 'COPY k k2 DB', 'COPY k k2 REPLACE', 'COPY k k REPLACE'],
  [
    'SET k v',
    'COPY k k2',
    'MGET k k2',
    'SET k w',
    'COPY k k2',
    'MGET k k2',
    'copy k k2 replace',
    'MGET k k2',
    'COPY k k',
  ],
  ['SET k v PXAT 4102444800000', 'COPY k k2', 'PEXPIRETIME k2', 'PERSIST k', 'COPY k k2 REPLACE', 'PEXPIRETIME k2'],
  ['SET k v PXAT 1', 'COPY k k2', 'EXISTS k2', 'SET k v', 'SET k2 w PXAT 1', 'COPY k k2', 'GET k2'],
  ['SET k v', ...DATABASES.map((db) => `COPY k k2 DB ${db} REPLACE`), 'GET k2', 'SELECT 15', 'GET k2', 'DEL k2'],
  ['SET k v', 'COPY k k DB 1', 'COPY k k DB 1', 'COPY k k DB 0', 'COPY k k2 DB 1 DB 0', 'GET k2', 'SELECT 1', 'GET k'],
  ['SET k v', 'COPY k k2 DB abc foo', 'COPY k k2 foo DB abc', 'COPY k k2 REPLACE REPLACE', 'COPY k k2 DB 99 foo'],
  ['SELECT 1', 'SET k v', 'COPY k k2 DB 0', 'GET k2', 'SELECT 0', 'GET k2', 'GET k'],
];

const moves: readonly Case[] = [
  ['MOVE', 'MOVE k', 'MOVE k 1', 'MOVE k 0', 'MOVE k 1 2', ...DATABASES.map((db) => `MOVE k ${db}`)],
  ['SET k v', 'MOVE k 0', 'MOVE k 1', 'GET k', 'MOVE k 1', 'SET k w', 'MOVE k 1', 'GET k', 'SELECT 1', 'GET k'],
  ['SET k v PXAT 4102444800000', 'move k 1', 'PTTL k', 'SELECT 1', 'PEXPIRETIME k', 'MOVE k 0', 'SELECT 0', 'GET k'],
];

/** Values around the ends of what Redis keeps in one way or another. */
const VALUES = [...NUMBERS, 'v', ...[20, 21, 43, 44, 45, 100].map((length) => 'x'.repeat(length)), '9999', '10000'];
const SUBCOMMANDS = ['ENCODING', 'REFCOUNT', 'IDLETIME', 'FREQ', 'encoding'];

const objects: readonly Case[] = [
  VALUES.flatMap((value) => [`SET k ${value}`, 'OBJECT ENCODING k', 'OBJECT REFCOUNT k']),
  SUBCOMMANDS.flatMap((word) => [`OBJECT ${word} k`, `OBJECT ${word}`, `OBJECT ${word} k k2`]),
  [
    'SET k v',
    ...SUBCOMMANDS.map((word) => `OBJECT ${word} k`),
    'OBJECT',
    'OBJECT foo',
    'OBJECT foo k',
    'OBJECT HELP k',
  ],
  ['SET k v PXAT 1', 'OBJECT ENCODING k', 'OBJECT FREQ k', 'INCR k', 'OBJECT ENCODING k', 'OBJECT REFCOUNT k'],
  ['TOUCH', 'TOUCH k', 'SET k v', 'TOUCH k', 'TOUCH k k k2', 'touch k2 k', ...NAMES.map((name) => `TOUCH ${name}`)],
];

/** Bytes as a word of a line. */
const word = (bytes: Buffer): string =>
  `"${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
export const payloadOf = (value: string): string => word(dumpString(Buffer.from(value, 'latin1')));
/** A payload with other bytes before its footer, which is right again. */
function forged(...body: readonly number[]): string {
  const bytes = Buffer.from([...body, 10, 0]);
  return word(Buffer.concat([bytes, crc64(bytes)]));
}
const PAYLOAD = payloadOf('hello');
/** Redis does not see where the footer begins, so that none of these makes sense with its bytes either. */
const WRONG_PAYLOADS = [
  '""',
  'abc',
  'a'.repeat(10),
  word(Buffer.concat([dumpString(Buffer.from('hello')).subarray(0, -1), Buffer.of(1)])),
  word(Buffer.from([0, 1, 97, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
  forged(),
  forged(0),
  forged(0, 0x3f, 97),
  forged(0, 0x40),
  forged(0, 0x80, 0, 0, 1, 0, 97),
  forged(0, 0xc3, 2, 5, 0, 97),
  forged(0, 0xc3, 3, 5, 0, 97, 0x20),
  forged(0, 0xc3, 4, 5, 0, 97, 0x20, 9),
  forged(0, 0xc3, 9, 5, 0, 97),
  forged(0xfe, 1, 97),
];
const RIGHT_PAYLOADS = [
  forged(0, 1, 97, 98),
  forged(0, 0x40, 1, 97),
  forged(0, 0x80, 0, 0, 0, 1, 97),
  forged(0, 0xc0, 0x80),
  forged(0, 0xc2, 1, 0, 0, 0),
  forged(0, 0xc3, 4, 6, 0, 97, 0x60, 0),
  ...['', '0', '-129', '40000', 'abc'.repeat(30), 'x'.repeat(20_000)].map(payloadOf),
];

const dumps: readonly Case[] = [
  [...VALUES, '""', '"\\x00\\xff"'].flatMap((value) => [`SET k ${value}`, 'DUMP k']),
  ['DUMP', 'DUMP k', 'DUMP k k2', 'SET k v PXAT 1', 'DUMP k', 'SET k 1', 'INCR k', 'DUMP k'],
  [
    `SET k ${'abc'.repeat(100)}`,
    'DUMP k',
    `SET k ${'x'.repeat(100_000)}`,
    'DUMP k',
    `SET k ${VALUES.join('')}`,
    'DUMP k',
  ],
];

const restores: readonly Case[] = [
  ['RESTORE', 'RESTORE k', 'RESTORE k 0', `RESTORE k 0 ${PAYLOAD}`, 'GET k', 'PTTL k', `RESTORE k 0 ${PAYLOAD}`],
  [...WRONG_PAYLOADS.flatMap((payload) => [`RESTORE k 0 ${payload}`, 'GET k'])],
  [...RIGHT_PAYLOADS.flatMap((payload) => [`RESTORE k 0 ${payload} REPLACE`, 'GET k', 'OBJECT ENCODING k'])],
  [...numbersFor('PX').flatMap((number) => [`RESTORE k ${number} ${PAYLOAD}`, 'EXISTS k', 'DEL k'])],
  [...NUMBERS.flatMap((number) => [`RESTORE k ${number} ${PAYLOAD} ABSTTL`, 'EXISTS k', 'DEL k'])],
  [...NUMBERS.map((number) => `RESTORE k 0 ${PAYLOAD} IDLETIME ${number} REPLACE`)],
  [...NUMBERS.map((number) => `RESTORE k 0 ${PAYLOAD} REPLACE FREQ ${number}`)],
  [
    'SET k v',
    `RESTORE k 0 ${PAYLOAD}`,
    'RESTORE k abc def',
    'RESTORE k abc def foo',
    'RESTORE k abc def REPLACE',
    'GET k',
  ],
  ['SET k v', `RESTORE k 1 ${PAYLOAD} REPLACE ABSTTL`, 'GET k', `RESTORE k2 1 ${PAYLOAD} ABSTTL`, 'GET k2'],
  [`RESTORE k 4102444800000 ${PAYLOAD} ABSTTL`, 'PEXPIRETIME k', `restore k 0 ${PAYLOAD} replace`, 'PEXPIRETIME k'],
  ...[
    'IDLETIME',
    'FREQ',
    'IDLETIME 5 FREQ 5',
    'FREQ 5 IDLETIME 5',
    'FREQ 256',
    'FREQ 1 FREQ 2',
    'IDLETIME 1 IDLETIME 2',
  ].map(
    (options): Case => [
      `RESTORE k 0 ${PAYLOAD} ${options}`,
      `RESTORE k 0 ${PAYLOAD} ${options} REPLACE ABSTTL`,
      'GET k',
    ],
  ),
];

const waits: readonly Case[] = [
  ['WAIT', 'WAIT 1', 'WAIT 1 1 1', 'WAIT a b', 'WAIT 1 a', 'WAIT a 1', 'WAIT 1 -1'],
  [...NUMBERS.map((number) => `WAIT ${number} -5`)],
];

export const keyFamilies: readonly CaseFamily[] = [
  { name: 'patterns of keys', cases: patterns },
  { name: 'SCAN, KEYS and RANDOMKEY', cases: scan },
  { name: 'RENAME and RENAMENX', cases: renames },
  { name: 'COPY', cases: copies },
  { name: 'MOVE', cases: moves },
  { name: 'OBJECT and TOUCH', cases: objects },
  { name: 'DUMP', cases: dumps },
  { name: 'RESTORE', cases: restores },
  { name: 'WAIT', cases: waits },
];
