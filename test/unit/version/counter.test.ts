import test from 'ava';
import fc from 'fast-check';
import {
  type Counter,
  counterFault,
  counterValue,
  decodeCounter,
  encodeCounter,
  increment,
  mergeCounters,
} from '../../../cluster/version/counter.js';
import { type Decimal, decimalText, parseDecimal, parseInteger } from '../../../cluster/version/decimal.js';
import { ACTORS } from './objects.js';

const anyDecimal: fc.Arbitrary<Decimal> = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((units) => ({ units, scale: 0 as const })),
  fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((units) => ({ units: units * 10n + 1n, scale: 17 as const })),
);
const anyTotal = fc.bigInt({ min: 0n, max: 2n ** 70n });
const anyTotals = fc
  .uniqueArray(fc.record({ actor: fc.constantFrom(...ACTORS), added: anyTotal, taken: anyTotal }), {
    selector: ({ actor }) => actor,
  })
  .map((all) => new Map(all.map(({ actor, added, taken }) => [actor, { added, taken }])));
const EPOCH = { actor: ACTORS[1] ?? ('' as never), counter: 2 ** 40 };
const anyCounter: fc.Arbitrary<Counter> = fc.record({
  epoch: fc.constantFrom(EPOCH, undefined),
  scale: fc.constantFrom(0 as const, 17 as const),
  base: fc.constant(7n),
  totals: anyTotals,
  expirySetAt: fc.nat(),
});
/** Of one epoch, so of one base. */
const anyOfEpoch = anyCounter.map((counter) => ({
  ...counter,
  epoch: EPOCH,
  base: counter.scale === 0 ? 7n : 7n * 10n ** 17n,
}));
const textOf = (counter: Counter): string => decimalText(counterValue(counter));

test('a counter survives being encoded, and its bytes begin with what clients read', (t) => {
  fc.assert(
    fc.property(anyCounter, (counter) => {
      const bytes = encodeCounter(counter);
      t.is(counterFault(bytes), undefined);
      t.deepEqual(encodeCounter(decodeCounter(bytes)), bytes);
      t.is(bytes.toString('latin1', 1, 1 + bytes.readUInt8(0)), textOf(counter));
    }),
  );
});

test('a counter that is cut off or damaged anywhere is refused, or is another counter in its one form', (t) => {
  fc.assert(
    fc.property(anyCounter, fc.nat(), fc.integer({ min: 1, max: 255 }), (counter, where, change) => {
      const bytes = encodeCounter(counter);
      for (let length = 0; length < bytes.length; length++) {
        if (counterFault(bytes.subarray(0, length)) === undefined) t.fail(`cut off at ${length}`);
      }
      const at = where % bytes.length;
      bytes[at] = bytes.readUInt8(at) ^ change;
      if (counterFault(bytes) === undefined) t.deepEqual(encodeCounter(decodeCounter(bytes)), bytes);
    }),
    { numRuns: 50 },
  );
});

test('random bytes are no counter and never throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => t.notThrows(() => counterFault(Buffer.from(bytes)))),
  );
});

test('a merge of counters does not depend on order or grouping, and merging again changes nothing', (t) => {
  fc.assert(
    fc.property(anyOfEpoch, anyOfEpoch, anyOfEpoch, (a, b, c) => {
      const bytes = (counter: Counter): Buffer => encodeCounter(counter);
      t.deepEqual(bytes(mergeCounters(a, b)), bytes(mergeCounters(b, a)));
      t.deepEqual(bytes(mergeCounters(mergeCounters(a, b), c)), bytes(mergeCounters(a, mergeCounters(b, c))));
      t.is(textOf(mergeCounters(a, a)), textOf(a));
    }),
  );
});

test('what one actor adds is added to what the counter stands at', (t) => {
  fc.assert(
    fc.property(anyOfEpoch, anyDecimal, fc.constantFrom(...ACTORS), (counter, by, actor) => {
      const before = parseDecimal(Buffer.from(textOf(counter)));
      const after = parseDecimal(Buffer.from(textOf(increment(counter, actor, by))));
      if (typeof before !== 'object' || typeof after !== 'object') return t.fail('no number');
      const units = ({ units, scale }: Decimal): bigint => (scale === 0 ? units * 10n ** 17n : units);
      t.is(units(after) - units(before), units(by));
    }),
  );
});

test('a decimal survives being printed and read', (t) => {
  fc.assert(
    fc.property(anyDecimal, (decimal) => {
      const text = decimalText(decimal);
      t.notRegex(text, /[eE]|\.0*$/);
      const read = parseDecimal(Buffer.from(text));
      t.is(typeof read === 'object' ? decimalText(read) : read, text);
    }),
  );
});

test('numbers are read as Redis reads them', (t) => {
  const integers = { '0': 0n, '-1': -1n, '9223372036854775807': 2n ** 63n - 1n, '-9223372036854775808': -(2n ** 63n) };
  for (const [text, value] of Object.entries(integers)) t.is(parseInteger(Buffer.from(text)), value);
  for (const text of ['', '-', '-0', '01', '+1', ' 1', '1 ', '1.0', '1e3', '9223372036854775808', 'x']) {
    t.is(parseInteger(Buffer.from(text)), undefined, text);
  }
  const decimals = {
    '5.0e3': '5000',
    '.5': '0.5',
    '1.': '1',
    '-1.5E-1': '-0.15',
    '+3': '3',
    '1e-30': '0',
    '0.1': '0.1',
  };
  for (const [text, value] of Object.entries(decimals)) {
    const read = parseDecimal(Buffer.from(text));
    t.is(typeof read === 'object' ? decimalText(read) : read, value, text);
  }
  for (const text of ['', '.', 'e3', '1e', ' 1', '1 ', 'nan', '0x', '1,5'])
    t.is(parseDecimal(Buffer.from(text)), undefined, text);
  for (const text of ['inf', '-Infinity', '1e9999']) t.is(parseDecimal(Buffer.from(text)), 'infinite', text);
});
