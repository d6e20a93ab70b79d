import test from 'ava';
import { readWishes, type Wishes } from '../../../../scripts/load/plan.js';
import { HELP } from '../../../../scripts/processes/command-line.js';

function wishes(...words: string[]): Wishes {
  const read = readWishes(words);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

test('a target is a name and where its servers listen', (t) => {
  const { targets } = wishes('--target', 'ours=7001,10.0.0.2:7002', '--target', 'redis=6379');
  t.deepEqual(targets, [
    {
      name: 'ours',
      addresses: [
        { host: '127.0.0.1', port: 7001 },
        { host: '10.0.0.2', port: 7002 },
      ],
    },
    { name: 'redis', addresses: [{ host: '127.0.0.1', port: 6379 }] },
  ]);
});

test('without a rate the loop is closed', (t) => {
  t.is(wishes('--target', 'a=1').traffic.rate, undefined);
  t.is(wishes('--target', 'a=1', '--rate', '5000').traffic.rate, 5000);
});

test('what is said counts before what --quick would choose', (t) => {
  const { traffic } = wishes('--compare', '--quick', '--seconds', '7');
  t.deepEqual([traffic.seconds, traffic.mix.keys], [7, 5000]);
});

test('what makes no load is said', (t) => {
  t.regex(String(readWishes([])), /either --target or --compare/);
  t.regex(String(readWishes(['--compare', '--target', 'a=1'])), /either --target or --compare/);
  t.regex(String(readWishes(['--target', 'a=x'])), /^--target: expected NAME=PORT/);
  t.regex(String(readWishes(['--target', '../a=1'])), /^--target/);
  t.regex(String(readWishes(['--target', 'a=1', '--target', 'a=2'])), /^--target: two of them are named 'a'/);
  t.regex(String(readWishes(['--compare', '--rate', '0'])), /^--rate: expected 1 to/);
  t.regex(String(readWishes(['--compare', '--value-bytes', '1.5'])), /^--value-bytes: expected 0 to/);
  t.regex(String(readWishes(['--compare', '--arrivals', 'never'])), /^--arrivals/);
  t.is(readWishes([HELP]), HELP);
});
