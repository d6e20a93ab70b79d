import test from 'ava';
import fc from 'fast-check';
import type { Partition } from '../../../cluster/ring/slots.js';
import { cursorOf, FIRST_PLACE, HASH_MAX, hashOfCluster, placeOf } from '../../../cluster/scan/place.js';

test('a cursor is the place that it was made of', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16383 }), fc.integer({ min: 0, max: HASH_MAX - 1 }), (partition, after) => {
      const cursor = cursorOf({ partition: partition as Partition, after });
      t.true(cursor < 2n ** 64n);
      t.deepEqual(placeOf(cursor, 16384), { partition: partition as Partition, after });
    }),
  );
});

test('a walk begins and ends with 0', (t) => {
  t.is(cursorOf(FIRST_PLACE), 0n);
  t.is(cursorOf(undefined), 0n);
  t.deepEqual(placeOf(0n, 256), FIRST_PLACE);
});

test('a cursor behind the last partition is the end', (t) => {
  t.is(placeOf(256n << 48n, 256), undefined);
  t.is(placeOf(2n ** 64n - 1n, 16384), undefined);
  t.deepEqual(placeOf((1n << 48n) - 1n, 2), { partition: 1 as Partition, after: 0 });
  t.is(placeOf((2n << 48n) - 1n, 2), undefined);
});

test('a key has the same hash wherever the secret is the same, and is never before the beginning', (t) => {
  const [one, other] = [hashOfCluster('a secret of sixteen'), hashOfCluster('another of sixteen')];
  t.is(one('key'), hashOfCluster('a secret of sixteen')('key'));
  t.not(one('key'), other('key'));
  fc.assert(
    fc.property(fc.string(), (key) => {
      const hash = one(key);
      t.true(Number.isSafeInteger(hash) && hash > 0 && hash <= HASH_MAX);
    }),
  );
});
