import test from 'ava';
import { ForegroundGovernor } from '../../../cluster/background/foreground-governor.js';
import type { BackgroundWork } from '../../../cluster/background/governor.js';
import type { PaceOptions } from '../../../cluster/background/pace.js';
import { AT_REST, type Strain } from '../../../cluster/background/strain.js';
import { ManualWorld } from '../storage/manual-world.js';

const OPTIONS: PaceOptions = { targetMs: 20, rateMin: 500, rateMax: 50_000 };
const REQUEST_TIMEOUT_MS = 1000;
const SLICE_KEYS = 50;

/** A governor, a foreground of so many gets a second, and work that never ends. */
class Bench {
  readonly world = new ManualWorld();
  readonly governor: ForegroundGovernor;
  dirtyShare = 0;
  peers: Strain = AT_REST;
  timesAsked = 0;
  getUs = 1_000;
  getsASecond = 0;
  /** Each further key a second of background work adds so many µs to each get. */
  usAKey = 0;
  readonly handed: number[] = [];
  readonly #recorder;

  constructor(options: Partial<PaceOptions> = {}) {
    this.governor = new ForegroundGovernor(
      this.world,
      { ...OPTIONS, ...options },
      REQUEST_TIMEOUT_MS,
      { askAll: () => this.timesAsked++, worst: () => this.peers },
      () => this.dirtyShare,
    );
    this.#recorder = this.governor.watching({ record: (us) => this.handed.push(us) });
  }

  /** Works until it is told to stop. */
  async work(kind: BackgroundWork, units = SLICE_KEYS): Promise<void> {
    while (await this.governor.admit(kind, units));
  }

  admitted(kind: BackgroundWork): number {
    return this.governor.figures().admitted.get(kind) ?? 0;
  }

  /** Lets so many seconds pass; gives the keys a second that `kind` was let through. */
  async run(seconds: number, kind: BackgroundWork): Promise<number> {
    const before = this.admitted(kind);
    for (let step = 0; step < seconds * 20; step++) {
      const us = this.getUs + this.usAKey * this.governor.figures().rate;
      for (let i = 0; i < this.getsASecond / 20; i++) this.#recorder.record(us);
      await this.world.timers.advance(50);
    }
    return (this.admitted(kind) - before) / seconds;
  }
}

test('a slice runs in a later turn, and each in one of its own', async (t) => {
  const { governor, world } = new Bench();
  await world.timers.advance(10);
  let ran = 0;
  const run = (go: boolean) => {
    if (go) ran++;
  };
  void governor.admit('hints', 1).then(run);
  void governor.admit('hints', 1).then(run);
  await Promise.resolve();
  t.is(ran, 0);
  await world.timers.advance(0);
  t.is(ran, 2);
  governor.stop();
});

test('while there is nothing to do the ticks rest, and time goes on: a minute later nothing is left of the gets', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 100;
  await bench.run(5, 'hints');
  bench.getsASecond = 0;
  const { governor, world } = bench;
  t.true((governor.figures().recentP99Us ?? 0) >= 1_000);
  await world.timers.advance(10_000);
  t.is(governor.figures().recentP99Us, undefined);
  t.true((governor.figures().minuteP99Us ?? 0) >= 1_000);
  await world.timers.advance(60_000);
  t.is(governor.figures().minuteP99Us, undefined);
  t.deepEqual(governor.strain(), AT_REST);
  governor.stop();
});

test('without a foreground the highest rate is reached and not exceeded', async (t) => {
  const bench = new Bench({ rateMax: 2_000 });
  const work = bench.work('exchange');
  const rate = await bench.run(10, 'exchange');
  t.true(rate > 1_900 && rate <= 2_000 + SLICE_KEYS, `${rate}`);
  bench.governor.stop();
  await work;
});

test('a foreground over the target drives background work down to the least rate, and not below', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 1_000;
  bench.getUs = 50_000;
  const work = bench.work('exchange');
  await bench.run(10, 'exchange');
  const rate = await bench.run(20, 'exchange');
  t.true(rate > 480 && rate < 520, `${rate}`);
  t.is(bench.governor.figures().rate, OPTIONS.rateMin);
  bench.governor.stop();
  await work;
});

test('the least rate holds for slices that are larger than it', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 1_000;
  bench.getUs = 50_000;
  const work = bench.work('transfer', 2_000);
  await bench.run(20, 'transfer');
  const rate = await bench.run(40, 'transfer');
  t.true(rate > 400 && rate < 600, `${rate}`);
  bench.governor.stop();
  await work;
});

