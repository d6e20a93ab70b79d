/** Random commands on a few keys, as lines of words, for servers that are asked the same. */
import fc from 'fast-check';
import { stringCommand } from './random-strings.js';
import { KEYS, key, several, time, value, words } from './random-words.js';

const setOption = fc.oneof(
  fc.constantFrom('NX', 'XX', 'GET', 'KEEPTTL', 'nx', 'xx', 'get', 'keepttl', 'foo', 'EX', 'PXAT'),
  words('EX', time(false, false)),
  words('PX', time(false, true)),
  words('EXAT', time(true, false)),
  words('PXAT', time(true, true)),
);
const condition = fc.constantFrom('NX', 'XX', 'GT', 'LT', 'gt', 'foo');

const command: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: words('SET', key, value) },
  { weight: 10, arbitrary: words('SET', key, value, several(setOption, 3)) },
  { weight: 4, arbitrary: words('GET', key) },
  { weight: 2, arbitrary: words(fc.constantFrom('INCR', 'DECR'), key) },
  { weight: 2, arbitrary: words(fc.constantFrom('INCRBY', 'DECRBY'), key, value) },
  { weight: 1, arbitrary: words('INCRBYFLOAT', key, fc.constantFrom('0.5', '-1.25', '2', 'x')) },
  { weight: 20, arbitrary: stringCommand },
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

/** Sequences of commands, with a look at all keys at the end. */
export const commandLines: fc.Arbitrary<string[]> = fc
  .array(command, { minLength: 1, maxLength: 60, size: 'max' })
  .map((lines) => [
    ...lines,
    'SELECT 0',
    `MGET ${KEYS.join(' ')}`,
    ...KEYS.map((one) => `PEXPIRETIME ${one}`),
    ...KEYS.map((one) => `TTL ${one}`),
  ]);

/** Whether the reply depends on when a command ran, or on other keys than its own. */
const NEEDS_ITS_TURN = /^(?:P?TTL|P?EXPIRETIME|DBSIZE)\b/i;

/** Sequences whose replies are the same when they are sent all at once. */
export const pipelines: fc.Arbitrary<string[]> = commandLines.map((lines) =>
  lines.filter((line) => !NEEDS_ITS_TURN.test(line)),
);
