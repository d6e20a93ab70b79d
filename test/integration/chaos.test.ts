/** Short runs of `npm run chaos`. */
import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { ELASTIC } from '../../scripts/chaos/elastic.js';
import type { Mode } from '../../scripts/chaos/mode.js';
import { reportOf } from '../../scripts/chaos/report.js';
import { ROLLING } from '../../scripts/chaos/rolling.js';
import { runChaos } from '../../scripts/chaos/run-chaos.js';
import { faultsMode } from '../../scripts/chaos/schedule.js';
import { portPairs, temporaryFolder } from './processes.js';

const NODES = 5;
const MINUTE_MS = 60_000;
const ROLLING_MS = 30_000;
const DEADLINE_MS = 1_200_000;

test.serial(
  'no acknowledged write is lost and all replicas are equal after a minute of faults on five real nodes',
  (t) => endsWell(t, faultsMode(true), MINUTE_MS),
);

test.serial(
  'what was deleted stays deleted while nodes are away for less and for more than deletes are remembered',
  (t) => endsWell(t, ROLLING, ROLLING_MS),
);

test.serial('no acknowledged write is lost while nodes join, leave and are replaced amid the faults', (t) =>
  endsWell(t, ELASTIC, MINUTE_MS),
);

async function endsWell(t: ExecutionContext, mode: Mode, durationMs: number): Promise<void> {
  t.timeout(DEADLINE_MS);
  const folder = temporaryFolder();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const lines: string[] = [];
  const result = await runChaos({
    mode,
    folder,
    ports: await portPairs(NODES),
    seed: 1,
    durationMs,
    print: (line) => lines.push(line),
  });
  t.true(result.tally.acknowledged > 0);
  t.true(result.done.size > 0);
  t.deepEqual(result.violations, [], [...lines, ...reportOf(result)].join('\n'));
}
