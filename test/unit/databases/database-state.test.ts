import test from 'ava';
import fc from 'fast-check';
import {
  type DatabaseState,
  flushed,
  highestStamp,
  joinStates,
  swapped,
  UNTOUCHED,
} from '../../../cluster/databases/database-state.js';
import type { NodeId } from '../../../cluster/ring/ring.js';

const NODES = ['0a', 'b0', 'ff'].map((byte) => byte.repeat(20) as NodeId);
const anyDb = fc.nat(15);
const anyStep = fc.oneof(
  fc.record({ dbs: fc.array(anyDb, { maxLength: 4 }), counter: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ a: anyDb, b: anyDb, stamp: fc.integer({ min: 1, max: 9 }), node: fc.constantFrom(...NODES) }),
);

/** What a node may know after some flushes and swaps of its own. */
const anyState: fc.Arbitrary<DatabaseState> = fc
  .array(anyStep, { maxLength: 5 })
  .map((steps) =>
    steps.reduce<DatabaseState>(
      (state, step) =>
        'dbs' in step
          ? flushed(state, step.dbs, step.counter)
          : joinStates(state, swapped(state, step.a, step.b, step.stamp, step.node)),
      UNTOUCHED,
    ),
  );

/** Two orders of the same stamp and node are one order in a cluster: no node gives a time out twice. */
function areOfOneCluster(...states: readonly DatabaseState[]): boolean {
  const orders = new Map<string, string>();
  return states.every(({ order: { stamp, node, stored } }) => {
    const name = `${stamp} ${node}`;
    const text = stored.join();
    if (orders.has(name) && orders.get(name) !== text) return false;
    orders.set(name, text);
    return true;
  });
}

test('what nodes know of the databases comes to the same, whoever hears what from whom, and how often', (t) => {
  fc.assert(
    fc.property(anyState, anyState, anyState, (a, b, c) => {
      fc.pre(areOfOneCluster(a, b, c));
      t.deepEqual(joinStates(a, b), joinStates(b, a));
      t.deepEqual(joinStates(joinStates(a, b), c), joinStates(a, joinStates(b, c)));
      t.is(joinStates(a, a), a);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('what tells nothing new is told by the very same state', (t) => {
  fc.assert(
    fc.property(anyState, anyState, (a, b) => {
      const both = joinStates(a, b);
      t.is(joinStates(both, b), both);
      t.is(joinStates(both, a), both);
      t.true(highestStamp(both) === Math.max(highestStamp(a), highestStamp(b)));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('each number means one database, whatever was swapped', (t) => {
  fc.assert(
    fc.property(anyState, anyState, (a, b) => {
      const { stored } = joinStates(a, b).order;
      t.is(new Set(stored).size, 16);
    }),
  );
  t.pass();
});

test('databases that change places twice are where they were', (t) => {
  const once = swapped(UNTOUCHED, 0, 5, 1, NODES[0] as NodeId);
  t.deepEqual([once.order.stored[0], once.order.stored[5]], [5, 0]);
  t.deepEqual(swapped(once, 5, 0, 2, NODES[1] as NodeId).order.stored, UNTOUCHED.order.stored);
  const chain = swapped(once, 5, 6, 2, NODES[1] as NodeId);
  t.deepEqual([chain.order.stored[0], chain.order.stored[5], chain.order.stored[6]], [5, 6, 0]);
});

test('of two swaps at the same time the one of the later stamp holds, and of equal ones that of the higher node', (t) => {
  const [low, , high] = NODES as [NodeId, NodeId, NodeId];
  const early = swapped(UNTOUCHED, 0, 1, 4, high);
  const late = swapped(UNTOUCHED, 2, 3, 5, low);
  t.is(joinStates(early, late).order, late.order);
  const other = swapped(UNTOUCHED, 2, 3, 4, low);
  t.is(joinStates(other, early).order, early.order);
});
