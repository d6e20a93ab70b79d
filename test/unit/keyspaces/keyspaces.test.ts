import test from 'ava';
import fc from 'fast-check';
import { type KeyspaceRow, Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';

function row(prefix: string, over: Partial<KeyspaceRow> = {}): KeyspaceRow {
  return { prefix, n: 3, r: 2, w: 2, sloppy: true, reconcile: 'newest', durability: 'log', ...over };
}

test('the longest prefix that a key begins with decides', (t) => {
  const keyspaces = new Keyspaces([row('cart:'), row(''), row('cart:old:')]);
  t.is(keyspaces.of('cart:old:7').prefix, 'cart:old:');
  t.is(keyspaces.of('cart:7').prefix, 'cart:');
  t.is(keyspaces.of('cart:').prefix, 'cart:');
  t.is(keyspaces.of('cart').prefix, '');
  t.is(keyspaces.of('').prefix, '');
  t.deepEqual(
    keyspaces.rows().map(({ prefix }) => prefix),
    ['cart:old:', 'cart:', ''],
  );
});

test('the rows decide alike in any order', (t) => {
  const anyPrefix = fc.string({ unit: fc.constantFrom('a', 'b', ':'), minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.uniqueArray(anyPrefix, { maxLength: 6 }),
      anyPrefix,
      fc.infiniteStream(fc.nat()),
      (all, key, chance) => {
        const rows = [row(''), ...all.map((prefix) => row(prefix))];
        const shuffled = rows
          .map((each) => ({ each, at: chance.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        const longest = all.filter((prefix) => key.startsWith(prefix)).sort((a, b) => b.length - a.length)[0] ?? '';
        t.is(new Keyspaces(shuffled).of(key).prefix, longest);
      },
    ),
  );
});

test('each N is told once, the least first', (t) => {
  t.deepEqual(new Keyspaces([row('', { n: 5 }), row('a', { n: 1 }), row('b', { n: 5 })]).ns, [1, 5]);
});

test('without a default keyspace there are none', (t) => {
  t.throws(() => new Keyspaces([row('cart:')]));
  t.throws(() => new Keyspaces([]));
});
