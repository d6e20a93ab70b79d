import test from 'ava';
import fc from 'fast-check';
import { LOOK_PERIOD_TICKS, LOOK_TICKS, QUIET_OPERATIONS, SETTLE_TICKS } from '../../../cluster/background/limits.js';
import { Pace, type PaceOptions, type Sight } from '../../../cluster/background/pace.js';
import { AT_REST } from '../../../cluster/background/strain.js';

const OPTIONS: PaceOptions = { targetMs: 20, rateMin: 500, rateMax: 50_000 };

/** A busy node whose foreground is at ease, and whose background work uses what it is given. */
const EASY: Sight = {
  operations: 10_000,
  recentP99Us: 5_000,
  minuteP99Us: 5_000,
  aloneP99Us: undefined,
  loopDelayUs: 500,
  dirtyShare: 0,
  usedShare: 1,
  peers: AT_REST,
};
const IDLE: Sight = { ...EASY, operations: 0, recentP99Us: undefined, minuteP99Us: undefined };
const PRESSED: Sight = { ...EASY, recentP99Us: 40_000 };

/** A pace that a foreground has found to bear `rate` or more. */
function paceAt(rate: number, options = OPTIONS): Pace {
  const pace = new Pace(options);
  while (pace.rate < rate || pace.rate === options.rateMax) pace.tick(EASY);
  for (let i = 0; i < SETTLE_TICKS; i++) pace.tick(EASY);
  return pace;
}

test('a node without clients goes at full speed', (t) => {
  const pace = new Pace(OPTIONS);
  for (let i = 0; i < 100; i++) pace.tick(IDLE);
  t.is(pace.rate, 50_000);
  t.is(pace.share, 1);
});

test('a foreground that appears finds the lowest rate, and it grows by a tenth a second', (t) => {
  const pace = new Pace(OPTIONS);
  t.true(pace.tick(EASY));
  t.is(pace.rate, 500);
  for (let i = 0; i < SETTLE_TICKS; i++) pace.tick(EASY);
  for (let i = 0; i < 40; i++) t.false(pace.tick(EASY));
  t.true(Math.abs(pace.rate - 500 * 1.1 ** 10) < 1);
});

test('the rate shrinks when the p99 is over the target, and recovers when it is not', (t) => {
  const pace = paceAt(10_000);
  const before = pace.rate;
  t.true(pace.tick(PRESSED));
  t.true(pace.rate < before / 2);
  const low = pace.rate;
  for (let i = 0; i < SETTLE_TICKS + 40; i++) pace.tick(EASY);
  t.true(pace.rate > low * 2);
});

test('near the target it shrinks a little, below that it holds', (t) => {
  const pace = paceAt(10_000);
  const before = pace.rate;
  pace.tick({ ...EASY, recentP99Us: 17_000 });
  t.is(pace.rate, before);
  pace.tick({ ...EASY, recentP99Us: 20_000 });
  t.true(Math.abs(pace.rate - before * 0.9) < 1);
});

test('after a step down what is measured has time to show it', (t) => {
  const pace = paceAt(10_000);
  pace.tick(PRESSED);
  const { rate } = pace;
  for (let i = 0; i < SETTLE_TICKS; i++) t.false(pace.tick(PRESSED));
  t.is(pace.rate, rate);
  t.true(pace.tick(PRESSED));
});

test('while the last minute breaks the target nothing grows', (t) => {
  const pace = paceAt(10_000);
  const { rate } = pace;
  for (let i = 0; i < 100; i++) pace.tick({ ...EASY, minuteP99Us: 30_000 });
  t.is(pace.rate, rate);
});

test('a rate that nobody uses does not grow', (t) => {
  const pace = paceAt(10_000);
  const { rate } = pace;
  for (let i = 0; i < 100; i++) pace.tick({ ...EASY, usedShare: 0.1 });
  t.is(pace.rate, rate);
});

test('late timers and unwritten bytes shrink the rate without any foreground', (t) => {
  for (const sight of [
    { ...IDLE, loopDelayUs: 60_000 },
    { ...IDLE, dirtyShare: 0.5 },
  ]) {
    const pace = new Pace(OPTIONS);
    t.true(pace.tick(sight));
    t.true(pace.rate < OPTIONS.rateMax);
    for (let i = 0; i < 30; i++) pace.tick(IDLE);
    t.is(pace.rate, OPTIONS.rateMax);
  }
});

