import test from 'ava';
import fc from 'fast-check';
import {
  integer,
  listOf,
  milliseconds,
  oneOf,
  type Parsed,
  powerOfTwo,
  printSize,
  size,
  text,
  yesNo,
} from '../../../server/config/option-types.js';

function parsedValue<T>(parsed: Parsed<T>): T | undefined {
  return parsed.ok ? parsed.value : undefined;
}

function parsedReason<T>(parsed: Parsed<T>): string | undefined {
  return parsed.ok ? undefined : parsed.reason;
}

test('a whole number within its bounds is read, anything else is refused in the words of Redis', (t) => {
  const port = integer(0, 65535);
  t.is(parsedValue(port.parse('6379')), 6379);
  t.is(parsedReason(port.parse('65536')), 'argument must be between 0 and 65535 inclusive');
  for (const wrong of ['', 'abc', '1.5', '1e3', '0x10', ' 1', '--1']) {
    t.is(parsedReason(port.parse(wrong)), "argument couldn't be parsed into an integer", wrong);
  }
  t.is(port.bounds, '0 to 65535');
});

test('sizes have the units of redis.conf: k counts in thousands, kb in 1024s', (t) => {
  const any = size(0, 2 ** 50);
  const units = { '100': 100, '1b': 1, '1k': 1000, '1kb': 1024, '2M': 2e6, '2MB': 2 * 1024 ** 2, '1gb': 1024 ** 3 };
  for (const [written, bytes] of Object.entries(units)) t.is(parsedValue(any.parse(written)), bytes, written);
  for (const wrong of ['', 'mb', '1tb', '1.5mb', '-1', '1 mb']) {
    t.is(parsedReason(any.parse(wrong)), 'argument must be a memory value', wrong);
  }
  t.is(parsedReason(size(1024, 2048).parse('4kb')), 'argument must be between 1024 and 2048 inclusive');
});

test('a printed size reads back as the same number of bytes', (t) => {
  const any = size(0, Number.MAX_SAFE_INTEGER);
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(1, 1024, 1024 ** 2), (count, unit) => {
      t.is(parsedValue(any.parse(printSize(count * unit))), count * unit);
    }),
  );
  t.is(printSize(64 * 1024), '64kb');
});

test('durations are milliseconds unless they name a unit', (t) => {
  const any = milliseconds(10, 3_600_000);
  t.is(parsedValue(any.parse('250')), 250);
  t.is(parsedValue(any.parse('250ms')), 250);
  t.is(parsedValue(any.parse('2s')), 2000);
  t.is(parsedValue(any.parse('1h')), 3_600_000);
  t.regex(parsedReason(any.parse('9')) ?? '', /between 10 and 3600000/);
  t.regex(parsedReason(any.parse('2d')) ?? '', /milliseconds/);
});

test('a power of two is no other number', (t) => {
  t.is(parsedValue(powerOfTwo(1, 1024).parse('256')), 256);
  t.is(parsedReason(powerOfTwo(1, 1024).parse('250')), 'argument must be a power of two');
  t.is(parsedReason(powerOfTwo(1, 1024).parse('2048')), 'argument must be between 1 and 1024 inclusive');
});

test('words are taken in any letter case and unknown ones are told the known', (t) => {
  const levels = oneOf('debug', 'notice');
  t.is(parsedValue(levels.parse('NOTICE')), 'notice');
  t.is(parsedReason(levels.parse('loud')), 'argument(s) must be one of the following: debug, notice');
  t.is(parsedValue(yesNo.parse('YES')), true);
  t.is(parsedValue(yesNo.parse('no')), false);
  t.is(parsedReason(yesNo.parse('1')), "argument must be 'yes' or 'no'");
  t.is(yesNo.print(true), 'yes');
});

test('texts have a form and a length', (t) => {
  const word = text(4, { form: /^[a-z]*$/, says: 'small letters' });
  t.is(parsedValue(word.parse('abc')), 'abc');
  t.is(parsedReason(word.parse('ABC')), 'argument must be small letters');
  t.is(parsedReason(word.parse('abcde')), 'argument must have at most 4 characters');
});

test('items of a list stand between blanks or commas, and a bad one is named', (t) => {
  const even = listOf('even numbers', 3, (item) => (Number(item) % 2 === 0 ? undefined : 'is odd'));
  t.deepEqual(parsedValue(even.parse('2, 4 6')), ['2', '4', '6']);
  t.deepEqual(parsedValue(even.parse('')), []);
  t.is(parsedReason(even.parse('2 3')), "'3': is odd");
  t.is(parsedReason(even.parse('2 4 6 8')), 'argument must have at most 3 items');
  t.is(even.print(['2', '4']), '2 4');
});
