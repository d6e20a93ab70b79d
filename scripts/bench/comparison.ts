/** How the present tree stands against another revision of it. */
import type { Bout, Run } from './contest.js';
import { median, medianRun } from './median.js';
import { cpuText, rateText } from './report.js';
import { textTable } from './text-table.js';

/** One test under one load: the runs of the revision, of the present tree and of redis-server, of as many rounds. */
export interface Comparison {
  readonly contender: string;
  readonly load: string;
  readonly test: string;
  readonly revision: readonly Run[];
  readonly present: readonly Run[];
  readonly redis: readonly Run[];
}

/** A ratio in each round: the median of them, the least and the most. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Who takes part, by the names that a bout knows them by. */
export const NAMES = { revision: 'revision', present: 'present', redis: 'redis-server' } as const;

/** A bout as a comparison. */
export function comparisonOf(contender: string, { load, test, runs }: Bout): Comparison {
  const [revision = [], present = [], redis = []] = [NAMES.revision, NAMES.present, NAMES.redis].map((name) =>
    runs.get(name),
  );
  return { contender, load, test, revision, present, redis };
}

/**
 * The present tree's figure over the revision's, round by round: what the machine did in a round weighs on both.
 * Undefined where a figure isn't known.
 */
export function spreadOf(
  { revision, present }: Pick<Comparison, 'revision' | 'present'>,
  figure: (run: Run) => number | undefined,
): Spread | undefined {
  const ratios = present.flatMap((run, round) => {
    const [after, before] = [run, revision[round]].map((one) => one && figure(one));
    return after === undefined || before === undefined || before === 0 ? [] : [after / before];
  });
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** The comparisons as a table: medians, and the ratios with the least and the most of any round. */
export function comparisonTable(comparisons: readonly Comparison[], revisionName: string): string {
  const old = revisionName;
  const header = [
    'cluster  load  test',
    ...[`${old} ops/s`, 'now', `now/${old}`, 'least–most'],
    ...[`${old} CPU µs`, 'now', `now/${old}`, 'least–most'],
    ...[`${old} p99 ms`, 'now'],
    ...['Redis ops/s', 'CPU µs', 'p99', `${old}/Redis`, 'now/Redis'],
  ];
  return textTable(header, comparisons.map(rowOf));
}

function rowOf(comparison: Comparison): string[] {
  const { contender, load, test } = comparison;
  const revision = medianRun(comparison.revision);
  const present = medianRun(comparison.present);
  const redis = medianRun(comparison.redis);
  const rates = spreadOf(comparison, (run) => run.operationsPerSecond);
  const cpu = spreadOf(comparison, (run) => run.cpuUs);
  return [
    `${contender.padEnd(7)}  ${load.padEnd(15)}  ${test}`,
    ...[rateText(revision), rateText(present), ...spreadCells(rates)],
    ...[cpuText(revision), cpuText(present), ...spreadCells(cpu)],
    ...[revision.p99Ms.toFixed(2), present.p99Ms.toFixed(2)],
    ...[rateText(redis), cpuText(redis), redis.p99Ms.toFixed(2)],
    ...[revision, present].map((run) => (run.operationsPerSecond / redis.operationsPerSecond).toFixed(2)),
  ];
}

function spreadCells(spread: Spread | undefined): string[] {
  if (spread === undefined) return ['?', ''];
  return [spread.median.toFixed(3), `${spread.least.toFixed(3)}–${spread.most.toFixed(3)}`];
}
