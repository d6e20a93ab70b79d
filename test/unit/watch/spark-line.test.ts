import test from 'ava';
import { sparkLine } from '../../../server/watch/spark-line.js';

const sample = (value: number, label: string) => ({ value, label });

test('the graph is that of Redis', (t) => {
  const samples = [sample(2, '7s'), sample(50, '6s'), sample(100, '5s'), sample(60, '0s')];
  t.deepEqual(sparkLine(samples, 80).split('\n'), ['  # ', '  |o', ' #||', '_|||', '    ', '7650', 'ssss', '']);
});

test('a single sample stands at the foot', (t) => {
  t.is(sparkLine([sample(20, '0s')], 80), ' \n \n \n_\n \n0\ns\n');
});

test('long series go on in a further strip, with the same scale', (t) => {
  const samples = [sample(0, 'a'), sample(12, 'bb'), sample(6, 'c')];
  t.is(sparkLine(samples, 2), ' #\n |\n |\n_|\n  \nab\n b\n\n \n_\n|\n|\n \nc\n');
});
