import test from 'ava';
import type { Failure } from '../../cluster/failure.js';
import { slotOf } from '../../cluster/ring/slots.js';
import type { Written } from '../../cluster/version/encoded.js';
import { BUSY_MS } from './busy.js';
import { Cluster, type ClusterOptions } from './cluster.js';
import { DB } from './disk-view.js';
import { GENTLE, USUAL } from './draw.js';
import { Prng } from './prng.js';
import { Scheduler } from './scheduler.js';
import { Trace } from './trace.js';

const ROW = { prefix: '', n: 3, r: 2, w: 2, reconcile: 'newest', durability: 'buffer', sloppy: true } as const;
const STEP_US = 1_000;
const STEPS = 8_000;
/** So many steps pass before the first freeze: nodes know by then how long each other takes. */
const STEPS_BEFORE = 1_000;
const FROZEN_US = 200_000;

/** A simulated cluster, and what its clients do and suffer. */
interface Scene {
  readonly nodes: number;
  /** Clients ask the first so many nodes; the others freeze, one at a time. */
  readonly asked: number;
  readonly act: 'read' | 'write';
  /** A freeze may begin in one of so many steps, and does not soon after the last one. */
  readonly freezeOneIn: number;
  readonly pauseUs: number;
  /** Messages take up to so much longer than they need, as between busy nodes. */
  readonly jitterUs: number;
}

const CALM: Scene = { nodes: 3, asked: 2, act: 'read', freezeOneIn: 1_000, pauseUs: 300_000, jitterUs: 0 };

interface Found {
  /** Simulated times in µs. */
  readonly p99Us: number;
  readonly longestUs: number;
  readonly hedgedReads: number;
  readonly hedgedPuts: number;
}

function optionsOf({ nodes, jitterUs }: Scene): ClusterOptions {
  return {
    ...GENTLE,
    temper: { ...GENTLE.temper, jitterUs },
    nodes,
    times: USUAL,
    isElastic: false,
    partitionCount: 16,
    keyspaces: [ROW],
    exchangePeriodMs: 0,
    memoryBytesMax: 2 ** 26,
    flushPeriodMs: 100,
    retireAfterMs: 2_000,
  };
}

/** Operations, one due each ms at one of the nodes that are asked, while one of the others is frozen at random or not. */
async function actFor(scene: Scene, freezing: boolean): Promise<Found> {
  const { nodes, asked, act, freezeOneIn, pauseUs } = scene;
  const scheduler = new Scheduler();
  const trace = new Trace(() => scheduler.nowUs, undefined);
  const broke = (reason: string): void => {
    throw new Error(reason);
  };
  const cluster = new Cluster(optionsOf(scene), scheduler, new Prng(1), trace, {}, () => undefined, broke);
  for (const machine of cluster.machines) machine.start();
  while (!cluster.isWhole()) await scheduler.run(scheduler.nowUs + STEP_US);
  const chance = new Prng(2);
  const tookUs: number[] = [];
  let notBeforeUs = scheduler.nowUs + STEPS_BEFORE * STEP_US;
  for (let step = 0; step < STEPS; step++) {
    if (freezing && scheduler.nowUs >= notBeforeUs && chance.below(freezeOneIn) === 0) {
      cluster.machines[asked + chance.below(nodes - asked)]?.freeze(FROZEN_US);
      notBeforeUs = scheduler.nowUs + FROZEN_US + pauseUs;
    }
    const key = `${chance.below(100)}`;
    const slot = slotOf(Buffer.from(key));
    const dueUs = scheduler.nowUs;
    const ended = (_state: undefined, failure: Failure | undefined): void => {
      if (failure !== undefined) throw new Error(`an operation failed: ${failure.code}`);
      tookUs.push(scheduler.nowUs - dueUs);
    };
    const session = cluster.machines[chance.below(asked)]?.node?.openSession();
    if (act === 'read') session?.get(DB, slot, key, undefined, ended);
    else session?.put(DB, slot, key, undefined, written(step), undefined, ended);
    await scheduler.run(scheduler.nowUs + STEP_US);
  }
  await scheduler.run(scheduler.nowUs + FROZEN_US * 5);
  if (tookUs.length !== STEPS) throw new Error(`${tookUs.length} of ${STEPS} operations were answered`);
  tookUs.sort((a, b) => a - b);
  const counted = (name: 'hedged_reads' | 'hedged_puts'): number =>
    cluster.machines.reduce((sum, { node }) => sum + (node?.counters[name] ?? 0), 0);
  return {
    p99Us: tookUs[Math.floor(STEPS * 0.99)] ?? Number.NaN,
    longestUs: tookUs.at(-1) ?? Number.NaN,
    hedgedReads: counted('hedged_reads'),
    hedgedPuts: counted('hedged_puts'),
  };
}

function written(step: number): Written {
  return { tombstone: false, expiryMs: 0, value: Buffer.from(`${step}`) };
}

// One after the other, as each counts its own time.
test.serial('the p99 of reads does not show a replica that stands still for 200 ms at random', async (t) => {
  t.timeout(BUSY_MS);
  const [still, frozen] = [await actFor(CALM, false), await actFor(CALM, true)];
  t.true(frozen.p99Us <= still.p99Us + 5_000, `${still.p99Us} µs, and with freezes ${frozen.p99Us} µs`);
  t.true(frozen.longestUs <= FROZEN_US / 4, `one read took ${frozen.longestUs} µs`);
  t.true(frozen.hedgedReads > still.hedgedReads);
});

test.serial('nor does that of reads between busy nodes which all stand still now and then', async (t) => {
  t.timeout(BUSY_MS);
  const busy: Scene = { ...CALM, asked: 1, freezeOneIn: 100, jitterUs: 10_000 };
  const [still, frozen] = [await actFor(busy, false), await actFor(busy, true)];
  const { p99Us, longestUs } = frozen;
  // One of the two others is frozen in four of ten ms: a read of it takes its p99 and one more read.
  t.true(p99Us <= 2 * still.p99Us + 5_000, `${still.p99Us} µs, and with freezes ${p99Us} µs`);
  t.true(longestUs <= FROZEN_US / 2, `one read took ${longestUs} µs`);
});

test.serial('nor does that of writes, which the one that stands still may be to coordinate', async (t) => {
  t.timeout(BUSY_MS);
  const writes: Scene = { ...CALM, nodes: 5, act: 'write', freezeOneIn: 200 };
  const [still, frozen] = [await actFor(writes, false), await actFor(writes, true)];
  t.true(frozen.p99Us <= still.p99Us + 5_000, `${still.p99Us} µs, and with freezes ${frozen.p99Us} µs`);
  t.true(frozen.longestUs <= FROZEN_US / 2, `one write took ${frozen.longestUs} µs`);
  t.true(frozen.hedgedPuts > 0);
  t.is(still.hedgedPuts, 0);
});
