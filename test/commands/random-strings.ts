/** Random commands that read and change parts and bits of strings. */
import fc from 'fast-check';
import { key, several, time, value, words } from './random-words.js';

const index = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -12, max: 12 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('x', '""', '9223372036854775807', '-9223372036854775808', '01', '1.5') },
);
/** Of a byte or a bit: short, so that strings stay so. */
const offset = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 40 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('-1', 'x', '""', '#1', '4294967296', '9223372036854775807') },
);
const bit = fc.constantFrom('0', '1', '0', '1', '0', '1', '2', 'x');
const unit = fc.constantFrom('', '', 'BYTE', 'BIT', 'bit', 'foo');

const width = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constantFrom('i', 'u'), fc.integer({ min: 1, max: 63 })).map((two) => two.join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom('i64', 'u64', 'i0', 'i65', 'x8', '8') },
);
const fieldOffset = fc.oneof(
  offset,
  fc.nat({ max: 5 }).map((place) => `#${place}`),
);
const amount = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
);
const fieldStep = fc.oneof(
  { weight: 3, arbitrary: words('GET', width, fieldOffset) },
  { weight: 3, arbitrary: words('SET', width, fieldOffset, amount) },
  { weight: 5, arbitrary: words('INCRBY', width, fieldOffset, amount) },
  { weight: 3, arbitrary: words('OVERFLOW', fc.constantFrom('WRAP', 'SAT', 'FAIL', 'sat', 'foo')) },
);

const lcsOption = fc.oneof(
  fc.constantFrom('LEN', 'IDX', 'IDX', 'WITHMATCHLEN', 'foo'),
  words('MINMATCHLEN', fc.constantFrom('0', '1', '2', '-1', 'x')),
);
const getExOption = fc.oneof(
  fc.constantFrom('PERSIST', 'EX', 'KEEPTTL'),
  words('EX', time(false, false)),
  words('PX', time(false, true)),
  words('EXAT', time(true, false)),
  words('PXAT', time(true, true)),
);

export const stringCommand: fc.Arbitrary<string> = fc.oneof(
  words('SETNX', key, value),
  words('SETEX', key, time(false, false), value),
  words('PSETEX', key, time(false, true), value),
  words('GETSET', key, value),
  words('GETDEL', key),
  words('GETEX', key, several(getExOption, 2)),
  words('MSETNX', several(words(key, value), 3)),
  words('APPEND', key, value),
  words(fc.constantFrom('GETRANGE', 'SUBSTR'), key, index, index),
  words('SETRANGE', key, offset, value),
  words('LCS', key, key, several(lcsOption, 3)),
  words('SETBIT', key, offset, bit),
  words('GETBIT', key, offset),
  words('BITCOUNT', key),
  words('BITCOUNT', key, index, index, unit),
  words('BITPOS', key, bit, several(index, 2)),
  words('BITPOS', key, bit, index, index, unit),
  words('BITOP', fc.constantFrom('AND', 'OR', 'XOR', 'NOT', 'foo'), key, several(key, 3)),
  { weight: 3, arbitrary: words('BITFIELD', key, several(fieldStep, 4)) },
  words('BITFIELD_RO', key, several(fieldStep, 2)),
);
