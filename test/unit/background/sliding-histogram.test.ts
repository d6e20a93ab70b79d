import test from 'ava';
import fc from 'fast-check';
import { SlidingHistogram } from '../../../cluster/background/sliding-histogram.js';

test('a quantile is at most an eighth above the true one', (t) => {
  const durations = fc.array(fc.integer({ min: 8, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99), (all, share) => {
      const histogram = new SlidingHistogram(1);
      for (const us of all) histogram.record(us);
      histogram.rotate();
      const sorted = [...all].sort((a, b) => a - b);
      const exact = sorted[all.length - 1 - Math.floor(all.length * (1 - share))] ?? 0;
      const told = histogram.quantileUs(share, 1) ?? 0;
      t.true(told >= exact && told <= exact * 1.125, `${told} for ${exact}`);
    }),
  );
});

test('the open slice does not count yet, and what is older than the window no more', (t) => {
  const histogram = new SlidingHistogram(2);
  histogram.record(1000);
  t.is(histogram.quantileUs(0.5, 1), undefined);
  histogram.rotate();
  t.is(histogram.closedCount, 1);
  for (const count of [1, 0]) {
    t.is(histogram.count, 1);
    histogram.rotate();
    t.is(histogram.closedCount, 0, `${count} slices before the end`);
  }
  t.is(histogram.count, 0);
  t.is(histogram.quantileUs(0.5, 1), undefined);
});

test('slices of one histogram can be gathered in another', (t) => {
  const [fine, coarse] = [new SlidingHistogram(2), new SlidingHistogram(2)];
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) fine.record(300);
    const slice = fine.rotate();
    coarse.addSlice(slice, fine.closedCount);
  }
  coarse.rotate();
  t.is(fine.count, 20);
  t.is(coarse.count, 30);
});

test('too few durations tell nothing', (t) => {
  const histogram = new SlidingHistogram(1);
  for (let i = 0; i < 99; i++) histogram.record(100);
  histogram.rotate();
  t.is(histogram.quantileUs(0.99, 100), undefined);
  t.not(histogram.quantileUs(0.99, 99), undefined);
});

test('a cleared histogram begins anew', (t) => {
  const histogram = new SlidingHistogram(3);
  for (let i = 0; i < 5; i++) {
    histogram.record(10 ** i);
    histogram.rotate();
  }
  histogram.record(5);
  histogram.clear();
  t.is(histogram.count, 0);
  histogram.rotate();
  t.is(histogram.count, 0);
});

test('odd durations do no harm', (t) => {
  const histogram = new SlidingHistogram(1);
  for (const us of [0, -5, 0.5, Number.NaN, 2 ** 40, Number.POSITIVE_INFINITY]) histogram.record(us);
  histogram.rotate();
  t.is(histogram.count, 6);
  t.true((histogram.quantileUs(0.5, 1) ?? -1) >= 0);
});
