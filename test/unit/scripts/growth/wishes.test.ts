import test from 'ava';
import { readWishes, type Wishes } from '../../../../scripts/growth/wishes.js';
import { HELP } from '../../../../scripts/processes/command-line.js';

function wishes(...words: string[]): Wishes {
  const read = readWishes(words);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

test('without options everything grows, in a cluster of three', (t) => {
  const { axes, others, nodes, nodeArgs } = wishes();
  t.deepEqual(
    axes.map(({ name }) => name),
    ['keys', 'values', 'connections', 'pipelines'],
  );
  t.deepEqual(others, ['idle', 'memory', 'restart']);
  t.is(nodes, 3);
  t.is(nodeArgs.join(' '), '--n 3 --r 2 --w 2 --durability buffer --maxmemory 100mb');
});

test('a single axis goes as far as is asked for', (t) => {
  const [axis] = wishes('--axis', 'keys', '--most', '5000000', '--nodes', '1').axes;
  t.is(axis?.steps.at(-1)?.keys, 5_000_000);
});

test('--quick does the first steps only', (t) => {
  t.deepEqual(
    wishes('--quick').axes.map(({ steps }) => steps.length),
    [2, 2, 2, 2],
  );
});

test('what can not be measured is said', (t) => {
  t.regex(String(readWishes(['--axis', 'height'])), /^--axis: expected some of keys,/);
  t.regex(String(readWishes(['--most', '10'])), /^--most/);
  t.regex(String(readWishes(['--axis', 'keys,values', '--most', '10'])), /^--most/);
  t.regex(String(readWishes(['--nodes', '0'])), /^--nodes/);
  t.regex(String(readWishes(['--seconds', 'x'])), /^--seconds/);
  t.regex(String(readWishes(['--wrong'])), /--wrong/);
  t.is(readWishes([HELP]), HELP);
});
