/** For tests that break a node: seeds are run until the check that is there for it has found it. */
import type { ExecutionContext } from 'ava';
import { type SimulationOptions, simulate } from './simulation.js';

const FIRST_SEED = 7_000;
const SEEDS_MAX = 60;
const DURATION_MS = 5_000;

export type Broken = Omit<SimulationOptions, 'seed' | 'durationMs'> & {
  readonly durationMs?: number;
  /** Where to begin: one that is known to show what few others do. */
  readonly firstSeed?: number;
};

/** The first violation of the kind `expected`; undefined: no seed shows one. */
export async function findViolation(
  t: ExecutionContext,
  { firstSeed = FIRST_SEED, ...broken }: Broken,
  expected: RegExp,
): Promise<string | undefined> {
  for (let i = 0; i < SEEDS_MAX; i++) {
    const { violations } = await simulate({
      durationMs: DURATION_MS,
      isElastic: false,
      ...broken,
      seed: firstSeed + i,
    });
    const found = violations.find((violation) => expected.test(violation));
    if (found !== undefined) {
      t.log(`${i + 1} seeds: ${found}`);
      return found;
    }
  }
  return undefined;
}
