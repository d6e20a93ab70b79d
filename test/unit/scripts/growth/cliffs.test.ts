import test from 'ava';
import { marksOf } from '../../../../scripts/growth/cliffs.js';

test('a ratio of less than half of the step before is a cliff', (t) => {
  t.deepEqual(marksOf([0.5, 0.4, 0.19, 0.18]), ['', '', 'cliff', '']);
});

test('half is none, nor is a slope that falls further and further', (t) => {
  t.deepEqual(marksOf([0.8, 0.4, 0.2, 0.1]), ['', '', '', '']);
});

test('what could not be measured is marked, and the next step is held against the last one that was', (t) => {
  t.deepEqual(marksOf([0.5, undefined, 0.1, 0.1]), ['', 'failed', 'cliff', '']);
  t.deepEqual(marksOf([undefined, 0.1]), ['failed', '']);
});
