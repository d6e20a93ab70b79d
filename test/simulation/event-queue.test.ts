import test from 'ava';
import fc from 'fast-check';
import { EventQueue } from './event-queue.js';

test('events leave in the order of their keys, and those of one key as they came', (t) => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('take' as const)), { maxLength: 3_000 });
  fc.assert(
    fc.property(steps, (plan) => {
      const queue = new EventQueue<{ readonly key: number; readonly order: number }>();
      let waiting: { readonly key: number; readonly order: number }[] = [];
      for (const [order, step] of plan.entries()) {
        if (step !== 'take') {
          waiting = [...waiting, { key: step, order }];
          queue.push(step, { key: step, order });
        } else if (waiting.length > 0) {
          waiting = [...waiting].sort((a, b) => a.key - b.key || a.order - b.order);
          t.is(queue.firstKey, waiting[0]?.key);
          t.deepEqual(queue.take(), waiting.shift());
        }
      }
    }),
    { numRuns: 20 },
  );
});

test('a queue of thousands grows, and is empty in the end', (t) => {
  const queue = new EventQueue<number>();
  for (let i = 0; i < 5_000; i++) queue.push((i * 7) % 5_000, (i * 7) % 5_000);
  for (let i = 0; i < 5_000; i++) if (queue.take() !== i) t.fail(`not in order at ${i}`);
  t.is(queue.firstKey, Number.POSITIVE_INFINITY);
  t.throws(() => queue.take(), { instanceOf: RangeError });
});
