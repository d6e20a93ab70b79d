import test from 'ava';
import { chartOf } from '../../../../scripts/ring-study/chart.js';
import { FIGURE_8 } from '../../../../scripts/ring-study/paper.js';
import { readPlan } from '../../../../scripts/ring-study/plan.js';
import { partitionsWithin, study, studyTable } from '../../../../scripts/ring-study/study.js';

const result = study(1, 3);

test('the same seed gives the same study, in a table and a drawing', (t) => {
  const again = study(1, 3);
  t.deepEqual(again, result);
  t.is(studyTable(again), studyTable(result));
  t.is(chartOf(again), chartOf(result));
});

test('a number of partitions never takes more metadata than it is compared with', (t) => {
  t.is(partitionsWithin(60), 32);
  t.is(partitionsWithin(64), 64);
  t.is(partitionsWithin(30_720), 16_384);
  t.is(partitionsWithin(1e6), 16_384);
});

test('the table has a row for each size of the figure, with the paper beside what was measured', (t) => {
  const [header = '', , ...rows] = studyTable(result).split('\n');
  t.regex(header, /^metadata +T +1 +paper +2 +paper +Q of 3 +3 +paper$/);
  t.is(rows.length, FIGURE_8.length);
  t.regex(rows[1] ?? '', /^960 +32 +0\.\d{3} +0\.82 +0\.\d{3} +0\.82 +512 +0\.948 +0\.94$/);
});

test("the order of the strategies from a thousand entries on is the paper's: 3, then 1, then 2", (t) => {
  const [first, second, third] = result.measured;
  for (const [at, { metadata, efficiency }] of first.entries()) {
    if (metadata < 1_000) continue;
    const claimed = third.find((point) => point.metadata === partitionsWithin(metadata));
    t.true((claimed?.efficiency ?? 0) > efficiency);
    t.true(efficiency > (second[at]?.efficiency ?? 1));
  }
});

test('each curve of the drawing has all its points within the plot', (t) => {
  const svg = chartOf(result);
  t.true(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"') && svg.endsWith('</svg>\n'));
  t.is(svg.match(/<polyline /g)?.length, 6);
  const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)];
  t.is(circles.length, 3 * FIGURE_8.length + result.measured.flat().length);
  for (const [, cx, cy] of circles) {
    t.true(Number(cx) >= 70 && Number(cx) <= 610 && Number(cy) >= 60 && Number(cy) <= 450, `${cx} ${cy}`);
  }
});

test('options that make no plan are refused with the reason', (t) => {
  t.deepEqual(readPlan([]), {
    seed: 1,
    trials: 50,
    svg: 'ring-study.svg',
    scale: false,
    partitions: 4096,
    repeat: 3,
  });
  t.throws(() => readPlan(['--partitions', '100']), { message: '--partitions must be a power of two' });
  t.is(readPlan(['--svg', 'there.svg']).svg, 'there.svg');
  t.throws(() => readPlan(['--seed', 'x']), {
    message: "--seed must be a whole number from 0 to 4294967295, and is 'x'",
  });
  t.throws(() => readPlan(['--trials', '0']), { instanceOf: RangeError });
});
