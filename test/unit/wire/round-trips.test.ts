import test from 'ava';
import fc from 'fast-check';
import { RoundTrips } from '../../../cluster/wire/round-trips.js';

test('the p99 of like round trips is at most a quarter above them', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 3000 }), (us, count) => {
      const trips = new RoundTrips();
      for (let i = 0; i < count; i++) trips.record(us, i);
      t.true(trips.p99Us() >= us && trips.p99Us() <= us * 1.25);
    }),
  );
});

test('one slow round trip in fifty counts, one in a thousand does not', (t) => {
  const [often, seldom] = [new RoundTrips(), new RoundTrips()];
  for (let i = 0; i < 5000; i++) {
    often.record(i % 50 === 0 ? 80_000 : 200, i);
    seldom.record(i % 1000 === 0 ? 80_000 : 200, i);
  }
  t.true(often.p99Us() >= 80_000);
  t.true(seldom.p99Us() < 300);
});

test('those that wait together for a peer that stands still count once', (t) => {
  const trips = new RoundTrips();
  let nowUs = 0;
  for (let freeze = 0; freeze < 20; freeze++) {
    for (let i = 1; i <= 300; i++) trips.record(1_000, nowUs + 1_000 * i);
    nowUs += 500_000;
    // Twenty, asked one after the other before and within the freeze, and answered one after the other after it.
    for (let i = 0; i < 20; i++) trips.record(200_000 - 1_000 * i, nowUs + 10 * i);
  }
  t.true(trips.p99Us() < 1_300, `${trips.p99Us()} µs`);
});

test('a peer that has become slower for good is soon given the time', (t) => {
  const trips = new RoundTrips();
  for (let i = 0; i < 3_000; i++) trips.record(1_000, i * 1_000);
  // Fifty at once under way.
  for (let i = 0; i < 1_500; i++) trips.record(50_000, 3_000_000 + i * 1_000);
  t.true(trips.p99Us() >= 50_000);
});

test('a slow spell is forgotten', (t) => {
  const trips = new RoundTrips();
  t.is(trips.p99Us(), 10_000);
  for (let i = 0; i < 2000; i++) trips.record(500_000, i);
  for (let i = 0; i < 8000; i++) trips.record(300, i);
  t.true(trips.p99Us() < 400);
});

test('odd durations do no harm', (t) => {
  const trips = new RoundTrips();
  for (const us of [0, -5, 0.5, 2 ** 40, Number.POSITIVE_INFINITY]) trips.record(us, 0);
  t.true(trips.p99Us() > 0);
  t.true(Number.isFinite(trips.recentUs()));
});

test('the average follows many samples slowly, and one that comes after a pause at once', (t) => {
  const trips = new RoundTrips();
  t.is(trips.recentUs(), 0);
  trips.record(300, 1_000);
  t.is(trips.recentUs(), 300);
  trips.record(200_300, 1_500);
  t.is(trips.recentUs(), 300 + 200_000 / 8);
  trips.record(400, 600_000);
  t.is(trips.recentUs(), 400);
  for (let i = 0; i < 100; i++) trips.record(2_000, 600_000 + i);
  t.true(Math.abs(trips.recentUs() - 2_000) < 1);
});
