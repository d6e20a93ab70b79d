import test from 'ava';
import { mergedItems } from '../../../../scripts/experiments/cart.js';
import { EXPERIMENTS, type Plan, readPlan } from '../../../../scripts/experiments/plan.js';
import { Dice } from '../../../../scripts/experiments/requests.js';
import { shares } from '../../../../scripts/experiments/versions.js';
import { HELP } from '../../../../scripts/processes/command-line.js';

function plan(...words: string[]): Plan {
  const read = readPlan(words);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

test('experiments run in their own order, and all means all', (t) => {
  t.deepEqual(plan('table2', 'figure5').names, ['figure5', 'table2']);
  t.deepEqual(plan('all').names, EXPERIMENTS);
  t.like(plan('frozen', '--seconds', '0.5', '--rate', '100', '--out', 'x'), {
    seconds: 0.5,
    rate: 100,
    out: 'x',
  });
});

test('what makes no plan is told', (t) => {
  t.regex(String(readPlan([])), /^expected the name of an experiment/);
  t.regex(String(readPlan(['figure4'])), /'figure4'/);
  t.regex(String(readPlan(['all', '--seconds', '0'])), /^--seconds: expected 0.5 to/);
  t.regex(String(readPlan(['all', '--rate', 'fast'])), /^--rate: expected 1 to/);
  t.regex(String(readPlan(['all', '--wrong'])), /--wrong/);
  t.is(readPlan(['all', HELP]), HELP);
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
