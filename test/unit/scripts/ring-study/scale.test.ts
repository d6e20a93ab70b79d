import test from 'ava';
import { measureScale, scaleTable } from '../../../../scripts/ring-study/scale.js';

test('the history grows with the nodes, what they hold with the partitions too, and gossip with neither', (t) => {
  const few = measureScale(5, 64, 1);
  const many = measureScale(20, 64, 1);
  const finer = measureScale(20, 128, 1);
  t.true(Math.abs(many.historyBytes / few.historyBytes - 4) < 0.1);
  t.is(finer.holdingsBytes - many.holdingsBytes, 20 * 8);
  t.is(many.gossipBytesASecond, few.gossipBytesASecond);
  t.is(finer.gossipBytesASecond, few.gossipBytesASecond);
  t.true(few.gossipBytesASecond < 200);
});

test('a row of the table has the bytes whole and the times in milliseconds', (t) => {
  const row = {
    nodes: 1_000,
    historyBytes: 81_000,
    holdingsBytes: 554_000,
    gossipBytesASecond: 81,
    foldMs: 3_210.4,
    eventMs: 4.25,
  };
  const [, , line = ''] = scaleTable([row]).split('\n');
  t.regex(line, /^1,000 +81,000 +554,000 +81 +3210 +4\.3$/);
});
