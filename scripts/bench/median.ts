import assert from 'node:assert';
import type { Run } from './contest.js';

/** The middle value; of an even number of values the mean of the middle two. Throws without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  assert(upper !== undefined && lower !== undefined, 'the median of nothing');
  return (lower + upper) / 2;
}

/** Each figure's median on its own. */
export function medianRun(runs: readonly Run[]): Run {
  const cpuUs = runs.map((run) => run.cpuUs).filter((us) => us !== undefined);
  return {
    operationsPerSecond: median(runs.map((run) => run.operationsPerSecond)),
    p50Ms: median(runs.map((run) => run.p50Ms)),
    p99Ms: median(runs.map((run) => run.p99Ms)),
    cpuUs: cpuUs.length === 0 ? undefined : median(cpuUs),
  };
}
