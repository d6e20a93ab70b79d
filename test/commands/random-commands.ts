/** Random commands on a few keys, as lines of words, for servers that are asked the same. */
import fc from 'fast-check';
import { CASE_KEYS } from './case.js';

const KEYS = CASE_KEYS.slice(0, 4);
const VALUES = ['v', '""', '0', '-1', '9223372036854775807', '"\\x00\\xff\\r\\n"', 'a'.repeat(100), '"a b"'];
/** Instants in ms, far enough apart to be told from each other whatever the tolerance. */
const INSTANTS_MS = [4102444800000, 4102445800000, 4102446800000, 4102447800999];
/** Other times, some of them in the past, refused, or at the ends of 64 bits. */
const ODD_TIMES = [
  '-1',
  '0',
  'abc',
  '""',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '01',
  '1.5',
];

const key = fc.constantFrom(...KEYS);
const value = fc.constantFrom(...VALUES);
const oddTime = fc.constantFrom(...ODD_TIMES);
/** Seconds, drawn so that two of them are hardly ever equal: which of two equal ones ends later is for chance to say. */
const secondsLeft = fc.noBias(fc.integer({ min: 1, max: 1_000_000_000 })).map((thousands) => thousands * 1000);
const instantMs = fc.constantFrom(...INSTANTS_MS);

function time(isAbsolute: boolean, inMs: boolean): fc.Arbitrary<string> {
  const usual = isAbsolute
    ? instantMs.map((ms) => String(inMs ? ms : Math.trunc(ms / 1000)))
    : secondsLeft.map((seconds) => String(inMs ? seconds * 1000 : seconds));
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: oddTime });
}

function anyCase(word: string): fc.Arbitrary<string> {
  return fc.constantFrom(word, word, word.toLowerCase(), word.slice(0, 1) + word.slice(1).toLowerCase());
}

function words(...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> {
  return fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? anyCase(part) : part)))
    .map((all) => all.filter((word) => word !== '').join(' '));
}

function several(one: fc.Arbitrary<string>, max: number): fc.Arbitrary<string> {
  return fc.array(one, { minLength: 0, maxLength: max }).map((all) => all.join(' '));
}

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
