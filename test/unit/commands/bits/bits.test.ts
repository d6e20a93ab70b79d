import test from 'ava';
import fc from 'fast-check';
import { bitAt, countBits, findBit } from '../../../../server/commands/bits/bits.js';

/** Rows of the same byte, which are stepped over by whole words, from any place in memory. */
const values = fc
  .tuple(
    fc.nat({ max: 3 }),
    fc.array(fc.oneof(fc.constantFrom(0, 0xff), fc.nat({ max: 255 })), { minLength: 1, maxLength: 30 }),
  )
  .map(([before, bytes]) => Buffer.from([...Array.from({ length: before }, () => 0), ...bytes]).subarray(before));
const inValue = values.chain((value) =>
  fc
    .tuple(fc.nat({ max: value.length * 8 - 1 }), fc.nat({ max: value.length * 8 - 1 }))
    .map(([a, b]) => ({ value, range: { first: Math.min(a, b), last: Math.max(a, b) } })),
);

function digitsOf(value: Buffer): string {
  return [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

test('bits are numbered from the highest of the first byte, and are 0 beyond the end', (t) => {
  fc.assert(
    fc.property(values, (value) => {
      const digits = digitsOf(value);
      t.is([...digits].map((_, offset) => bitAt(value, offset)).join(''), digits);
    }),
  );
  t.is(bitAt(Buffer.from([0xff]), 8), 0);
  t.is(bitAt(Buffer.from([0xff]), 2 ** 32 - 1), 0);
});

test('counted are the ones among the bits of the range', (t) => {
  fc.assert(
    fc.property(inValue, ({ value, range }) => {
      const digits = digitsOf(value).slice(range.first, range.last + 1);
      t.is(countBits(value, range), digits.replaceAll('0', '').length);
    }),
  );
});

test('found is the first such bit of the range', (t) => {
  fc.assert(
    fc.property(inValue, fc.constantFrom(0, 1), ({ value, range }, bit) => {
      const at = digitsOf(value).indexOf(`${bit}`, range.first);
      t.is(findBit(value, bit, range), at > range.last ? -1 : at);
    }),
  );
});