test('background work finds the rate at which the foreground stays below its target', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 1_000;
  // At 5,000 keys a second the p99 is at its target of 20 ms.
  bench.usAKey = 3.8;
  const work = bench.work('hints');
  await bench.run(60, 'hints');
  const rate = await bench.run(60, 'hints');
  t.true(rate > 2_500 && rate < 5_000, `${rate}`);
  t.true((bench.governor.figures().minuteP99Us ?? 0) <= 20_000);
  bench.governor.stop();
  await work;
});

test('background work recovers when the foreground goes, at once', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 1_000;
  bench.getUs = 50_000;
  const work = bench.work('exchange');
  await bench.run(10, 'exchange');
  bench.getsASecond = 0;
  await bench.run(6, 'exchange');
  t.is(bench.governor.figures().rate, OPTIONS.rateMax);
  bench.governor.stop();
  await work;
});

test('a slow foreground that is slow without background work too sets its own target', async (t) => {
  const bench = new Bench({ targetMs: 0 });
  bench.getsASecond = 1_000;
  bench.getUs = 30_000;
  await bench.run(10, 'exchange');
  const work = bench.work('exchange');
  await bench.run(60, 'exchange');
  t.true(bench.governor.figures().targetUs >= 45_000);
  t.true(bench.governor.figures().rate > 5 * OPTIONS.rateMin);
  bench.governor.stop();
  await work;
});

test('that target is found even when background work never rests', async (t) => {
  const bench = new Bench({ targetMs: 0 });
  bench.getsASecond = 1_000;
  bench.getUs = 30_000;
  const work = bench.work('exchange');
  await bench.run(60, 'exchange');
  t.true(bench.governor.figures().targetUs >= 45_000);
  bench.governor.stop();
  await work;
});

test('gets and puts that timed out are not held against background work', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 1_000;
  bench.getUs = REQUEST_TIMEOUT_MS * 1000;
  await bench.run(5, 'hints');
  t.is(bench.governor.figures().recentP99Us, undefined);
  t.is(bench.handed.length, 5_000);
  bench.governor.stop();
});

test('a few slow gets a second are enough to hold it down', async (t) => {
  const bench = new Bench();
  bench.getsASecond = 20;
  bench.getUs = 50_000;
  const work = bench.work('hints');
  await bench.run(20, 'hints');
  t.is(bench.governor.figures().rate, OPTIONS.rateMin);
  bench.governor.stop();
  await work;
});

test('works share the rate, whatever the size of their slices', async (t) => {
  const bench = new Bench({ rateMax: 5_000 });
  const works = [bench.work('hints', 100), bench.work('exchange', 10), bench.work('reaping', 3)];
  await bench.run(20, 'hints');
  const keys = (['hints', 'exchange', 'reaping'] as const).map((kind) => bench.admitted(kind));
  t.true(Math.max(...keys) - Math.min(...keys) <= 200, `${keys}`);
  bench.governor.stop();
  await Promise.all(works);
});

test('unwritten bytes hold background work back', async (t) => {
  const bench = new Bench();
  bench.dirtyShare = 0.9;
  const work = bench.work('transfer');
  await bench.run(20, 'transfer');
  t.is(bench.governor.figures().rate, OPTIONS.rateMin);
  bench.governor.stop();
  await work;
});

test('a stop tells all that wait and all that come', async (t) => {
  const { governor, world } = new Bench();
  const asked = [governor.admit('hints', 1_000_000), governor.admit('exchange', 10), governor.admit('hints', 10)];
  await world.timers.advance(100);
  governor.stop();
  t.deepEqual(await Promise.all(asked), [true, false, false]);
  t.false(await governor.admit('reaping', 1));
});

test('peers are asked how they bear it while background work runs, and only then', async (t) => {
  const bench = new Bench();
  await bench.run(10, 'hints');
  t.is(bench.timesAsked, 0);
  bench.peers = { isBusy: true, pressure: 3, isMinuteKept: false };
  const work = bench.work('hints');
  await bench.run(10, 'hints');
  t.is(bench.timesAsked, 10);
  t.is(bench.governor.figures().rate, OPTIONS.rateMin);
  bench.governor.stop();
  await work;
});

test('a target made from a slow foreground falls with it, though background work never rests', async (t) => {
  const bench = new Bench({ targetMs: 0 });
  bench.getsASecond = 1_000;
  bench.getUs = 30_000;
  await bench.run(10, 'exchange');
  const work = bench.work('exchange');
  await bench.run(40, 'exchange');
  t.true(bench.governor.figures().targetUs >= 45_000);
  bench.getUs = 2_000;
  await bench.run(120, 'exchange');
  t.true(bench.governor.figures().targetUs <= 10_000);
  bench.governor.stop();
  await work;
});
