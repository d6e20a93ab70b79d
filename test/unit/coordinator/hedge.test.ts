import test from 'ava';
import { HedgeQueue } from '../../../cluster/coordinator/hedge.js';
import { ManualTimers } from '../storage/manual-world.js';

const TICK_MS = 5;

class Waiting {
  hedgedAtMs: number | undefined;
  calls = 0;

  constructor(
    private readonly timers: ManualTimers,
    private readonly then: () => void = () => undefined,
  ) {}

  hedge(): void {
    this.calls++;
    this.hedgedAtMs = this.timers.elapsedMs;
    this.then();
  }
}

/** Timers that tell how many run. */
class CountedTimers extends ManualTimers {
  running = 0;

  override every(periodMs: number, callback: () => void) {
    this.running++;
    const timer = super.every(periodMs, callback);
    let stopped = false;
    return {
      stop: () => {
        if (!stopped) this.running--;
        stopped = true;
        timer.stop();
      },
    };
  }
}

test('each operation is told once, when the delay has passed, to within a tick', async (t) => {
  const timers = new CountedTimers();
  const queue = new HedgeQueue(timers, timers, () => 20_000);
  const operations: { waiting: Waiting; sinceMs: number }[] = [];
  for (let i = 0; i < 30; i++) {
    const waiting = new Waiting(timers);
    operations.push({ waiting, sinceMs: timers.elapsedMs });
    queue.add(waiting, timers.monotonicUs());
    await timers.advance(i % 4);
  }
  await timers.advance(100);
  for (const { waiting, sinceMs } of operations) {
    const lateMs = (waiting.hedgedAtMs ?? Number.POSITIVE_INFINITY) - sinceMs;
    t.true(lateMs >= 20 && lateMs <= 20 + TICK_MS, `told after ${lateMs} ms`);
    t.is(waiting.calls, 1);
  }
});

test('a timer runs only while something waits', async (t) => {
  const timers = new CountedTimers();
  const queue = new HedgeQueue(timers, timers, () => 10_000);
  t.is(timers.running, 0);
  for (let round = 0; round < 3; round++) {
    queue.add(new Waiting(timers), timers.monotonicUs());
    queue.add(new Waiting(timers), timers.monotonicUs());
    t.is(timers.running, 1);
    await timers.advance(30);
    t.is(timers.running, 0);
  }
  queue.add(new Waiting(timers), timers.monotonicUs());
  queue.stop();
  t.is(timers.running, 0);
});

test('the delay of the moment counts', async (t) => {
  const timers = new ManualTimers();
  let delayUs = 1_000_000;
  const queue = new HedgeQueue(timers, timers, () => delayUs);
  const waiting = new Waiting(timers);
  queue.add(waiting, timers.monotonicUs());
  await timers.advance(50);
  t.is(waiting.calls, 0);
  delayUs = 10_000;
  await timers.advance(TICK_MS);
  t.is(waiting.calls, 1);
});

test('an operation that is told may add others', async (t) => {
  const timers = new CountedTimers();
  const queue = new HedgeQueue(timers, timers, () => 10_000);
  const second = new Waiting(timers);
  const first = new Waiting(timers, () => queue.add(second, timers.monotonicUs()));
  queue.add(first, timers.monotonicUs());
  await timers.advance(100);
  t.is(first.calls, 1);
  t.is(second.calls, 1);
  t.is(timers.running, 0);
});
