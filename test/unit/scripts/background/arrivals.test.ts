import test from 'ava';
import { Arrivals, poissonGaps } from '../../../../scripts/background/arrivals.js';

function takeAll(arrivals: Arrivals, nowUs: number): number[] {
  const due: number[] = [];
  for (let dueUs = arrivals.take(nowUs); dueUs !== undefined; dueUs = arrivals.take(nowUs)) due.push(dueUs);
  return due;
}

test('requests are due at even distances', (t) => {
  const arrivals = new Arrivals(500, 1000);
  t.deepEqual(takeAll(arrivals, 499), []);
  t.deepEqual(takeAll(arrivals, 2_600), [500, 1_500, 2_500]);
});

test('a stall makes none of them later', (t) => {
  const arrivals = new Arrivals(0, 10_000);
  takeAll(arrivals, 1_000);
  const due = takeAll(arrivals, 1_000_000);
  t.is(due.length, 9_990);
  t.is(Math.round(due[0] ?? 0), 1_100);
});

test('gaps may differ, and their mean is what the rate says', (t) => {
  const shares = [2, 0.5, 0.5];
  const arrivals = new Arrivals(0, 1000, () => shares.shift() ?? 1);
  t.deepEqual(takeAll(arrivals, 4_000), [0, 2_000, 2_500, 3_000, 4_000]);
});

test('requests are due at the rate of their time, whatever was taken when', (t) => {
  const arrivals = new Arrivals(500, (seconds) => (seconds < 1 ? 100 : 300));
  t.is(takeAll(arrivals, 500 + 999_999).length, 100);
  t.is(takeAll(arrivals, 500 + 1_999_999).length, 300);
  t.is(arrivals.take(500 + 1_999_999), undefined);
});

test('the gaps of a Poisson process are exponential with mean one', (t) => {
  const count = 10_000;
  let step = 0;
  const gap = poissonGaps(() => (step++ + 0.5) / count);
  const gaps = Array.from({ length: count }, gap);
  const mean = gaps.reduce((sum, share) => sum + share, 0) / count;
  t.true(Math.abs(mean - 1) < 0.001, String(mean));
  t.true(Math.abs(gaps.filter((share) => share > 1).length / count - 1 / Math.E) < 0.001);
});
