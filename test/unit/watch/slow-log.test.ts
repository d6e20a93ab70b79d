import test from 'ava';
import { SLOW_LEFT_MIN } from '../../../server/watch/limits.js';
import { SlowLog } from '../../../server/watch/slow-log.js';

const CLOCK = { nowMs: () => 5000, monotonicUs: () => 0 };

function texts(log: SlowLog, count: number): string[] {
  return log.newest(count).map(({ id, args }) => `${id}:${args.join(' ')}`);
}

test('keeps the last requests, however many came before', (t) => {
  const log = new SlowLog(CLOCK, () => 3);
  for (let i = 0; i < SLOW_LEFT_MIN * 5; i++) {
    log.add(20_000, [Buffer.from('get'), Buffer.from(`${i}`)], '127.0.0.1:1', '');
    const newest = Array.from({ length: Math.min(3, i + 1) }, (_, back) => `${i - back}:get ${i - back}`);
    t.deepEqual(texts(log, 10), newest);
    t.deepEqual(texts(log, 2), newest.slice(0, 2));
    t.is(log.length, newest.length);
  }
  log.reset();
  t.deepEqual([log.length, texts(log, 10)], [0, []]);
  log.add(20_000, [Buffer.from('ping')], '127.0.0.1:1', '');
  t.deepEqual(texts(log, 10), [`${SLOW_LEFT_MIN * 5}:ping`]);
});

test('keeps more or fewer as its length is changed, from the next request on', (t) => {
  let length = 4;
  const log = new SlowLog(CLOCK, () => length);
  for (let i = 0; i < 6; i++) log.add(1, [Buffer.from('x')], '', '');
  t.is(log.length, 4);
  length = 1;
  t.is(log.length, 4);
  log.add(1, [Buffer.from('y')], '', '');
  t.deepEqual(texts(log, 9), ['6:y']);
  length = 0;
  log.add(1, [Buffer.from('z')], '', '');
  t.is(log.length, 0);
});

test('cuts long and many arguments as Redis does, and keeps their bytes', (t) => {
  const log = new SlowLog(CLOCK, () => 9);
  log.add(1, [Buffer.from([0, 255]), Buffer.alloc(200, 'a')], '', '');
  log.add(
    1,
    Array.from({ length: 40 }, () => Buffer.from('b')),
    '',
    '',
  );
  const [many, long] = log.newest(2);
  t.deepEqual(long?.args, ['\0\xff', `${'a'.repeat(128)}... (72 more bytes)`]);
  t.is(many?.args.length, 32);
  t.is(many?.args[31], '... (9 more arguments)');
});

test('of a request with very many arguments the first are enough', (t) => {
  const log = new SlowLog(CLOCK, () => 9);
  const first = Array.from({ length: 32 }, (_, at) => Buffer.from(`${at}`));
  log.add(1, first, '', '', 1_000_000);
  log.add(1, first, '', '', 32);
  const [whole, long] = log.newest(2);
  t.deepEqual(long?.args.slice(30), ['30', '... (999969 more arguments)']);
  t.deepEqual(whole?.args.slice(30), ['30', '31']);
});
