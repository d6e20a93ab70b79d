import test from 'ava';
import fc from 'fast-check';
import { indexRange, isReversed } from '../../../../server/commands/strings/index-range.js';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

test('what lies between two indexes is what a slice of as many items has', (t) => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -12n, max: 12n }),
      fc.bigInt({ min: -12n, max: 12n }),
      fc.nat({ max: 10 }),
      (start, end, length) => {
        const items = Array.from({ length }, (_, index) => index);
        // An end before the first item is the first one itself to Redis.
        const last = Number(end < -length ? 0n : end);
        const expected = items.slice(Number(start), last === -1 ? undefined : last + 1);
        const range = indexRange(start, end, length);
        t.deepEqual(range, expected.length === 0 ? undefined : { first: expected[0], last: expected.at(-1) });
      },
    ),
  );
});

test('indexes at the ends of 64 bits are cut off', (t) => {
  t.deepEqual(indexRange(INT64_MIN, INT64_MAX, 5), { first: 0, last: 4 });
  t.is(indexRange(INT64_MAX, INT64_MIN, 5), undefined);
  t.is(indexRange(INT64_MIN, INT64_MAX, 0), undefined);
  t.true(isReversed(INT64_MIN + 1n, INT64_MIN));
  t.false(isReversed(INT64_MIN, INT64_MIN + 1n));
  t.false(isReversed(1n, 0n));
});
