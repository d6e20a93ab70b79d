/** Random commands on a few keys, as lines of words, for servers that are asked the same. */
import fc from 'fast-check';
import { databaseCommand, keyCommand, serverCommand } from './random-keys.js';
import { soup } from './random-soup.js';
import { stringCommand } from './random-strings.js';
import { KEYS, key, several, time, value, words } from './random-words.js';

const setOption = fc.oneof(
  fc.constantFrom('NX', 'XX', 'GET', 'KEEPTTL', 'nx', 'xx', 'get', 'keepttl', 'foo', 'EX', 'PXAT'),
  words('EX', time(false, false)),
  words('PX', time(false, true)),
  words('EXAT', time(true, false)),
  words('PXAT', time(true, true)),
);
const DATABASES = [2, 1, 0];
/** Holds no number that is too long for a long double: ours are exact beyond. */
const FLOAT_KEY = fc.constant('{t}b');
const condition = fc.constantFrom('NX', 'XX', 'GT', 'LT', 'gt', 'foo');

const command: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: words('SET', key, value) },
  { weight: 10, arbitrary: words('SET', key, value, several(setOption, 3)) },
  { weight: 4, arbitrary: words('GET', key) },
  { weight: 2, arbitrary: words(fc.constantFrom('INCR', 'DECR'), key) },
  { weight: 2, arbitrary: words(fc.constantFrom('INCRBY', 'DECRBY'), key, value) },
  { weight: 2, arbitrary: words('INCRBYFLOAT', FLOAT_KEY, fc.constantFrom('0.5', '-1.25', '2', '1e2', 'x', 'nan')) },
  { weight: 1, arbitrary: words('SET', FLOAT_KEY, fc.constantFrom('1.5', '7', '3.0e2', 'abc')) },
  { weight: 1, arbitrary: words(fc.constantFrom('GET', 'INCR', 'DEL', 'TYPE'), FLOAT_KEY) },
  { weight: 20, arbitrary: stringCommand },
  { weight: 12, arbitrary: keyCommand },
  { weight: 6, arbitrary: databaseCommand },
  { weight: 3, arbitrary: serverCommand },
  { weight: 10, arbitrary: soup },
  { weight: 2, arbitrary: words('MGET', several(key, 4)) },
  { weight: 2, arbitrary: words('MSET', several(words(key, value), 3)) },
  { weight: 1, arbitrary: words('MSET', several(value, 5)) },
  { weight: 2, arbitrary: words('DEL', several(key, 3)) },
  { weight: 1, arbitrary: words('UNLINK', several(key, 3)) },
  { weight: 2, arbitrary: words('EXISTS', several(key, 4)) },
  { weight: 1, arbitrary: words('TYPE', several(key, 2)) },
  { weight: 1, arbitrary: words('STRLEN', several(key, 2)) },
  { weight: 2, arbitrary: words('EXPIRE', key, time(false, false), several(condition, 2)) },
  { weight: 2, arbitrary: words('PEXPIRE', key, time(false, true), several(condition, 2)) },
  { weight: 2, arbitrary: words('EXPIREAT', key, time(true, false), several(condition, 2)) },
  { weight: 2, arbitrary: words('PEXPIREAT', key, time(true, true), several(condition, 2)) },
  { weight: 2, arbitrary: words('TTL', key) },
  { weight: 2, arbitrary: words('PTTL', key) },
  { weight: 2, arbitrary: words('EXPIRETIME', key) },
  { weight: 4, arbitrary: words('PEXPIRETIME', key) },
  { weight: 2, arbitrary: words('PERSIST', key) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'DBSIZE',
      'SELECT 1',
      'SELECT 0',
      'HELLO 3 foo',
      'PING',
      'NOSUCH k',
      'SET',
      'GET k k2',
      'CLIENT NOSUCH',
    ),
  },
);

/** What ends by itself: ours is counted until it is reaped. */
const EXPIRES = /EX|PX|RESTORE/i;

/** Sequences of commands, with a look at all keys at the end. */
export const commandLines: fc.Arbitrary<string[]> = fc
  .array(command, { minLength: 1, maxLength: 60, size: 'max' })
  .map((lines) => [
    ...(lines.some((line) => EXPIRES.test(line)) ? lines.filter((line) => !/^DBSIZE/i.test(line)) : lines),
    ...DATABASES.flatMap((database) => [`SELECT ${database}`, `MGET ${KEYS.join(' ')}`, 'KEYS *']),
    'SELECT 0',
    ...KEYS.map((one) => `PEXPIRETIME ${one}`),
    ...KEYS.map((one) => `TTL ${one}`),
  ]);

/**
 * Whether the reply depends on when a command ran, or on other keys than its own; or whether only its own line tells which
 * differences are allowed.
 */
const NEEDS_ITS_TURN =
  /^(?:P?TTL|P?EXPIRETIME|TIME|DBSIZE|KEYS|SCAN|RANDOMKEY|DUMP|OBJECT|HELLO|ACL|COMMAND|RESTORE)\b|\\x00/i;

/** Sequences whose replies are the same when they are sent all at once. */
export const pipelines: fc.Arbitrary<string[]> = commandLines.map((lines) =>
  lines.filter((line) => !NEEDS_ITS_TURN.test(line)),
);
