import test from 'ava';
import { cpuTimeUs, parseStat } from '../../../../scripts/processes/cpu-time.js';

test('user and system time are read behind a name that holds brackets and spaces', (t) => {
  const text = '77 (a) b (c) R 1 2 3 4 -1 4194304 99 0 0 0 150 25 0 0 20 0 1 0 4548548';
  t.is(parseStat(text), 1_750_000);
});

test('a text that is no status has no times', (t) => {
  t.is(parseStat('77 (a) R 1'), undefined);
});

test('the times of several processes are added up, where the system tells them', (t) => {
  const one = cpuTimeUs([process.pid]);
  const twice = cpuTimeUs([process.pid, process.pid]);
  t.is(twice === undefined, one === undefined);
  t.true((twice ?? 0) >= 2 * (one ?? 0));
});

test('a process that is gone makes the sum unknown', (t) => {
  t.is(cpuTimeUs([process.pid, 0]), undefined);
});
