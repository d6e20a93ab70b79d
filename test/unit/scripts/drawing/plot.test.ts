import test from 'ava';
import { type Axis, shareOf } from '../../../../scripts/drawing/frame.js';
import { type Plot, svgOf } from '../../../../scripts/drawing/plot.js';

const X: Axis = {
  title: 'how seldom',
  scale: 'logarithmic',
  low: 1,
  high: 1000,
  marks: [
    { value: 1, words: '0' },
    { value: 1000, words: '99.9' },
  ],
};
const Y: Axis = { title: 'ms', scale: 'linear', low: 0, high: 10, marks: [{ value: 5, words: 'five' }] };

function plot(changes: Partial<Plot>): string {
  return svgOf({ title: 'a < b & c', subtitle: '', x: X, y: Y, curves: [], legend: [], ...changes });
}

test('a value lies on its axis by the scale, and never beyond the ends', (t) => {
  t.is(shareOf(Y, 2.5), 0.25);
  t.is(Math.round(shareOf(X, 10) * 3 * 1000), 1000);
  t.deepEqual([shareOf(Y, -1), shareOf(Y, 11), shareOf(X, 0), shareOf(X, 1e9)], [0, 1, 0, 1]);
});

test('words are escaped', (t) => {
  t.true(plot({}).includes('>a &lt; b &amp; c<'));
});

test('a curve goes through its points, from the lower left to the upper right of the frame', (t) => {
  const points = [
    { x: 1, y: 0 },
    { x: 1000, y: 10 },
  ];
  const svg = plot({ curves: [{ color: '#123456', points, isDashed: true, marks: 'hollow' }] });
  t.true(svg.includes('<polyline points="70.0,450.0 610.0,60.0" fill="none" stroke="#123456"'));
  t.true(svg.includes('stroke-dasharray'));
  t.is(svg.match(/<circle /g)?.length, 2);
});

test('each mark and each line of the legend is written', (t) => {
  const svg = plot({ legend: [{ color: '#000', lines: ['one', 'two'] }, { lines: ['a note'] }] });
  for (const words of ['0', '99.9', 'five', 'ms', 'how seldom', 'one', 'two', 'a note'])
    t.true(svg.includes(`>${words}<`));
});
