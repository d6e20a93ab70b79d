import test from 'ava';
import { readWishes, type Wishes } from '../../../../scripts/bench/wishes.js';
import { HELP } from '../../../../scripts/processes/command-line.js';

function wishes(...words: string[]): Wishes {
  const read = readWishes(words);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

test('without options all clusters and loads are measured three times', (t) => {
  const { contenders, loads, length, revision } = wishes();
  t.deepEqual(
    contenders.map(({ name }) => name),
    ['buffer3', 'log3', 'single'],
  );
  t.is(loads.length, 4);
  t.deepEqual(length, { rounds: 3, runSeconds: 3 });
  t.is(revision, undefined);
});

test('--quick is one short round, and what is said beside it counts', (t) => {
  t.deepEqual(wishes('--quick').length, { rounds: 1, runSeconds: 1 });
  t.deepEqual(wishes('--quick', '--rounds', '5').length, { rounds: 5, runSeconds: 1 });
});

test('a revision is taken as it is', (t) => {
  t.is(wishes('--compare', 'HEAD~3').revision, 'HEAD~3');
});

test('what cannot be measured is said', (t) => {
  t.regex(String(readWishes(['--only', 'nobody'])), /^--only: expected some of buffer3,/);
  t.regex(String(readWishes(['--loads', 'none'])), /^--loads: expected some of plain,/);
  t.regex(String(readWishes(['--loads', 'plain,--cluster'])), /^--loads: expected some of plain,/);
  t.regex(String(readWishes(['--rounds', '0'])), /^--rounds/);
  t.regex(String(readWishes(['--wrong'])), /--wrong/);
  t.is(readWishes([HELP]), HELP);
});
