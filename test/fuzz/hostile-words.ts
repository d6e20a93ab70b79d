/** Words of requests that a program stumbles over, beside sound ones, drawn by a seed. */
import type { Prng } from '../simulation/prng.js';

/** Keys that the hostile clients share; each has a few letters, so that they meet. */
const HOSTILE_KEYS = 40;
const LONG_BYTES_MAX = 200_000;

const NUMBERS = [
  ...['0', '-0', '+1', '1', '-1', '-2', '00', '007', '2', '10', '63', '64', '100', '255', '256', '65535', '65536'],
  ...['2147483647', '2147483648', '4294967295', '4294967296', '536870911', '536870912', '4294967288', '1099511627776'],
  ...['9007199254740991', '9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808'],
  ...[
    '-9223372036854775809',
    '18446744073709551615',
    '18446744073709551616',
    '340282366920938463463374607431768211456',
  ],
  ...['1e5', '1e308', '1e400', '-1e309', '1e99999', '1e-99999', '1e2147483648', '0x10', '1.5', '.5', '5.', '1e', 'e1'],
  ...['inf', '-inf', '+Infinity', 'nan', '-nan', ' 1', '1 ', '1\0', '\0', '1_000', '٣', '1,0', '3.0e3', '0.1e-400'],
];

const OPTIONS = [
  ...[
    'NX',
    'XX',
    'GT',
    'LT',
    'GET',
    'SET',
    'EX',
    'PX',
    'EXAT',
    'PXAT',
    'KEEPTTL',
    'PERSIST',
    'CONTEXT',
    'MATCH',
    'COUNT',
  ],
  ...[
    'TYPE',
    'string',
    'hash',
    'REPLACE',
    'ABSTTL',
    'IDLETIME',
    'FREQ',
    'DB',
    'IDX',
    'LEN',
    'MINMATCHLEN',
    'WITHMATCHLEN',
  ],
  ...['BIT', 'BYTE', 'AND', 'OR', 'XOR', 'NOT', 'INCRBY', 'OVERFLOW', 'WRAP', 'SAT', 'FAIL', 'u8', 'i64', 'u63', 'u64'],
  ...[
    'i65',
    'u0',
    '#1',
    '#9223372036854775807',
    'AUTH',
    'SETNAME',
    'default',
    'nobody',
    'HELP',
    'ON',
    'OFF',
    'SKIP',
    'ID',
  ],
  ...['USER', 'ADDR', 'LADDR', 'SKIPME', 'yes', 'no', 'MAXAGE', 'normal', 'master', 'pubsub', 'FILTERBY', 'MODULE'],
  ...['ACLCAT', 'PATTERN', 'SAMPLES', 'RESET', 'LATEST', 'LIBRARYNAME', 'WITHCODE', 'ASYNC', 'SYNC', 'command', 'all'],
];

const GLOBS = [
  ...[
    '*',
    '**********',
    '?',
    '[',
    '[^',
    '[a',
    '[a-',
    '[]]',
    '[^]',
    '[z-a]',
    '\\',
    'a\\',
    '*\\',
    'k[0-9]*',
    '[\\',
    '[a-\\',
  ],
  `${'*a'.repeat(50)}`,
  `${'*?'.repeat(500)}b`,
  `${'a*'.repeat(2000)}b`,
  `${'['.repeat(1000)}`,
  `${'*[ab]'.repeat(300)}c`,
];

const TEXTS = [
  '',
  ' ',
  '\r\n',
  '\r\n'.repeat(300),
  '$-1\r\n',
  '*1\r\n$4\r\nPING\r\n',
  '"',
  "'",
  '%s%n%x',
  '../../x',
  '<x>',
  'é',
  '\xff\xfe',
];

/** One word, usually short. */
export function hostileWord(prng: Prng): Buffer {
  switch (prng.below(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return hostileKey(prng);
    case 4:
    case 5:
    case 6:
      return Buffer.from(prng.pick(NUMBERS), 'latin1');
    case 7:
    case 8:
    case 9:
      return Buffer.from(prng.pick(OPTIONS), 'latin1');
    case 10:
      return Buffer.from(prng.pick(GLOBS), 'latin1');
    case 11:
      return Buffer.from(prng.pick(TEXTS), 'latin1');
    case 12:
      return prng.bytes(prng.below(40));
    default:
      return longWord(prng);
  }
}

export function hostileKey(prng: Prng): Buffer {
  return Buffer.from(`f${prng.below(HOSTILE_KEYS)}`);
}

export function hostileNumber(prng: Prng): Buffer {
  return Buffer.from(prng.pick(NUMBERS), 'latin1');
}

export function hostileGlob(prng: Prng): Buffer {
  return Buffer.from(prng.pick(GLOBS), 'latin1');
}

function longWord(prng: Prng): Buffer {
  const bytes = prng.chance(0.1) ? prng.below(LONG_BYTES_MAX) : prng.below(3000);
  return Buffer.alloc(bytes, prng.pick(['a', '1', '*', '\0', '\xff', 'a\r\n', '[', '\\']), 'latin1');
}
