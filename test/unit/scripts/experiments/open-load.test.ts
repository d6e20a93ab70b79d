import test from 'ava';
import { burstyRate } from '../../../../scripts/experiments/figure5.js';
import { Figures, msText, Schedule } from '../../../../scripts/experiments/open-load.js';

function countUntil(schedule: Schedule, untilUs: number): number {
  let count = 0;
  while (schedule.take(untilUs) !== undefined) count++;
  return count;
}

test('requests are due at the rate of their time, whatever was taken when', (t) => {
  const schedule = new Schedule((seconds) => (seconds < 1 ? 100 : 300));
  t.is(countUntil(schedule, 999_999), 100);
  t.is(countUntil(schedule, 1_999_999), 300);
  t.is(schedule.take(1_999_999), undefined);
});

test('bursts are three times what is between them, and the mean is the rate', (t) => {
  t.is(burstyRate(800, 0.5), 400);
  t.is(burstyRate(800, 1.5), 1_200);
  t.is(burstyRate(800, 2.1), 400);
});

test('figures tell the average, percentiles and errors', (t) => {
  const figures = new Figures();
  for (let i = 1; i <= 1_000; i++) figures.record(i * 100, i % 100 === 0);
  t.is(figures.errors, 10);
  t.true(Math.abs(figures.averageMs - 50) < 0.5);
  t.true(Math.abs(figures.percentileMs(99) - 99) < 0.5);
  t.deepEqual([1.234, 12.34, 123.4].map(msText), ['1.23', '12.3', '123']);
});
