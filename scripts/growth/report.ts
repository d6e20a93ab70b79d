/** The tables of what was measured. */
import type { Run } from '../bench/contest.js';
import type { Test } from '../bench/plan.js';
import { cpuText, rateText } from '../bench/report.js';
import { textTable } from '../bench/text-table.js';
import type { Axis } from './axes.js';
import { type Mark, marksOf } from './cliffs.js';

const MIB = 1024 ** 2;

/** One test at one step. */
export interface Outcome {
  readonly label: string;
  readonly test: Test;
  /** Undefined: not measured; `fault` says why. */
  readonly cluster: Run | undefined;
  readonly redis: Run | undefined;
  readonly fault: string | undefined;
  /** The largest node after the step, and redis-server; undefined where the system does not tell. */
  readonly nodeBytes: number | undefined;
  readonly redisBytes: number | undefined;
}

/** Throughput as a fraction of redis-server's. */
export function ratioOf({ cluster, redis }: Outcome): number | undefined {
  if (cluster === undefined || redis === undefined) return undefined;
  return cluster.operationsPerSecond / redis.operationsPerSecond;
}

/** Requests for a second of CPU time as a fraction of redis-server's: what other work on the machine changes least. */
function cpuRatioOf({ cluster, redis }: Outcome): number | undefined {
  if (cluster?.cpuUs === undefined || redis?.cpuUs === undefined) return undefined;
  return redis.cpuUs / cluster.cpuUs;
}

/** All outcomes of an axis with their marks; each test is held against itself. */
export function marked(outcomes: readonly Outcome[]): (Outcome & { readonly mark: Mark })[] {
  const marks = new Map<Outcome, Mark>();
  for (const test of new Set(outcomes.map((outcome) => outcome.test))) {
    const same = outcomes.filter((outcome) => outcome.test === test);
    for (const [index, mark] of marksOf(same.map(ratioOf)).entries()) {
      const outcome = same[index];
      if (outcome !== undefined) marks.set(outcome, mark);
    }
  }
  return outcomes.map((outcome) => ({ ...outcome, mark: marks.get(outcome) ?? '' }));
}

/** The table of an axis, with its title above it and what failed below it. */
export function axisTable({ title }: Axis, outcomes: readonly Outcome[]): string {
  const header = [
    title,
    ...['ops/s', 'p50 ms', 'p99 ms', 'CPU µs'],
    ...['Redis ops/s', 'p50', 'p99', 'CPU µs'],
    ...['ratio', 'of CPU', 'node RSS', 'Redis RSS', ''],
  ];
  const width = Math.max(...outcomes.map(({ label }) => label.length));
  const all = marked(outcomes);
  const rows = all.map((outcome) => [
    `${outcome.label.padStart(width)}  ${outcome.test}`,
    ...figures(outcome.cluster),
    ...figures(outcome.redis),
    ratioOf(outcome)?.toFixed(2) ?? '',
    cpuRatioOf(outcome)?.toFixed(2) ?? '',
    bytesCell(outcome.nodeBytes),
    bytesCell(outcome.redisBytes),
    outcome.mark.toUpperCase(),
  ]);
  const faults = all.flatMap(({ label, test, fault }) => (fault === undefined ? [] : [`${label} ${test}: ${fault}`]));
  return [textTable(header, rows), ...faults].join('\n');
}

function figures(run: Run | undefined): string[] {
  if (run === undefined) return ['', '', '', ''];
  return [rateText(run), run.p50Ms.toFixed(2), run.p99Ms.toFixed(2), cpuText(run)];
}

/** `412 MiB`. */
export function bytesCell(bytes: number | undefined): string {
  return bytes === undefined ? '?' : `${Math.round(bytes / MIB)} MiB`;
}
