import test from 'ava';
import { readWishes, type Wishes } from '../../../../scripts/profile/plan.js';

function wishes(...words: string[]): Wishes {
  const read = readWishes(words);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

test('the first of three nodes is profiled while keys are set, unless something else is wished', (t) => {
  const { load, nodes, profiled, nodeArgs } = wishes();
  t.deepEqual([load.tests, load.pipeline, nodes, profiled], [['SET'], 1, 3, 0]);
  t.is(nodeArgs.join(' '), '--n 3 --r 2 --w 2 --durability buffer');
});

test('a mixed load sends both, and one node has a quorum of one', (t) => {
  const { load, nodeArgs } = wishes('--load', 'mixed', '--pipeline', '16', '--nodes', '1', '--durability', 'log');
  t.deepEqual(load.tests, ['SET', 'GET']);
  t.is(load.name, 'mixed-P16');
  t.is(nodeArgs.join(' '), '--n 1 --r 1 --w 1 --durability log');
});

test('what cannot be profiled is said', (t) => {
  t.regex(String(readWishes(['--load', 'del'])), /^--load: expected set, get, mixed/);
  t.regex(String(readWishes(['--node', '4'])), /^--node: expected 1 to 3/);
  t.regex(String(readWishes(['--seconds', 'x'])), /^--seconds/);
});
