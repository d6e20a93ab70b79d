import test from 'ava';
import { mergedItems } from '../../../../scripts/experiments/cart.js';
import { EXPERIMENTS, readPlan } from '../../../../scripts/experiments/plan.js';
import { Dice } from '../../../../scripts/experiments/requests.js';
import { shares } from '../../../../scripts/experiments/versions.js';

test('experiments run in their own order, and all means all', (t) => {
  t.deepEqual(readPlan(['table2', 'figure5']).names, ['figure5', 'table2']);
  t.deepEqual(readPlan(['all']).names, EXPERIMENTS);
  t.like(readPlan(['frozen', '--seconds', '0.5', '--rate', '100', '--out', 'x']), {
    seconds: 0.5,
    rate: 100,
    out: 'x',
  });
});

test('what makes no plan is told', (t) => {
  for (const args of [[], ['figure4'], ['all', '--seconds', '0'], ['all', '--rate', 'fast']]) {
    t.throws(() => readPlan(args), { instanceOf: RangeError });
  }
});

test('the shares of reads that saw versions leave out those that saw none', (t) => {
  t.deepEqual(shares([100, 6, 3, 1, 0]), [60, 30, 10, 0]);
  t.deepEqual(shares([5, 0, 0, 0, 0]), [0, 0, 0, 0]);
});

test('versions of a cart are merged by the union of their items', (t) => {
  t.deepEqual([...mergedItems(['milk,eggs', 'milk,bread', ''])], ['milk', 'eggs', 'bread']);
});

test('the same seed draws the same numbers, all of them below the end', (t) => {
  const draw = () => {
    const dice = new Dice(7);
    return Array.from({ length: 1_000 }, () => dice.below(10));
  };
  t.deepEqual(draw(), draw());
  t.deepEqual([...new Set(draw())].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
