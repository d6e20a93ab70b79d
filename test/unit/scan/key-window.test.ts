import test from 'ava';
import fc from 'fast-check';
import { type KeyWindow, WindowBuilder } from '../../../cluster/scan/key-window.js';
import { HASH_MAX } from '../../../cluster/scan/place.js';

/** Few hashes, so that keys share them: the key's first letter. */
const hashOf = (key: string): number => key.charCodeAt(0) - 64;
const key = fc.stringMatching(/^[A-Z][a-c]{0,2}$/);
const MANY = 1_000_000;

function windowOf(keys: readonly string[], after = 0, keysMax = MANY, bytesMax = MANY): KeyWindow {
  const builder = new WindowBuilder(after, keysMax, bytesMax);
  for (const one of keys) builder.add(hashOf(one), one);
  return builder.finish();
}

test('a window has the next keys in the order of their hashes, each once, and never parts keys of one hash', (t) => {
  const window = windowOf(['C', 'A', 'Bb', 'Ba', 'A', 'D']);
  t.is(window.upTo, HASH_MAX);
  t.deepEqual(
    window.next(0, 2).map((row) => row.key),
    ['A', 'Ba', 'Bb'],
  );
  t.deepEqual(
    window.next(2, 1).map((row) => row.key),
    ['C'],
  );
  t.deepEqual(window.next(4, 1), []);
});

test('a window that is full ends where the keys of a hash end, and says so', (t) => {
  const window = windowOf(['D', 'C', 'Ba', 'Bb', 'A'], 0, 2);
  t.is(window.upTo, 2);
  t.is(window.size, 3);
  t.true(window.reaches(1));
  t.false(window.reaches(2));
  t.is(windowOf(['Aaa', 'Baa', 'Caa'], 0, MANY, 4).upTo, 2);
});

test('what is before a window is not in it', (t) => {
  const window = windowOf(['A', 'B', 'C'], 2);
  t.false(window.reaches(1));
  t.deepEqual(
    window.next(2, 9).map((row) => row.key),
    ['C'],
  );
});

test('however small its bounds, a window has all keys of its stretch and no others', (t) => {
  fc.assert(
    fc.property(
      fc.array(key),
      fc.array(key),
      fc.integer({ min: 0, max: 27 }),
      fc.integer({ min: 1, max: 6 }),
      (before, later, after, keysMax) => {
        const window = windowOf(before, after, keysMax, MANY);
        for (const one of later) window.add(hashOf(one), one);
        const isInside = (one: string) => hashOf(one) > after && hashOf(one) <= window.upTo;
        const expected = [...new Set([...before, ...later].filter(isInside))].sort();
        t.deepEqual(
          window.next(after, MANY).map((row) => row.key),
          expected,
        );
        t.is(
          window.bytes,
          expected.reduce((bytes, { length }) => bytes + length, 0),
        );
        // As full as it may be, unless there are no further keys.
        const inside = new Set(before.filter((one) => hashOf(one) > after));
        if (window.upTo < HASH_MAX) t.true(new Set(before.filter(isInside)).size >= keysMax);
        else t.true(new Set(before.filter(isInside)).size === inside.size);
      },
    ),
  );
});

test('a walk by pages gives every key that is there throughout, whatever comes and goes meanwhile', (t) => {
  const change = fc.record({ key, comes: fc.boolean() });
  fc.assert(
    fc.property(
      fc.uniqueArray(key),
      fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 8 }),
      (stay, rounds, count, keysMax) => {
        const held = new Set(stay);
        const given = new Set<string>();
        let window: KeyWindow | undefined;
        let after = 0;
        for (let step = 0; after < HASH_MAX; step++) {
          if (window === undefined || !window.reaches(after)) window = windowOf([...held], after, keysMax);
          const page = window.next(after, count);
          for (const row of page) if (held.has(row.key)) given.add(row.key);
          after = page.length < count ? window.upTo : (page.at(-1)?.hash ?? 0);
          for (const one of rounds[step] ?? []) {
            if (stay.includes(one.key)) continue;
            if (!one.comes) held.delete(one.key);
            else if (!held.has(one.key)) {
              held.add(one.key);
              window.add(hashOf(one.key), one.key);
            }
          }
        }
        t.deepEqual(
          stay.filter((one) => !given.has(one)),
          [],
        );
      },
    ),
  );
});
