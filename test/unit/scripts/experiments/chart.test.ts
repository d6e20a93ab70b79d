import test from 'ava';
import { barChart, lineChart } from '../../../../scripts/experiments/chart.js';

const TITLES = { title: 'reads < writes & both', subtitle: 'on 5 nodes', across: 'seconds', up: 'ms' };

function count(svg: string, pattern: RegExp): number {
  return (svg.match(pattern) ?? []).length;
}

test('each series is a line, and what has no value is left out', (t) => {
  const svg = lineChart(
    TITLES,
    [1, 2, 3],
    [
      { name: 'a', values: [1, 10, 100] },
      { name: 'b', values: [5, undefined, 7], isDashed: true },
    ],
  );
  const points = [...svg.matchAll(/points="([^"]*)"/g)].map(([, all = '']) => all.split(' ').length);
  t.deepEqual(points, [3, 2]);
  t.true(svg.includes('reads &lt; writes &amp; both'));
  t.false(/NaN|Infinity|undefined/.test(svg));
});

test('each value is a bar as high as its logarithm', (t) => {
  const svg = barChart(
    TITLES,
    ['one', 'two'],
    [
      { name: 'a', values: [1, 10] },
      { name: 'b', values: [100, undefined] },
    ],
  );
  const heights = [...svg.matchAll(/<rect x=.*? height="([\d.]+)"/g)].map(([, height]) => Number(height));
  t.deepEqual(heights, [0, 195, 390]);
  t.false(/NaN|Infinity|undefined/.test(svg));
});

test('a drawing of nothing is a drawing', (t) => {
  for (const svg of [
    lineChart(TITLES, [], []),
    barChart(TITLES, [], []),
    barChart(TITLES, ['a'], [{ name: 'b', values: [0] }]),
  ]) {
    t.is(count(svg, /<svg /g), 1);
    t.is(count(svg, /<title>[^<]+<\/title>/g), 1);
    t.false(/NaN|Infinity/.test(svg));
  }
});