test('when the clients have gone full speed is back within two seconds, and they find what they bore before', (t) => {
  const pace = paceAt(2_000);
  const borne = pace.rate;
  for (let i = 0; i < 8; i++) pace.tick(IDLE);
  t.is(pace.rate, OPTIONS.rateMax);
  pace.tick(EASY);
  t.true(Math.abs(pace.rate - borne) <= borne * 0.1);
});

test('without a target the foreground alone sets it, within bounds', (t) => {
  const pace = new Pace({ ...OPTIONS, targetMs: 0 });
  for (const [aloneP99Us, targetUs] of [
    [undefined, 5_000],
    [1_000, 5_000],
    [20_000, 30_000],
    [900_000, 100_000],
  ] as const) {
    pace.tick({ ...EASY, aloneP99Us });
    t.is(pace.targetUs, targetUs);
  }
});

test('a node without clients spares those of its peers', (t) => {
  const pace = new Pace(OPTIONS);
  const peers = { isBusy: true, pressure: 0.1, isMinuteKept: true };
  pace.tick({ ...IDLE, peers });
  t.is(pace.rate, OPTIONS.rateMin);
  for (let i = 0; i < 80; i++) pace.tick({ ...IDLE, peers });
  const borne = pace.rate;
  t.true(borne > 2 * OPTIONS.rateMin);
  for (let i = 0; i < 20; i++) pace.tick({ ...IDLE, peers: { ...peers, isMinuteKept: false } });
  t.is(pace.rate, borne);
  pace.tick({ ...IDLE, peers: { ...peers, pressure: 1.8 } });
  t.true(Math.abs(pace.rate - borne / 2) < 1);
});

test('its strain tells peers of its clients, and how near the target they are', (t) => {
  const pace = new Pace(OPTIONS);
  pace.tick(IDLE);
  t.deepEqual(pace.strain, { isBusy: false, pressure: 0.025, isMinuteKept: true });
  pace.tick({ ...PRESSED, minuteP99Us: 30_000 });
  t.deepEqual(pace.strain, { isBusy: true, pressure: 2, isMinuteKept: false });
});

test('without a target it looks now and then what the foreground has alone, and goes on as before', (t) => {
  const pace = paceAt(10_000, { ...OPTIONS, targetMs: 0 });
  const easy = { ...EASY, recentP99Us: 4_000, usedShare: 0 };
  const rates: number[] = [];
  let looks = 0;
  for (let i = 0; i < 2 * (LOOK_PERIOD_TICKS + LOOK_TICKS + 1); i++) {
    if (pace.tick(easy)) looks++;
    rates.push(pace.rate);
  }
  t.is(looks, 2);
  t.is(rates.filter((rate) => rate === OPTIONS.rateMin).length, 2 * LOOK_TICKS);
  t.is(new Set(rates).size, 2);
});

test('the rate stays within its bounds, whatever is seen', (t) => {
  const us = fc.option(fc.integer({ min: 0, max: 2 ** 31 }), { nil: undefined });
  const sight = fc.record({
    operations: fc.integer({ min: 0, max: 2 * QUIET_OPERATIONS }),
    recentP99Us: us,
    minuteP99Us: us,
    aloneP99Us: us,
    loopDelayUs: us,
    dirtyShare: fc.double({ min: 0, max: 2, noNaN: true }),
    usedShare: fc.double({ min: 0, max: 4, noNaN: true }),
    peers: fc.record({
      isBusy: fc.boolean(),
      pressure: fc.double({ min: 0, max: 1e6, noNaN: true }),
      isMinuteKept: fc.boolean(),
    }),
  });
  fc.assert(
    fc.property(fc.array(sight, { maxLength: 200 }), fc.constantFrom(0, 20), (sights, targetMs) => {
      const pace = new Pace({ ...OPTIONS, targetMs });
      for (const each of sights) {
        pace.tick(each);
        t.true(pace.rate >= OPTIONS.rateMin && pace.rate <= OPTIONS.rateMax);
      }
    }),
  );
});
