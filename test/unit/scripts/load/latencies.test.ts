import test from 'ava';
import { HistogramLogReader } from 'hdr-histogram-js';
import {
  decode,
  emptyHistogram,
  encode,
  percentileMs,
  record,
  SecondlyLatencies,
} from '../../../../scripts/load/latencies.js';

test('a log has a histogram for each second in which requests were due, and its reader finds them', (t) => {
  const latencies = new SecondlyLatencies();
  for (let i = 0; i < 99; i++) latencies.record(100_000 + i, 1000);
  latencies.record(900_000, 50_000);
  // The second after that had none.
  latencies.record(2_100_000, 2000);
  const reader = new HistogramLogReader(latencies.log(1_700_000_000_000));
  const first = reader.nextIntervalHistogram();
  const second = reader.nextIntervalHistogram();
  t.is(reader.nextIntervalHistogram(), null);
  if (first === null || second === null) throw new Error('the log is too short');
  t.is(first.totalCount, 100);
  t.is(percentileMs(first as ReturnType<typeof emptyHistogram>, 100).toFixed(1), '50.0');
  t.is(second.totalCount, 1);
  t.is((second.startTimeStampMsec - first.startTimeStampMsec) / 1000, 2);
  t.is(latencies.all.totalCount, 101);
});

test('a log has no empty lines', (t) => {
  const latencies = new SecondlyLatencies();
  latencies.record(0, 1);
  const lines = latencies.log(0).split('\n');
  t.is(lines.pop(), '');
  t.true(lines.every((line) => line !== ''));
  t.true(lines[0]?.startsWith('#[Histogram log format version 1.3]'));
});

test('latencies go as text between processes, to three digits', (t) => {
  const histogram = emptyHistogram();
  for (let us = 1; us <= 1000; us++) record(histogram, us * 100);
  const copy = decode(encode(histogram));
  t.is(copy.totalCount, 1000);
  t.true(Math.abs(percentileMs(copy, 50) - 50) < 0.1);
  t.true(Math.abs(percentileMs(copy, 99.9) - 99.9) < 0.1);
});

test('what is shorter or longer than can be told counts as the least or the most', (t) => {
  const histogram = emptyHistogram();
  record(histogram, -5);
  record(histogram, 1e12);
  t.is(histogram.totalCount, 2);
  t.is(percentileMs(emptyHistogram(), 99), 0);
});
