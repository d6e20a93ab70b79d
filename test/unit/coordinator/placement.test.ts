import test from 'ava';
import fc from 'fast-check';
import { type Placement, placesOf, roleAt } from '../../../cluster/coordinator/placement.js';
import { ENOUGH, NOT_YET, putVerdict, TOO_FEW } from '../../../cluster/coordinator/put-verdict.js';
import type { NodeId } from '../../../cluster/ring/ring.js';

const LETTERS = 'ABCDEFGHIJ';

function idsOf(letters: string): NodeId[] {
  return letters.split('') as NodeId[];
}

/** The nodes in `list`, of which the first `members` are on the ring, when `holders` hold the partition. */
function placed(list: string, holders: string, n = 3, members = list.length): string {
  const places = placesOf(idsOf(list), members, n, (id) => holders.includes(id));
  const groups = [places.primaries, places.receivers, places.retiring, places.fallbacks];
  return `${groups.map((ids) => ids.join('')).join(' ')}${places.inMotion ? ' moves' : ''}`;
}

test('a partition moves in four steps, and always has N primaries that hold it', (t) => {
  t.is(placed('BCDE', 'BCD'), 'BCD   E', 'before');
  t.is(placed('ABCDE', 'BCD'), 'BCD A  E moves', 'a node has joined');
  t.is(placed('ABCDE', 'ABCD'), 'ABC  D E moves', 'it holds all keys');
  t.is(placed('ABCDE', 'ABC'), 'ABC   DE', 'the displaced one has handed over');
});

test('a node that leaves serves until those that come after it hold everything', (t) => {
  t.is(placed('BCDA', 'ABC', 3, 3), 'BCA D   moves');
  t.is(placed('BCDA', 'ABCD', 3, 3), 'BCD  A  moves');
  t.is(placed('BCD', 'BCD', 3, 3), 'BCD   ');
});

test('a cluster of fewer nodes than N has as many primaries as hold a partition', (t) => {
  t.is(placed('A', 'A'), 'A   ');
  t.is(placed('AB', 'A'), 'A B   moves');
  t.is(placed('AB', 'AB'), 'AB   ');
  t.is(placed('ABC', 'AC'), 'AC B   moves', 'B has lost its disk');
});

test('where nobody holds a partition any more, those that are to hold it begin anew', (t) => {
  t.is(placed('ABCD', ''), 'ABC   D moves');
});

const situations = fc
  .record({
    size: fc.integer({ min: 1, max: LETTERS.length }),
    leaving: fc.nat(3),
    n: fc.integer({ min: 1, max: 5 }),
    held: fc.infiniteStream(fc.boolean()),
  })
  .map(({ size, leaving, n, held }) => {
    const list = idsOf(LETTERS.slice(0, size));
    const holders = list.filter(() => held.next().value === true);
    const members = Math.max(1, size - leaving);
    return { list, members, n, holders, places: placesOf(list, members, n, (id) => holders.includes(id)) };
  });

test('each node has one place; the primaries hold the partition if any node does', (t) => {
  fc.assert(
    fc.property(situations, ({ list, members, n, holders, places }) => {
      const { primaries, receivers, retiring, fallbacks } = places;
      t.deepEqual([...primaries, ...receivers, ...retiring, ...fallbacks].toSorted(), list.toSorted());
      t.true(primaries.length > 0 && primaries.length <= Math.min(n, members));
      t.true(holders.length === 0 || primaries.every((id) => holders.includes(id)));
      t.is(primaries.length, Math.min(n, members, holders.length || members));
    }),
  );
});

test('whoever is to hold a partition is a primary or a receiver, and whoever holds it is written', (t) => {
  fc.assert(
    fc.property(situations, ({ list, members, n, holders, places }) => {
      const wanted = list.slice(0, Math.min(n, members));
      for (const id of wanted) t.true(places.primaries.includes(id) || places.receivers.includes(id));
      for (const id of places.receivers) t.false(holders.includes(id));
      for (const id of places.fallbacks) t.false(holders.includes(id) || wanted.includes(id));
      const same = wanted.length === holders.length && wanted.every((id) => holders.includes(id));
      t.is(places.inMotion, !same);
    }),
  );
});

