/** A minute of `npm run chaos`. */
import { rmSync } from 'node:fs';
import test from 'ava';
import { reportOf } from '../../scripts/chaos/report.js';
import { runChaos } from '../../scripts/chaos/run-chaos.js';
import { portPairs, temporaryFolder } from './processes.js';

const NODES = 5;
const FAULTS_MS = 60_000;
const DEADLINE_MS = 600_000;

test('no acknowledged write is lost and all replicas are equal after a minute of faults on five real nodes', async (t) => {
  t.timeout(DEADLINE_MS);
  const folder = temporaryFolder();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const result = await runChaos({
    folder,
    ports: await portPairs(NODES),
    seed: 1,
    durationMs: FAULTS_MS,
    emptiesFolders: true,
    print: (line) => lines.push(line),
  });
  t.true(result.tally.acknowledged > 0);
  t.true(result.faults > 0);
  t.deepEqual(result.violations, [], [...lines, ...reportOf(result)].join('\n'));
});
