import test from 'ava';
import { parseBenchmarkCsv } from '../../../../scripts/bench/benchmark-csv.js';

const HEADER =
  '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"';

test('a row gives the rate and the percentiles of its test', (t) => {
  const output = `${HEADER}\n"SET","71428.57","0.517","0.144","0.511","0.799","0.967","1.231"\n`;
  t.deepEqual(
    parseBenchmarkCsv(output),
    new Map([['SET', { operationsPerSecond: 71428.57, p50Ms: 0.511, p99Ms: 0.967 }]]),
  );
});

test('warnings around the rows are passed over', (t) => {
  const row = '"MSET (10 keys)","5","1","1","2","1","3","1"';
  const measured = parseBenchmarkCsv(`WARNING: Could not fetch server CONFIG\n${HEADER}\r\n${row}\r\n\r\n`);
  t.deepEqual(measured.get('MSET (10 keys)'), { operationsPerSecond: 5, p50Ms: 2, p99Ms: 3 });
});

test('output without a header is an error that shows the output', (t) => {
  t.throws(() => parseBenchmarkCsv('Could not connect'), { message: /Could not connect/ });
});
