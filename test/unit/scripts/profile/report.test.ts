import test from 'ava';
import { asCpuTime, centreTable, functionTable, idleShare, threadTable } from '../../../../scripts/profile/report.js';
import type { SelfCost } from '../../../../scripts/profile/self-costs.js';
import { timesBetween } from '../../../../scripts/profile/threads.js';

function cost(functionName: string, centre: string, self: number): SelfCost {
  return { frame: { functionName, url: `file:///x/dist/cluster/${functionName}.js`, lineNumber: 4 }, centre, self };
}

const TIMES = [cost('put', 'coordinator put', 300), cost('merge', 'version vectors', 100), cost('none', 'idle', 600)];

test('shares are of busy time, and what is left is told as idle', (t) => {
  const table = centreTable(
    { costs: TIMES, requests: 10 },
    { costs: [cost('put', 'coordinator put', 50)], requests: 5 },
  );
  const [, , first = '', second = '', last = ''] = table.split('\n');
  t.regex(first, /^coordinator put +75\.0 % +30\.00 +100\.0 % +10$/);
  t.regex(second, /^version vectors +25\.0 % +10\.00 +0\.0 % +0$/);
  t.regex(last, /^all +100\.0 % +40\.00 +100\.0 % +10$/);
  t.is(idleShare(TIMES), '60.0 %');
});

test('time on a clock becomes CPU time by what the thread took', (t) => {
  const busy = asCpuTime(TIMES, 200).filter(({ centre }) => centre !== 'idle');
  t.deepEqual(
    busy.map(({ self }) => self),
    [150, 50],
  );
  t.deepEqual(asCpuTime(TIMES, undefined), TIMES);
});

test('a function that is called from several places is named once, the costliest first', (t) => {
  const costs = [...TIMES, cost('merge', 'coordinator get', 500)];
  const [, , first = '', second = '', ...rest] = functionTable({ costs, requests: 10 }, 'µs', 2).split('\n');
  t.regex(first, /^merge {2}cluster\/merge\.js:5 +66\.7 % +60\.00$/);
  t.regex(second, /^put /);
  t.deepEqual(rest, []);
});

test('threads are told by what they took meanwhile, those that did nothing not at all', (t) => {
  const before = new Map([
    ['main thread', 1000],
    ['asleep', 70],
  ]);
  const after = new Map([
    ['main thread', 3000],
    ['asleep', 70],
    ['new', 500],
  ]);
  const rows = threadTable(timesBetween(before, after), 100).split('\n').slice(2);
  t.deepEqual(
    rows.map((row) => row.split(/ {2,}/)),
    [
      ['main thread', '20.00'],
      ['new', '5.00'],
    ],
  );
});
