import test from 'ava';
import { fateOf, isReapable, reapingAgeMs } from '../../../cluster/reaping/age.js';
import { objectOf } from './little-cluster.js';

const NOW_MS = 1_700_000_000_000;
const AGE_MS = 1_000_000;
const OLD_MS = NOW_MS - AGE_MS - 1;
const OTHER = 'ff00000000000002';

test('a tombstone may be reaped once it is older than the age, to the millisecond', (t) => {
  t.true(isReapable(objectOf({ writtenMs: OLD_MS }), NOW_MS, AGE_MS));
  t.false(isReapable(objectOf({ writtenMs: OLD_MS + 1 }), NOW_MS, AGE_MS));
  t.false(isReapable(objectOf({ writtenMs: NOW_MS + 5_000 }), NOW_MS, AGE_MS), 'by a clock that is ahead');
});

test('an expired value may be reaped once both its write and its expiry are older than the age', (t) => {
  t.true(isReapable(objectOf({ writtenMs: OLD_MS - 9, value: 'v', expiryMs: OLD_MS }), NOW_MS, AGE_MS));
  t.false(isReapable(objectOf({ writtenMs: OLD_MS - 9, value: 'v', expiryMs: OLD_MS + 1 }), NOW_MS, AGE_MS));
  t.false(isReapable(objectOf({ writtenMs: OLD_MS + 1, value: 'v', expiryMs: OLD_MS }), NOW_MS, AGE_MS));
  t.false(isReapable(objectOf({ writtenMs: OLD_MS - 9, value: 'v' }), NOW_MS, AGE_MS), 'a value without expiry');
});

test('one sibling that is live or young keeps the whole object', (t) => {
  const tombstone = { writtenMs: OLD_MS - 5 };
  t.true(
    isReapable(objectOf(tombstone, { writtenMs: OLD_MS, value: 'v', expiryMs: OLD_MS, actor: OTHER }), NOW_MS, AGE_MS),
  );
  t.false(isReapable(objectOf(tombstone, { writtenMs: OLD_MS, value: 'v', actor: OTHER }), NOW_MS, AGE_MS));
  t.false(isReapable(objectOf(tombstone, { writtenMs: NOW_MS - 5, actor: OTHER }), NOW_MS, AGE_MS));
});

test('the age leaves room for the clocks of writer and reaper to differ', (t) => {
  t.is(reapingAgeMs(86_400_000, 60_000), 86_520_000);
});

test('a key is live, deleted or expired', (t) => {
  t.is(fateOf(objectOf({ writtenMs: 1, value: 'v' }), NOW_MS), 'live');
  t.is(fateOf(objectOf({ writtenMs: 1, value: 'v', expiryMs: NOW_MS + 1 }), NOW_MS), 'live');
  t.is(fateOf(objectOf({ writtenMs: 1, value: 'v', expiryMs: NOW_MS }), NOW_MS), 'expired');
  t.is(fateOf(objectOf({ writtenMs: 1 }), NOW_MS), 'deleted');
  t.is(fateOf(objectOf({ writtenMs: 1 }, { writtenMs: 2, value: 'v', expiryMs: 9, actor: OTHER }), NOW_MS), 'expired');
});
