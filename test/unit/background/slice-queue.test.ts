import test from 'ava';
import type { BackgroundWork } from '../../../cluster/background/governor.js';
import { SliceQueue } from '../../../cluster/background/slice-queue.js';

const resolve = (): void => undefined;

/** Keys by work that `takes` slices give. */
function served(queue: SliceQueue, takes: number, again: boolean): Map<BackgroundWork, number> {
  const keys = new Map<BackgroundWork, number>();
  for (let i = 0; i < takes; i++) {
    const slice = queue.take();
    if (slice === undefined) break;
    keys.set(slice.work, (keys.get(slice.work) ?? 0) + slice.units);
    if (again) queue.add(slice);
  }
  return keys;
}

test('slices of one work run in the order in which they were asked for', (t) => {
  const queue = new SliceQueue();
  for (const units of [3, 1, 2]) queue.add({ work: 'hints', units, resolve });
  t.deepEqual([queue.take()?.units, queue.take()?.units, queue.take()?.units], [3, 1, 2]);
  t.true(queue.isEmpty);
  t.is(queue.take(), undefined);
});

test('works share by keys, not by slices', (t) => {
  const queue = new SliceQueue();
  queue.add({ work: 'hints', units: 100, resolve });
  queue.add({ work: 'exchange', units: 10, resolve });
  queue.add({ work: 'reaping', units: 1, resolve });
  const keys = served(queue, 11_100, true);
  for (const work of ['hints', 'exchange', 'reaping'] as const) {
    t.true(Math.abs((keys.get(work) ?? 0) - 10_000) <= 100, `${work}: ${keys.get(work)}`);
  }
});

test('a work with many slices waiting gets no more than one that waits with one', (t) => {
  const queue = new SliceQueue();
  for (let i = 0; i < 1000; i++) queue.add({ work: 'transfer', units: 10, resolve });
  queue.add({ work: 'hints', units: 10, resolve });
  t.true(served(queue, 2, false).has('hints'));
});

test('a work that was away begins level with the others', (t) => {
  const queue = new SliceQueue();
  queue.add({ work: 'exchange', units: 10, resolve });
  served(queue, 1000, true);
  queue.add({ work: 'hints', units: 10, resolve });
  const keys = served(queue, 100, true);
  t.true(Math.abs((keys.get('hints') ?? 0) - 500) <= 10);
});
