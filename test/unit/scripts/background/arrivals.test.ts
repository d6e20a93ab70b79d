import test from 'ava';
import { Arrivals } from '../../../../scripts/background/arrivals.js';

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
  t.is(due[0], 1_100);
});
