import test from 'ava';
import fc from 'fast-check';
import type { Timer, Timers } from '../../../cluster/ports/timers.js';
import { LatencyBook } from '../../../server/latency/latency-book.js';
import { INTERVAL_COUNT, INTERVAL_MS, LATENCY_US_MAX, RECORDINGS_MAX } from '../../../server/latency/limits.js';

/** A clockwork of which the test turns each tick. */
class Ticks implements Timers {
  periodMs = 0;
  isStopped = false;
  #callback: () => void = () => undefined;

  every(periodMs: number, callback: () => void): Timer {
    this.periodMs = periodMs;
    this.#callback = callback;
    return {
      stop: () => {
        this.isStopped = true;
      },
    };
  }

  after(): Timer {
    throw new Error('not expected');
  }

  endOfTurn(): void {
    throw new Error('not expected');
  }

  tick(times = 1): void {
    for (let i = 0; i < times; i++) this.#callback();
  }
}

async function open(): Promise<{ book: LatencyBook; ticks: Ticks }> {
  const ticks = new Ticks();
  return { book: await LatencyBook.open(ticks), ticks };
}

test('percentiles are those of the recorded values, within one in a hundred', async (t) => {
  const { book } = await open();
  const recorder = book.recorder('store write');
  for (let us = 1; us <= 10_000; us++) recorder.record(us);
  const [entry] = book.entries('', [50, 99, 99.9, 100]);
  t.is(entry?.life.count, 10_000);
  [5000, 9900, 9990, 10_000].forEach((expected, at) => {
    const found = entry?.life.percentilesUs[at] ?? 0;
    t.true(Math.abs(found - expected) <= expected / 100, `${found} is not close to ${expected}`);
  });
  t.is(entry?.life.meanUs, 5000.5);
  t.is(entry?.lastMinute.meanUs, 5000.5);
});

test('a summary is made anew where something was recorded, forgotten or asked otherwise, and only there', async (t) => {
  const { book, ticks } = await open();
  const [changing, resting] = [book.recorder('changing'), book.recorder('resting')];
  changing.record(10);
  resting.record(20);
  const entriesNow = (percentiles = [50, 99]) => {
    const [first, second] = book.entries('', percentiles);
    if (first === undefined || second === undefined) throw new Error('both have been recorded');
    return { first, second };
  };
  const before = entriesNow();
  changing.record(30);
  const then = entriesNow();
  t.is(then.second.life, before.second.life);
  t.is(then.second.lastMinute, before.second.lastMinute);
  t.like(then.first.life, { count: 2, meanUs: 20, maxUs: 30 });
  t.is(entriesNow([100]).second.life.percentilesUs.length, 1);
  ticks.tick(INTERVAL_COUNT);
  const later = entriesNow();
  t.is(later.second.lastMinute.count, 0);
  t.like(later.second.life, { count: 1, meanUs: 20 });
  changing.record(40);
  t.like(entriesNow().first.lastMinute, { count: 1, meanUs: 40 });
  resting.reset();
  resting.record(60);
  t.like(entriesNow().second.life, { count: 1, meanUs: 60 });
});

test('the last minute forgets what is older, the whole life does not', async (t) => {
  const { book, ticks } = await open();
  t.is(ticks.periodMs, INTERVAL_MS);
  const recorder = book.recorder('peer a');
  recorder.record(100);
  ticks.tick();
  recorder.record(1000);
  ticks.tick(INTERVAL_COUNT - 2);
  t.is(book.entries('', [])[0]?.lastMinute.count, 2);
  ticks.tick();
  const [later] = book.entries('', [100]);
  t.is(later?.lastMinute.count, 1);
  t.true((later?.lastMinute.percentilesUs[0] ?? 0) >= 1000);
  ticks.tick();
  const [last] = book.entries('', []);
  t.is(last?.lastMinute.count, 0);
  t.is(last?.life.count, 2);
});

test('however records and ticks follow each other, the life counts all and the minute the last six intervals', async (t) => {
  const { book, ticks } = await open();
  let name = 0;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 30 }), (perInterval) => {
      const recorder = book.recorder(`run ${name++ % 50}`);
      recorder.reset();
      for (const [at, count] of perInterval.entries()) {
        if (at > 0) ticks.tick();
        for (let i = 0; i < count; i++) recorder.record(10 * (i + 1));
      }
      const prefix = `run ${(name - 1) % 50}`;
      const entry = book.entries(prefix, []).find((candidate) => candidate.name === prefix);
      const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
      t.is(entry?.life.count ?? 0, sum(perInterval));
      t.is(entry?.lastMinute.count ?? 0, sum(perInterval.slice(-INTERVAL_COUNT)));
    }),
    { numRuns: 50 },
  );
});

test('values beyond the bounds are counted at the bounds, and none is refused', async (t) => {
  const { book } = await open();
  const recorder = book.recorder('x');
  for (const us of [-5, 0, 0.4, 1.9, LATENCY_US_MAX * 10, Number.POSITIVE_INFINITY, Number.NaN]) recorder.record(us);
  const [entry] = book.entries('', [100]);
  t.is(entry?.life.count, 7);
  t.is(entry?.life.maxUs, LATENCY_US_MAX);
});

test('cumulative counts stand at powers of two where they rise', async (t) => {
  const { book } = await open();
  const recorder = book.recorder('command get');
  for (const us of [0, 1, 2, 3, 4, 5, 8, 9, 1000, 1024, LATENCY_US_MAX]) recorder.record(us);
  t.deepEqual(recorder.cumulativeCounts(), [
    { upToUs: 1, count: 2 },
    { upToUs: 2, count: 3 },
    { upToUs: 4, count: 5 },
    { upToUs: 8, count: 7 },
    { upToUs: 16, count: 8 },
    { upToUs: 1024, count: 10 },
    { upToUs: 2 ** 26, count: 11 },
  ]);
});

test('a reset forgets everything, and recording goes on', async (t) => {
  const { book, ticks } = await open();
  const recorder = book.recorder('a');
  recorder.record(5);
  ticks.tick();
  recorder.record(5);
  book.reset();
  t.deepEqual(book.entries('', []), []);
  t.deepEqual(recorder.cumulativeCounts(), []);
  recorder.record(7);
  t.is(book.entries('', [])[0]?.life.count, 1);
  t.is(book.entries('', [])[0]?.lastMinute.count, 1);
});

test('one name has one recording, and entries are found by what their names begin with', async (t) => {
  const { book } = await open();
  t.is(book.recorder('command get'), book.recorder('command get'));
  t.is(book.known('command set'), undefined);
  book.recorder('command set').record(1);
  book.recorder('command get').record(1);
  book.recorder('store read').record(1);
  t.deepEqual(
    book.entries('command ', []).map(({ name }) => name),
    ['command get', 'command set'],
  );
});

test('names beyond the bound share one recording', async (t) => {
  const { book } = await open();
  for (let i = 0; i < RECORDINGS_MAX; i++) book.recorder(`name ${i}`);
  t.is(book.recorder('one more'), book.recorder('and another'));
  t.not(book.recorder('name 1'), book.recorder('one more'));
});

test('books that are opened at the same time do not disturb each other', async (t) => {
  const opened = await Promise.all(Array.from({ length: 4 }, open));
  for (const { book } of opened) book.recorder('a').record(5);
  for (const { book } of opened) t.is(book.entries('', [50])[0]?.life.percentilesUs[0], 5);
});

test('a closed book ticks no more', async (t) => {
  const { book, ticks } = await open();
  book.close();
  t.true(ticks.isStopped);
});
