/** Any command with any words behind it: too few and too many, options without their values, keys where numbers belong. */
import fc from 'fast-check';
import { key, several, time, value, words } from './random-words.js';

/** Commands whose answers are the same on both servers, whatever stands behind them. */
const NAMES = [
  ...['GET', 'SET', 'MGET', 'MSET', 'MSETNX', 'STRLEN', 'SETNX', 'SETEX', 'PSETEX', 'GETSET', 'GETDEL', 'GETEX'],
  ...['GETRANGE', 'SUBSTR', 'SETRANGE', 'APPEND', 'LCS', 'SETBIT', 'GETBIT', 'BITCOUNT', 'BITPOS', 'BITOP', 'BITFIELD'],
  ...['BITFIELD_RO', 'INCR', 'DECR', 'INCRBY', 'DECRBY', 'DEL', 'UNLINK', 'EXISTS', 'TOUCH', 'TYPE'],
  ...['RENAME', 'RENAMENX', 'COPY', 'MOVE', 'DUMP', 'RESTORE', 'OBJECT', 'OBJECT ENCODING', 'OBJECT FREQ', 'KEYS'],
  ...['RANDOMKEY', 'EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT', 'TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME', 'PERSIST'],
  ...['FLUSHDB', 'FLUSHALL', 'SWAPDB', 'SELECT', 'PING', 'ECHO', 'AUTH', 'TIME', 'DBSIZE', 'CLIENT GETNAME'],
  ...['CLIENT SETNAME', 'CLIENT NO-EVICT', 'COMMAND GETKEYS', 'COMMAND GETKEYSANDFLAGS', 'ACL WHOAMI', 'ACL USERS'],
  ...['ACL GETUSER', 'ACL DRYRUN', 'ACL DELUSER', 'SLOWLOG RESET', 'LATENCY HISTORY', 'OBJECT REFCOUNT'],
];
const TOKENS = [
  ...['NX', 'XX', 'GT', 'LT', 'EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL', 'GET', 'SET', 'INCRBY', 'OVERFLOW', 'WRAP', 'SAT'],
  ...[
    'FAIL',
    'LEN',
    'IDX',
    'MINMATCHLEN',
    'WITHMATCHLEN',
    'BYTE',
    'BIT',
    'AND',
    'NOT',
    'REPLACE',
    'DB',
    'COUNT',
    'MATCH',
  ],
  ...['ASYNC', 'SYNC', 'PERSIST', 'ABSTTL', 'IDLETIME', 'FREQ', 'u8', 'i5', '#1', '*', 'default', 'foo', '+inf'],
];
const NUMBERS = [
  '0',
  '1',
  '-1',
  '2',
  '16',
  '63',
  '-9223372036854775808',
  '9223372036854775808',
  '007',
  '1e2',
  '0x1',
  '3.0',
];

const word = fc.oneof(
  { weight: 5, arbitrary: key },
  { weight: 3, arbitrary: fc.constantFrom(...TOKENS).chain((token) => words(token)) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: value },
  { weight: 1, arbitrary: time(false, false) },
);

/** A number that a server may take for a short time to live: which of the two lets it end first is for chance to say. */
const ENDS_SOON = /^(?:SET|GETEX|P?SETEX|P?EXPIRE|RESTORE)\b.* "?[+]?0*\d{1,3}"?(?: |$)/i;

export const soup: fc.Arbitrary<string> = words(
  fc.constantFrom(...NAMES).chain((name) => words(name)),
  several(word, 5),
).map((line) => (ENDS_SOON.test(line) ? `${line} ""` : line));
