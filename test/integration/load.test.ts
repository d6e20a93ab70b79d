import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { HistogramLogReader } from 'hdr-histogram-js';
import { generate } from '../../scripts/load/generate.js';
import { decode } from '../../scripts/load/latencies.js';
import type { Traffic } from '../../scripts/load/traffic.js';
import { removeFolder } from '../../scripts/processes/remove-folder.js';
import { TestCluster, temporaryFolder } from './processes.js';

/** As much as a slow machine can do beside other work. */
const RATE = 50;
const SECONDS = 3;

test('an open loop goes on at its rate when a node dies: what was under way there is lost, the others answer', async (t) => {
  const cluster = await TestCluster.start({ nodeCount: 3 });
  const folder = temporaryFolder();
  t.teardown(async () => {
    await cluster.close();
    removeFolder(folder);
  });
  const logPath = join(folder, 'latencies.hlog');
  const traffic: Traffic = {
    addresses: cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    connections: 9,
    mix: { keys: 100, valueBytes: 10, getShare: 0.5 },
    rate: RATE,
    arrivals: 'even',
    warmUpSeconds: 0.2,
    seconds: SECONDS,
    fill: true,
    logPath,
  };
  const tally = await generate(traffic, () => cluster.nodes[2]?.signal('SIGKILL'));
  const { totalCount } = decode(tally.latencies);
  const due = totalCount + tally.refused + tally.lost;
  t.true(Math.abs(due - RATE * SECONDS) <= 1, `${due} were due`);
  t.true(totalCount > due / 2, `${totalCount} of ${due} were answered`);
  const reader = new HistogramLogReader(readFileSync(logPath, 'utf8'));
  let logged = 0;
  for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram()) {
    logged += one.totalCount;
  }
  t.is(logged, totalCount);
});
