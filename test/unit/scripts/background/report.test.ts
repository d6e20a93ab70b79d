import test from 'ava';
import { build } from 'hdr-histogram-js';
import { figuresOf, sumOf } from '../../../../scripts/background/node-figures.js';
import { readWishes } from '../../../../scripts/background/plan.js';
import { outcomeTable } from '../../../../scripts/background/report.js';

test('the table shows latencies in ms and whether the node was healed', (t) => {
  const latencies = build({ numberOfSignificantValueDigits: 3 });
  for (let us = 1; us <= 10_000; us++) latencies.recordValue(us);
  const outcome = {
    setting: 'governed',
    latencies,
    errors: 2,
    seconds: 10,
    backgroundKeys: 5_000,
    healing: 'done' as const,
  };
  const others = [
    { ...outcome, healing: 'unfinished' as const },
    { ...outcome, healing: 'none' as const },
  ];
  const [, , row = '', unfinished = '', none = ''] = outcomeTable([outcome, ...others]).split('\n');
  t.deepEqual(row.split(/\s{2,}/), [
    'governed',
    '5.00 ms',
    '9.90 ms',
    '9.99 ms',
    '10.00 ms',
    '1000',
    '2',
    '500',
    'in 10.0 s',
  ]);
  t.true(unfinished.endsWith('not in 10 s'));
  t.true(none.endsWith('nothing to heal'));
});

test('numbers of INFO are read, other fields passed over', (t) => {
  const figures = figuresOf('# Dynamo\r\nnode_id:ab12\r\nhints_kept:12\r\nshare:0.5\r\nzone:\r\n');
  t.deepEqual(
    [...figures],
    [
      ['hints_kept', 12],
      ['share', 0.5],
    ],
  );
  t.is(sumOf([figures, figures, new Map()], ['hints_kept', 'share']), 25);
});

test('a quick run is a small one, and what is given wins', (t) => {
  t.deepEqual(readWishes([]), { work: 'hints', keys: 200_000, seconds: 60, rate: undefined });
  t.deepEqual(readWishes(['--quick', '--work', 'exchange', '--rate', '500', '--seconds', '9']), {
    work: 'exchange',
    keys: 40_000,
    seconds: 9,
    rate: 500,
  });
});

test('what is wrong with a command line is named', (t) => {
  for (const [argv, reason] of [
    [['--work', 'none'], /--work: expected hints or exchange/],
    [['--keys', '0'], /--keys/],
    [['--seconds', '0.5'], /--seconds/],
    [['--rate', 'many'], /--rate/],
    [['--else'], /--else/],
  ] as const) {
    t.regex(String(readWishes(argv)), reason);
  }
});
