import { type Case, type CaseFamily, NUMBERS } from '../case.js';

const LOOK = ['GET k', 'STRLEN k', 'TTL k'];
const TYPES = ['i1', 'u1', 'i8', 'u8', 'i9', 'u63', 'i64', 'i33'];
const BAD_TYPES = [
  'u64',
  'i65',
  'i0',
  'u0',
  'i-1',
  'x8',
  'u',
  'i',
  '""',
  '8',
  'U8',
  'I8',
  'u08',
  'u8.0',
  'u9223372036854775808',
];
const OFFSETS = ['0', '1', '7', '13', '63', '#0', '#1', '#3'];
const BAD_OFFSETS = [
  '-1',
  'a',
  '""',
  '#',
  '#-1',
  '#a',
  '##1',
  '01',
  '4294967296',
  '#4294967296',
  '9223372036854775808',
];
const AMOUNTS = [
  '0',
  '1',
  '-1',
  '127',
  '128',
  '-128',
  '-129',
  '255',
  '256',
  '9223372036854775807',
  '-9223372036854775808',
];
/** Of this one, eight times some bits is 0 in 64 bits. */
const WRAPPING = '#2305843009213693952';

const syntax: readonly Case[] = [
  [
    'BITFIELD',
    'BITFIELD k',
    'BITFIELD k GET',
    'BITFIELD k GET u8',
    'BITFIELD k foo',
    'BITFIELD k SET u8 0',
    'EXISTS k',
  ],
  ['BITFIELD k OVERFLOW', 'BITFIELD k OVERFLOW foo', 'BITFIELD k OVERFLOW WRAP', 'bitfield k overflow sat', 'EXISTS k'],
  [
    'BITFIELD k INCRBY u8 0',
    'BITFIELD k INCRBY u8 0 a',
    'BITFIELD k SET u8 0 1.0',
    'BITFIELD k SET u8 0 ""',
    'EXISTS k',
  ],
  [
    'BITFIELD k GET u8 0 GET',
    'BITFIELD k SET u8 0 1 foo',
    'BITFIELD k SET u8 a 1',
    'BITFIELD k SET x8 a b',
    'EXISTS k',
  ],
  ['BITFIELD k GET u8 0 OVERFLOW', 'BITFIELD k GET u8 0 OVERFLOW FAIL', 'bitfield k get u8 #1 set i4 #0 -3', ...LOOK],
  [
    'BITFIELD_RO',
    'BITFIELD_RO k',
    'BITFIELD_RO k GET u8 0',
    'BITFIELD_RO k SET u8 0 1',
    'BITFIELD_RO k foo',
    'EXISTS k',
  ],
  ['BITFIELD_RO k SET u8 0', 'BITFIELD_RO k SET u64 0 1', 'BITFIELD_RO k OVERFLOW SAT', 'BITFIELD_RO k OVERFLOW foo'],
  ['BITFIELD_RO k INCRBY u8 0 1 GET foo 0', 'bitfield_ro k get i8 0 GET u4 #1', 'EXISTS k'],
  BAD_TYPES.flatMap((type) => [
    `BITFIELD k GET ${type} 0`,
    `BITFIELD k SET ${type} 0 1`,
    `BITFIELD_RO k GET ${type} 0`,
  ]),
  BAD_OFFSETS.flatMap((offset) => [`BITFIELD k GET u8 ${offset}`, `BITFIELD k SET u8 ${offset} 1`]),
  NUMBERS.flatMap((number) => [`BITFIELD k GET u8 ${number}`, `BITFIELD k OVERFLOW FAIL SET u8 0 ${number}`]),
  [
    `BITFIELD k GET u8 ${WRAPPING}`,
    `BITFIELD k SET u8 ${WRAPPING} 1`,
    'GET k',
    'BITFIELD k GET u63 #73786976294838206',
  ],
];

const reads: readonly Case[] = [
  TYPES.flatMap((type) => OFFSETS.map((offset) => `BITFIELD k GET ${type} ${offset}`)),
  [
    'SET k "\\x12\\x34\\xfe\\xdc\\x00\\xff\\x80\\x01\\x7f"',
    ...TYPES.flatMap((type) => OFFSETS.map((offset) => `BITFIELD k GET ${type} ${offset}`)),
  ],
  [
    'SET k "\\x12\\x34\\xfe\\xdc\\x00\\xff\\x80\\x01\\x7f"',
    ...TYPES.flatMap((type) => OFFSETS.map((offset) => `BITFIELD_RO k GET ${type} ${offset}`)),
  ],
  ['SET k ""', 'BITFIELD k GET u8 0', 'BITFIELD_RO k GET i64 4294967295', 'BITFIELD k', 'BITFIELD_RO k'],
];

const writes: readonly Case[] = [
  ...['', 'OVERFLOW WRAP', 'OVERFLOW SAT', 'OVERFLOW FAIL'].flatMap((overflow) =>
    TYPES.map(
      (type): Case => [
        'SET k "\\x12\\x34\\xfe\\xdc\\x00\\xff\\x80\\x01\\x7f" EX 100',
        ...AMOUNTS.flatMap((amount) => [
          `BITFIELD k ${overflow} SET ${type} 5 ${amount} GET ${type} 5`,
          `BITFIELD k ${overflow} INCRBY ${type} 13 ${amount}`,
          `BITFIELD k ${overflow} INCRBY ${type} #1 ${amount} INCRBY ${type} #1 ${amount}`,
          'GET k',
        ]),
        ...LOOK,
      ],
    ),
  ),
  ['BITFIELD k OVERFLOW FAIL INCRBY u8 0 300', ...LOOK, 'BITFIELD k OVERFLOW FAIL INCRBY u8 100 300', ...LOOK],
  ['BITFIELD k SET u8 0 0', ...LOOK, 'BITFIELD k SET i64 64 -1 GET u4 0', ...LOOK, 'BITFIELD k GET u8 1000', ...LOOK],
  ['SET k "\\xff" EX 100', 'BITFIELD k INCRBY u4 0 1 OVERFLOW SAT INCRBY u4 0 20 OVERFLOW FAIL INCRBY u4 0 1', ...LOOK],
  ['SET k v PXAT 1', 'BITFIELD k INCRBY u8 0 1', ...LOOK],
];

