import test from 'ava';
import * as fc from 'fast-check';
import {
  changed,
  encodeHolding,
  type Holding,
  heldPartitions,
  markOf,
  newer,
  readHolding,
} from '../../../cluster/membership/holding.js';
import { Holdings } from '../../../cluster/membership/holdings.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { eventsOf, forgets, founded, idAt, joins, knowing, PARTITIONS } from './histories.js';

const NODE = 'ab'.repeat(20) as NodeId;
const FOLDERS = ['010203040506', '0a0b0c0d0e0f'];

/** A version stands for what was declared with it: a node never issues one twice. */
const holdings: fc.Arbitrary<Holding> = fc.oneof(
  fc.constantFrom(...FOLDERS).map((folder): Holding => ({ node: NODE, kind: 'presumed', folder })),
  fc.constant<Holding>({ node: NODE, kind: 'lost' }),
  fc.integer({ min: 1, max: 5 }).map((version): Holding => {
    const classes = new Map([
      [1, Buffer.alloc(8, version)],
      [3, Buffer.alloc(8, version * 2)],
    ]);
    return { node: NODE, kind: 'declared', version, classes };
  }),
);

test('the bytes of holdings never change', (t) => {
  const head = (kind: string, version: string, folder: string) =>
    `01${kind}${'ab'.repeat(20)}${version}${folder}10000000`;
  const golden: [string, Holding][] = [
    [`${head('01', '0000000000000000', '010203040506')}00`, { node: NODE, kind: 'presumed', folder: '010203040506' }],
    [`${head('02', '0000000000000000', '000000000000')}00`, { node: NODE, kind: 'lost' }],
    [
      `${head('03', '01401e18240a0600', '000000000000')}02${'010100'}${'03ff80'}`,
      {
        node: NODE,
        kind: 'declared',
        version: 1_700_000_000_000_001,
        classes: new Map([
          [1, Buffer.of(1, 0)],
          [3, Buffer.of(0xff, 0x80)],
        ]),
      },
    ],
  ];
  for (const [hex, holding] of golden) {
    const bytes = encodeHolding(holding, 16);
    t.is(bytes.toString('hex'), hex);
    t.deepEqual(readHolding(bytes, 16), holding);
    for (let length = 0; length < bytes.length; length++)
      t.is(typeof readHolding(bytes.subarray(0, length), 16), 'string');
    t.is(typeof readHolding(bytes, 32), 'string');
  }
});

test('what is true once several holdings were heard does not depend on who came first', (t) => {
  fc.assert(
    fc.property(holdings, holdings, holdings, (a, b, c) => {
      t.deepEqual(newer(a, b), newer(b, a));
      t.deepEqual(newer(newer(a, b), c), newer(a, newer(b, c)));
      t.deepEqual(newer(a, a), a);
    }),
  );
});

test('two nodes have something to tell each other exactly where one of them would learn from it', (t) => {
  fc.assert(
    fc.property(holdings, holdings, (a, b) => {
      const [one, other] = [new Holdings(), new Holdings()];
      one.merge(a);
      other.merge(b);
      const learns = one.knowsLess(NODE, markOf(b));
      const tells = one.knowsMore(NODE, markOf(b));
      t.is(learns || tells, !one.digest.equals(other.digest));
      if (one.merge(b)) t.true(learns);
      if (other.merge(a)) t.true(tells);
      t.deepEqual(one.digest, other.digest);
    }),
  );
});

test('the digest of holdings depends on what they are, not on how they became so', (t) => {
  fc.assert(
    fc.property(fc.array(holdings, { maxLength: 6 }), (heard) => {
      const [one, other] = [new Holdings(), new Holdings()];
      for (const holding of heard) one.merge(holding);
      for (const holding of [...heard].reverse()) other.merge(holding);
      t.deepEqual(one.digest, other.digest);
      t.deepEqual(one.get(NODE), other.get(NODE));
    }),
  );
});

test('a founder is presumed to hold what the ring of the founders makes it a primary of, and nothing after it was away', (t) => {
  const knowledge = knowing(founded(3), eventsOf([joins(4)]));
  const list = knowing(founded(3))
    .ring()
    .preferenceList(5 as Partition);
  t.deepEqual(
    list.map((id) => knowledge.holds(id, 5 as Partition, 2)),
    [true, true, false],
  );
  t.false(knowledge.holds(idAt(4), 5 as Partition, 2));
  knowledge.take(eventsOf([joins(4), forgets(1), joins(1)]));
  t.false(knowledge.holds(idAt(1), 5 as Partition, 3));
});

test('what a node declared before it came, or was declared dead, is void', (t) => {
  const classes = new Map([[3, Buffer.alloc(PARTITIONS / 8, 0xff)]]);
  const holdsAfter = (version: number) => {
    const knowledge = knowing(founded(3), eventsOf([joins(4), joins(4)]));
    knowledge.holdings.merge({ node: idAt(4), kind: 'declared', version, classes });
    return knowledge.holds(idAt(4), 0 as Partition, 3);
  };
  t.false(holdsAfter(1));
  t.false(holdsAfter(2));
  t.true(holdsAfter(3));
});

test('a class of keyspaces that a node knows nothing of is held where its least class is', (t) => {
  const knowledge = knowing(founded(3));
  const classes = new Map([
    [2, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])],
    [3, Buffer.alloc(8, 0)],
  ]);
  knowledge.holdings.merge({ node: idAt(1), kind: 'declared', version: 5, classes });
  t.true(knowledge.holds(idAt(1), 0 as Partition, 4));
  t.false(knowledge.holds(idAt(1), 0 as Partition, 3));
  t.false(knowledge.holds(idAt(1), 1 as Partition, 4));
});

test('a class whose keyspaces are gone is declared no more, and comes back as what is held then', (t) => {
  const all = new Map([2, 3].map((n) => [n, Buffer.alloc(PARTITIONS / 8, 0xff)]));
  const gaveUp = [{ partition: 5 as Partition, n: 3, holds: false }];
  const without = changed(PARTITIONS, all, [3], gaveUp, () => t.fail());
  t.deepEqual([...without.keys()], [3]);
  const again = changed(PARTITIONS, without, [2, 3], [], (partition, n) =>
    heldPartitions(without, n).includes(partition),
  );
  t.false(heldPartitions(again, 2).includes(5 as Partition), 'its rows may have been dropped meanwhile');
  t.true(heldPartitions(again, 2).includes(6 as Partition));
});