test('while nothing moves the places are those of the ring', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 5 }), (size, n) => {
      const list = idsOf(LETTERS.slice(0, size));
      const places = placesOf(list, size, n, (id) => list.indexOf(id) < n);
      t.deepEqual(places.primaries, list.slice(0, n));
      t.deepEqual(places.fallbacks, list.slice(n));
      t.false(places.inMotion);
    }),
  );
});

test('as views change one after the other, all of them write to the same nodes until one retires', (t) => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(idsOf(LETTERS), { minLength: 4 }),
      fc.shuffledSubarray(idsOf(LETTERS), { minLength: 3, maxLength: 3 }),
      fc.infiniteStream(fc.boolean()),
      (list, before, heard) => {
        const wanted = list.slice(0, 3);
        const all = [...new Set([...before.filter((id) => list.includes(id)), ...wanted])].toSorted();
        fc.pre(before.every((id) => list.includes(id)));
        // Any of those that are to hold it may have said that they do; what was held before still is.
        const holders = all.filter((id) => before.includes(id) || heard.next().value === true);
        const { primaries, receivers, retiring } = placesOf(list, list.length, 3, (id) => holders.includes(id));
        t.deepEqual([...primaries, ...receivers, ...retiring].toSorted(), all);
        t.is(primaries.length, 3);
      },
    ),
  );
});

test('roles follow from the place', (t) => {
  const placement = { n: 2, receivers: 1, retiring: 1, written: 4 } as Placement;
  t.deepEqual(
    [0, 1, 2, 3, 4].map((place) => roleAt(placement, place)),
    ['primary', 'primary', 'receiver', 'retiring', 'fallback'],
  );
});

test('while nothing moves a put ends with W, or when W can not be reached', (t) => {
  t.is(putVerdict(2, true, 1, 0, 0, 2), NOT_YET);
  t.is(putVerdict(2, true, 2, 0, 0, 1), ENOUGH);
  t.is(putVerdict(2, true, 1, 0, 0, 0), TOO_FEW);
  t.is(putVerdict(3, true, 1, 0, 0, 1), TOO_FEW);
});

test('while a partition moves a put ends with one more for each receiver, or as many as are left', (t) => {
  t.is(putVerdict(2, true, 2, 0, 1, 2), NOT_YET);
  t.is(putVerdict(2, true, 2, 1, 1, 1), ENOUGH);
  t.is(putVerdict(2, true, 3, 0, 1, 1), ENOUGH, 'three of four: of any three of them, two');
  t.is(putVerdict(2, true, 2, 0, 1, 0), ENOUGH, 'the receiver and a primary have failed');
  t.is(putVerdict(2, true, 2, 0, 2, 1), ENOUGH, 'three of five, of which two have failed');
});

test('receivers count towards W only where fallbacks do', (t) => {
  t.is(putVerdict(2, true, 1, 1, 1, 0), ENOUGH);
  t.is(putVerdict(2, false, 1, 1, 1, 0), TOO_FEW);
  t.is(putVerdict(2, false, 1, 1, 1, 1), NOT_YET);
  t.is(putVerdict(2, false, 2, 1, 1, 0), ENOUGH);
});

test('what was acknowledged is on W of any N of those that were written', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(4), fc.nat(5), fc.nat(4), (n, beside, primaries, others) => {
      const w = Math.max(1, Math.ceil((n + 1) / 2));
      const acknowledged = Math.min(primaries, n);
      const acknowledgedBeside = Math.min(others, beside);
      const outstanding = n + beside - acknowledged - acknowledgedBeside;
      // Nobody has failed: all that have not acknowledged are outstanding.
      if (putVerdict(w, true, acknowledged, acknowledgedBeside, beside, outstanding) !== ENOUGH) return;
      const without = outstanding;
      t.true(n - without >= w, `a reader may ask the ${without} that have not acknowledged, and ${n - without} others`);
    }),
  );
});
