import test from 'ava';
import fc from 'fast-check';
import { median, medianRun } from '../../../../scripts/bench/median.js';

test('the median of an odd number of values is the middle one, of an even number the mean of two', (t) => {
  t.is(median([9, 1, 5]), 5);
  t.is(median([4, 1, 3, 100]), 3.5);
});

test('as many values lie below the median as above it', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values);
      const below = values.filter((value) => value < middle).length;
      const above = values.filter((value) => value > middle).length;
      return below <= values.length / 2 && above <= values.length / 2;
    }),
  );
  t.pass();
});

test('there is no median of nothing', (t) => {
  t.throws(() => median([]));
});

test('each figure of a run has its own median, of those that are known', (t) => {
  const rounds = [
    { operationsPerSecond: 10, p50Ms: 3, p99Ms: 7, cpuUs: 40 },
    { operationsPerSecond: 30, p50Ms: 1, p99Ms: 9, cpuUs: undefined },
    { operationsPerSecond: 20, p50Ms: 2, p99Ms: 8, cpuUs: 60 },
  ];
  t.deepEqual(medianRun(rounds), { operationsPerSecond: 20, p50Ms: 2, p99Ms: 8, cpuUs: 50 });
});
