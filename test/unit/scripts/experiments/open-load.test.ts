import test from 'ava';
import { burstyRate } from '../../../../scripts/experiments/figure5.js';
import { Figures, msText } from '../../../../scripts/experiments/open-load.js';

test('bursts are three times what is between them, and the mean is the rate', (t) => {
  t.is(burstyRate(800, 0.5), 400);
  t.is(burstyRate(800, 1.5), 1_200);
  t.is(burstyRate(800, 2.1), 400);
});

test('figures tell the average, percentiles, errors and what was slow', (t) => {
  const figures = new Figures();
  for (let i = 1; i <= 1_000; i++) figures.record(i * 100, i % 100 === 0);
  t.is(figures.errors, 10);
  t.is(figures.slow, 0);
  figures.record(100_001, false);
  t.is(figures.slow, 1);
  t.true(Math.abs(figures.averageMs - 50) < 0.5);
  t.true(Math.abs(figures.percentileMs(99) - 99) < 0.5);
  t.deepEqual([1.234, 12.34, 123.4].map(msText), ['1.23', '12.3', '123']);
});
