import test from 'ava';
import { PLAIN } from '../../../../scripts/bench/plan.js';
import { AXIS_NAMES, axisUpTo, bytesText, MOST, requestsMin } from '../../../../scripts/growth/axes.js';

const MIB = 1024 ** 2;

function labels(name: (typeof AXIS_NAMES)[number], most: number): string[] {
  return axisUpTo(name, most).steps.map(({ label }) => label);
}

test('an axis goes up to what is asked for, which is its last step', (t) => {
  t.deepEqual(labels('pipelines', 256), ['1', '4', '16', '64', '256']);
  t.deepEqual(labels('pipelines', 20), ['1', '4', '16', '20']);
  t.deepEqual(labels('keys', 10_000_000).slice(-2), ['5,000,000', '10,000,000']);
  t.deepEqual(labels('connections', 1), ['1']);
});

test('along an axis one thing grows, and nothing else', (t) => {
  for (const name of ['keys', 'connections', 'pipelines'] as const) {
    const figures = { keys: 'keys', connections: 'connections', pipelines: 'pipeline' } as const;
    const { [figures[name]]: _grown, name: _label, ...rest } = { ...PLAIN, name: '' };
    for (const { load } of axisUpTo(name, MOST[name]).steps) t.like(load, rest);
  }
});

test('long values have fewer keys', (t) => {
  const steps = axisUpTo('values', MIB).steps.map(({ label, keys }) => ({ label, keys }));
  t.deepEqual(steps, [
    { label: '100 B', keys: 100_000 },
    { label: '1 KiB', keys: 49_152 },
    { label: '10 KiB', keys: 4_916 },
    { label: '100 KiB', keys: 492 },
    { label: '1 MiB', keys: 48 },
  ]);
});

test('all keys that are drawn from are written before', (t) => {
  for (const name of AXIS_NAMES) {
    for (const { load, keys } of axisUpTo(name, MOST[name]).steps) t.is(keys, load.keys ?? 0);
  }
});

test('a run has some requests for each connection, but not too many bytes', (t) => {
  t.is(requestsMin(PLAIN), 20_000);
  t.is(requestsMin({ ...PLAIN, connections: 1 }), 1_000);
  t.is(requestsMin({ ...PLAIN, connections: 50_000 }), 100_000);
  t.is(requestsMin({ ...PLAIN, pipeline: 256 }), 2 * 50 * 256);
  t.is(requestsMin({ ...PLAIN, valueBytes: MIB }), 256);
  t.is(requestsMin({ ...PLAIN, valueBytes: 64 * MIB }), 200);
});

test('bytes are told in the unit that fits', (t) => {
  t.deepEqual([100, 1024, 1536, 10 * 1024, MIB].map(bytesText), ['100 B', '1 KiB', '1.5 KiB', '10 KiB', '1 MiB']);
});
