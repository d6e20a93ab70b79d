import test from 'ava';
import { BUSY_MS } from './busy.js';
import { replayCommand } from './replay.js';
import { type SimulationOptions, simulate } from './simulation.js';

const SEEDS = 240;
const DURATION_MS = 3_000;

/** Fails with what a reader needs: what was violated, how to replay it, and the last lines. */
async function violationsOf(options: SimulationOptions): Promise<string | undefined> {
  const { violations, recent, summary } = await simulate(options);
  if (violations.length === 0) return undefined;
  const command = `replay: ${replayCommand(options)}`;
  return [`seed ${options.seed}`, summary, ...violations, ...recent.slice(-60), command].join('\n');
}

const QUARTER = SEEDS / 4;
for (let part = 0; part < 4; part++) {
  const first = part * QUARTER;
  test.serial(`clusters of the seeds ${first} to ${first + QUARTER - 1} keep what they promise`, async (t) => {
    t.timeout(BUSY_MS);
    for (let seed = first; seed < first + QUARTER; seed++) {
      t.is(await violationsOf({ seed, durationMs: DURATION_MS }), undefined);
    }
  });
}

test.serial('a cluster that runs for four simulated minutes keeps what it promises', async (t) => {
  t.timeout(BUSY_MS);
  t.is(await violationsOf({ seed: 1, durationMs: 240_000, pace: 1, nodes: 3, durability: 'log' }), undefined);
});

test.serial('a seed gives the same run again, also beside another one', async (t) => {
  const seeds = [11, 12, 13];
  const alone = [];
  for (const seed of seeds) alone.push(await simulate({ seed, durationMs: 3_000 }));
  const together = await Promise.all(seeds.map((seed) => simulate({ seed, durationMs: 3_000 })));
  for (const [i, result] of alone.entries()) {
    t.is(together[i]?.traceHash, result.traceHash);
    t.is(together[i]?.events, result.events);
  }
  t.is(new Set(alone.map(({ traceHash }) => traceHash)).size, seeds.length);
});
