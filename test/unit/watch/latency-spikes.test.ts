import test from 'ava';
import { LatencySpikes } from '../../../server/watch/latency-spikes.js';

function watched(thresholdMs: number) {
  const clock = { ms: 1_000_000, nowMs: () => clock.ms, monotonicUs: () => clock.ms * 1000 };
  return { clock, spikes: new LatencySpikes(clock, () => thresholdMs) };
}

test('only what takes at least the threshold is noted', (t) => {
  const { spikes } = watched(5);
  spikes.note('command', 4_999);
  t.deepEqual(spikes.all(), []);
  spikes.note('command', 5_000);
  t.deepEqual(spikes.series('command'), { event: 'command', spikes: [{ atS: 1000, ms: 5 }], maxMs: 5 });
});

test('with a threshold of 0 nothing is noted', (t) => {
  const { spikes } = watched(0);
  spikes.note('command', 60_000_000);
  t.deepEqual(spikes.all(), []);
});

test('of several within a second the longest counts', (t) => {
  const { spikes } = watched(1);
  for (const ms of [7, 9, 8]) spikes.note('command', ms * 1000);
  t.deepEqual(spikes.series('command')?.spikes, [{ atS: 1000, ms: 9 }]);
});

test('the last 160 seconds are kept, and the longest of all times', (t) => {
  const { clock, spikes } = watched(1);
  for (let at = 0; at < 200; at++) {
    spikes.note('command', (500 - at) * 1000);
    clock.ms += 1000;
  }
  const series = spikes.series('command');
  t.is(series?.spikes.length, 160);
  t.deepEqual(series?.spikes[0], { atS: 1040, ms: 460 });
  t.is(series?.maxMs, 500);
});

test('what was noted of an event can be forgotten', (t) => {
  const { spikes } = watched(1);
  spikes.note('command', 2000);
  t.true(spikes.forget('command'));
  t.false(spikes.forget('command'));
  t.deepEqual(spikes.all(), []);
});
