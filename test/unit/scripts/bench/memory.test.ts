import test from 'ava';
import { parseStatus, processMemory } from '../../../../scripts/bench/memory.js';

test('resident memory and its peak are read in bytes', (t) => {
  t.deepEqual(parseStatus('Name:\tnode\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n'), {
    now: 1024 ** 2,
    most: 2 * 1024 ** 2,
  });
});

test('a status without figures, as of a process that has ended, is unknown', (t) => {
  t.is(parseStatus('Name:\tnode\nState:\tZ (zombie)\n'), undefined);
  t.is(processMemory(0), undefined);
});
