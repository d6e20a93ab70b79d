import test from 'ava';
import { emptyHistogram, encode, record } from '../../../../scripts/load/latencies.js';
import {
  type Outcome,
  outcomeTable,
  percentileCurve,
  percentilePlot,
  wrapped,
} from '../../../../scripts/load/outcomes.js';

/** A thousand latencies of 0.1 ms to 100 ms. */
function histogramOfThousand() {
  const histogram = emptyHistogram();
  for (let i = 1; i <= 1000; i++) record(histogram, i * 100);
  return histogram;
}

const late = emptyHistogram();
record(late, 250);
const OUTCOME: Outcome = {
  name: 'three nodes',
  tally: { seconds: 2, latencies: encode(histogramOfThousand()), lateness: encode(late), refused: 3, lost: 4 },
};
const NOTHING: Outcome = {
  name: 'nobody there',
  tally: { ...OUTCOME.tally, latencies: encode(emptyHistogram()), lateness: encode(emptyHistogram()) },
};

test('the table has the percentiles in ms, the errors, and how late the generator was', (t) => {
  const [, , row = '', empty = ''] = outcomeTable([OUTCOME, NOTHING]).split('\n');
  t.regex(row, /^three nodes +500 +50\.0\d +99\.0\d +99\.9\d +100\.\d\d +3 +4 +0\.25$/);
  t.regex(empty, /^nobody there +0 +0\.00/);
});

test('a curve goes as far as there is a latency beyond, a nine as wide as the one before', (t) => {
  const points = percentileCurve(histogramOfThousand());
  t.is(points.length, 91);
  t.is(points[30]?.x, 10);
  t.true(Math.abs((points[30]?.y ?? 0) - 90) < 0.2);
  t.true(Math.abs((points[90]?.y ?? 0) - 99.9) < 0.2);
  t.true(points.every(({ y }, k) => k === 0 || y >= (points[k - 1]?.y ?? 0)));
  t.deepEqual(percentileCurve(emptyHistogram()), []);
});

test('the plot has a curve and a name for each run, and marks for each nine', (t) => {
  const svg = percentilePlot('a title', [OUTCOME, NOTHING]);
  t.is(svg.match(/<polyline /g)?.length, 2);
  for (const words of ['a title', 'three nodes', 'nobody there', '90', '99', '99.9', '0.1', '100']) {
    t.true(svg.includes(`>${words}<`), words);
  }
  t.false(/NaN|Infinity/.test(svg));
  t.false(/NaN|Infinity/.test(percentilePlot('nothing', [NOTHING])));
});

test('a long name has several lines in the legend', (t) => {
  t.deepEqual(wrapped('the killed node comes back with an empty folder'), [
    'the killed node comes back',
    'with an empty folder',
  ]);
  t.deepEqual(wrapped('redis-server'), ['redis-server']);
});
