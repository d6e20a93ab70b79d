import test from 'ava';
import { slotOf } from '../../cluster/ring/slots.js';
import { Cluster } from './cluster.js';
import { DB } from './disk-view.js';
import { GENTLE, USUAL } from './draw.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Trace } from './trace.js';

const ROW = { prefix: '', n: 3, r: 2, w: 2, reconcile: 'newest', durability: 'buffer', sloppy: true } as const;
const OPTIONS = {
  ...GENTLE,
  nodes: 3,
  times: USUAL,
  isElastic: false,
  partitionCount: 16,
  keyspaces: [ROW],
  exchangePeriodMs: 0,
  memoryBytesMax: 2 ** 26,
  flushPeriodMs: 100,
  retireAfterMs: 2_000,
};
const STEP_US = 1_000;
const STEPS = 8_000;
const FROZEN_US = 200_000;
/** A freeze begins in one of so many steps: the node stands still for a tenth of the time. */
const FREEZE_ONE_IN = 2_000;

interface Found {
  /** Simulated times in µs. */
  readonly p99Us: number;
  readonly longestUs: number;
  readonly hedged: number;
}

/** Reads, one due each ms at one of two nodes, while the third is frozen at random or not. */
async function readFor(freezing: boolean): Promise<Found> {
  const scheduler = new Scheduler();
  const trace = new Trace(() => scheduler.nowUs, undefined);
  const broke = (reason: string): void => {
    throw new Error(reason);
  };
  const cluster = new Cluster(OPTIONS, scheduler, new Prng(1), trace, {}, () => undefined, broke);
  for (const machine of cluster.machines) machine.start();
  while (!cluster.isWhole()) await scheduler.run(scheduler.nowUs + STEP_US);
  const chance = new Prng(2);
  const tookUs: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    if (freezing && chance.below(FREEZE_ONE_IN) === 0) cluster.machines[2]?.freeze(FROZEN_US);
    const key = `${chance.below(100)}`;
    const dueUs = scheduler.nowUs;
    const session = cluster.machines[chance.below(2)]?.node?.openSession();
    session?.get(DB, slotOf(Buffer.from(key)), key, undefined, () => {
      tookUs.push(scheduler.nowUs - dueUs);
    });
    await scheduler.run(scheduler.nowUs + STEP_US);
  }
  await scheduler.run(scheduler.nowUs + FROZEN_US * 5);
  if (tookUs.length !== STEPS) throw new Error(`${tookUs.length} of ${STEPS} reads were answered`);
  tookUs.sort((a, b) => a - b);
  return {
    p99Us: tookUs[Math.floor(STEPS * 0.99)] ?? Number.NaN,
    longestUs: tookUs.at(-1) ?? Number.NaN,
    hedged: cluster.machines.reduce((sum, { node }) => sum + (node?.counters.hedged_reads ?? 0), 0),
  };
}

test('the p99 of reads does not show a replica that stands still for 200 ms at random', async (t) => {
  t.timeout(120_000);
  const [still, frozen] = [await readFor(false), await readFor(true)];
  t.true(frozen.p99Us <= still.p99Us + 5_000, `${still.p99Us} µs, and with freezes ${frozen.p99Us} µs`);
  t.true(frozen.longestUs <= FROZEN_US / 4, `one read took ${frozen.longestUs} µs`);
  t.true(frozen.hedged > still.hedged);
});