const VALUES = ['"\\xff\\x0f\\x00\\xaa"', '"\\x0f\\xff"', '""', '"\\x01\\x02\\x04\\x08\\x10\\x20\\x40\\x80\\xff"'];
const OPERATIONS = ['AND', 'OR', 'XOR', 'and', 'oR'];

const bitOp: readonly Case[] = [
  [
    'BITOP',
    'BITOP AND',
    'BITOP AND k',
    'BITOP AND k k2',
    'EXISTS k',
    'BITOP foo k k2',
    'BITOP NOT k k2 k3',
    'BITOP "" k k',
  ],
  ['SET k v EX 100', 'BITOP OR k k2', ...LOOK, 'EXISTS k', 'BITOP NOT k k2', 'EXISTS k'],
  ['SET k v EX 100', 'SET k2 abc', 'BITOP OR k k2', ...LOOK, 'BITOP NOT k k2', ...LOOK, 'BITOP NOT k k', ...LOOK],
  ['SET k2 ""', 'SET k v', 'BITOP XOR k k2', 'EXISTS k', 'BITOP AND k k2 k2', 'EXISTS k', 'bitop not k k2', 'EXISTS k'],
  ['SET k v PXAT 1', 'BITOP OR k2 k', 'EXISTS k2', 'SET k2 w PXAT 1', 'BITOP OR k2 k2 k', 'EXISTS k2'],
  ...VALUES.flatMap((one) =>
    VALUES.map(
      (other): Case => [
        `MSET k ${one} k2 ${other}`,
        ...OPERATIONS.flatMap((operation) => [
          `BITOP ${operation} k3 k k2`,
          'GET k3',
          `BITOP ${operation} k3 k2 k k2`,
          'GET k3',
          `BITOP ${operation} k3 k nosuch`,
          'GET k3',
        ]),
        'BITOP NOT k3 k',
        'GET k3',
        'BITOP XOR k k k2',
        'GET k',
      ],
    ),
  ),
];

const msetNx: readonly Case[] = [
  ['MSETNX', 'MSETNX k', 'MSETNX k v k2', 'msetnx k', 'EXISTS k k2', 'MSETNX k v k2 w', 'MGET k k2', 'MSETNX k3 x k y'],
  ['SET k v', 'MSETNX k2 a k b k3 c', 'MGET k k2 k3', 'MSETNX k2 a k3 c', 'MGET k k2 k3', 'MSETNX k v'],
  ['MSETNX k a k b k c', 'GET k', 'MSETNX k d k2 e', 'EXISTS k2', 'MSETNX k2 "" k3 "\\x00"', 'MGET k2 k3', 'TTL k2'],
  [
    'SET k v PXAT 1',
    'MSETNX k a k2 b',
    'MGET k k2',
    'DEL k',
    'MSETNX k a k2 b',
    'EXISTS k',
    'DEL k2',
    'MSETNX k a k2 b',
    'TTL k',
  ],
];

const keyFlags: readonly Case[] = [
  [
    'BITOP AND d a b',
    'BITFIELD k GET u8 0',
    'BITFIELD k SET u8 0 1',
    'BITFIELD k',
    'BITFIELD k OVERFLOW SAT',
    'LCS a b',
  ].map((command) => `COMMAND GETKEYSANDFLAGS ${command}`),
  [
    'BITFIELD k foo',
    'BITFIELD k GET u8',
    'BITFIELD k GET u8 0 OVERFLOW',
    'MSETNX a 1 b 2',
    'GETEX k',
    'BITOP AND d',
  ].map((command) => `COMMAND GETKEYSANDFLAGS ${command}`),
];

/** A user who may read keys that begin with r, and write those that begin with w. */
const keyAccess: readonly Case[] = [
  [
    'ACL SETUSER u on nopass +@all resetkeys %R~r* %W~w*',
    ...[
      'BITOP AND w r1 r2',
      'BITOP AND r w r',
      'BITOP AND w w r',
      'BITFIELD r GET u8 0',
      'BITFIELD r SET u8 0 1',
      'BITFIELD w SET u8 0 1',
      'BITFIELD w foo',
      'BITFIELD_RO r GET u8 0',
      'MSETNX w1 1 w2 2',
      'MSETNX w1 1 r 2',
      'LCS r1 r2',
      'LCS r w',
      'APPEND w x',
      'SETRANGE w 0 x',
      'SETNX w x',
      'SETEX w 10 x',
      'SETBIT w 0 1',
      'GETSET w x',
      'GETDEL w',
      'GETDEL r',
      'GETEX r',
      'GETRANGE w 0 1',
      'GETBIT r 1',
    ].map((command) => `ACL DRYRUN u ${command}`),
    'ACL DELUSER u',
  ],
];

/** Commands on integers within strings, and those on the bits of several strings. */
export const bitFieldFamilies: readonly CaseFamily[] = [
  { name: 'the arguments of BITFIELD', cases: syntax },
  { name: 'BITFIELD GET', cases: reads },
  { name: 'BITFIELD SET and INCRBY', cases: writes },
  { name: 'BITOP', cases: bitOp },
  { name: 'MSETNX', cases: msetNx },
  { name: 'the keys of commands on strings', cases: keyFlags },
  { name: 'access to the keys of commands on strings', cases: keyAccess },
];
