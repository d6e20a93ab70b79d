import test from 'ava';
import fc from 'fast-check';
import type { Clock } from '../../../cluster/ports/clock.js';
import { COUNTERS_PER_MS, HybridClock } from '../../../cluster/version/hybrid-clock.js';

function settableClock(): Clock & { ms: number } {
  return {
    ms: 1_000_000,
    nowMs() {
      return this.ms;
    },
    monotonicUs: () => 0,
  };
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('next' as const), amount: fc.constant(0) }),
  fc.record({ kind: fc.constant('jump' as const), amount: fc.integer({ min: -2_000, max: 2_000 }) }),
  fc.record({ kind: fc.constant('observe' as const), amount: fc.integer({ min: -5_000, max: 5_000 }) }),
);

test('counters rise strictly, whatever the wall clock does, and stay ahead of all that was observed', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 2_000_000_000 }), (steps, floor) => {
      const wall = settableClock();
      const clock = new HybridClock(wall, floor, 60_000);
      let highest = floor;
      for (const { kind, amount } of steps) {
        if (kind === 'jump') wall.ms += amount;
        else if (kind === 'observe') {
          const counter = Math.max(0, clock.last + amount);
          clock.observe(counter);
          highest = Math.max(highest, counter);
        } else {
          const counter = clock.next();
          t.true(counter > highest && counter >= wall.ms * COUNTERS_PER_MS && Number.isSafeInteger(counter));
          highest = counter;
        }
        t.is(clock.last, highest);
      }
    }),
  );
  t.pass();
});

test('a counter is the wall clock in µs while that runs ahead of the last one', (t) => {
  const wall = settableClock();
  const clock = new HybridClock(wall, 0, 60_000);
  t.is(clock.next(), 1_000_000 * COUNTERS_PER_MS);
  t.is(clock.next(), 1_000_000 * COUNTERS_PER_MS + 1);
  wall.ms += 1;
  t.is(clock.next(), 1_000_001 * COUNTERS_PER_MS);
});

test('a counter beyond the permitted drift is too far ahead, one on the border is not', (t) => {
  const wall = settableClock();
  const clock = new HybridClock(wall, 0, 60_000);
  const border = (wall.ms + 60_000) * COUNTERS_PER_MS;
  t.false(clock.isTooFarAhead(border));
  t.true(clock.isTooFarAhead(border + 1));
});

test('a counter that this node has already passed is never too far ahead, even if its wall clock was set back', (t) => {
  const wall = settableClock();
  const clock = new HybridClock(wall, 0, 60_000);
  const minted = clock.next();
  wall.ms -= 600_000;
  t.false(clock.isTooFarAhead(minted));
  t.true(clock.isTooFarAhead(minted + 1));
});
