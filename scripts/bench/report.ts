import type { Run } from './contest.js';
import { targetRatio } from './plan.js';
import { textTable } from './text-table.js';

/** The medians of one test under one load, of a cluster and of redis-server measured in turn with it. */
export interface Result {
  readonly contender: string;
  readonly load: string;
  readonly test: string;
  readonly cluster: Run;
  readonly redis: Run;
}

/** Throughput as a fraction of redis-server's. */
export function ratioOf(result: Result): number {
  return result.cluster.operationsPerSecond / result.redis.operationsPerSecond;
}

/** The results as a table, with the targets beside them. CPU is that of all nodes for each request. */
export function resultTable(results: readonly Result[]): string {
  const header = [
    'cluster  load  test',
    'ops/s',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    'Redis ops/s',
    'p50',
    'p99',
    'CPU µs',
    'ratio',
    'target',
    '',
  ];
  const rows = results.map((result) => {
    const target = targetRatio(result.contender, result.load, result.test);
    const ratio = ratioOf(result);
    return [
      `${result.contender.padEnd(7)}  ${result.load.padEnd(15)}  ${result.test}`,
      ...figures(result.cluster),
      ...figures(result.redis),
      ratio.toFixed(2),
      target?.toFixed(2) ?? '',
      target === undefined ? '' : verdict(ratio >= target),
    ];
  });
  return textTable(header, rows);
}

function figures(run: Run): string[] {
  return [rateText(run), run.p50Ms.toFixed(2), run.p99Ms.toFixed(2), cpuText(run)];
}

export function rateText(run: Run): string {
  return Math.round(run.operationsPerSecond).toLocaleString('en-US');
}

export function cpuText({ cpuUs }: Run): string {
  return cpuUs === undefined ? '?' : cpuUs.toFixed(1);
}

function verdict(reached: boolean): string {
  return reached ? 'reached' : 'MISSED';
}

/** The most that a node of a cluster held in memory, in bytes, before and after the load; undefined: not known here. */
export interface MemoryResult {
  readonly contender: string;
  readonly idleBytes: number | undefined;
  readonly loadedBytes: number | undefined;
}

/** The memory of the clusters as a table, against what they may hold at most. */
export function memoryTable(results: readonly MemoryResult[], idleMax: number, loadedMax: number): string {
  const rows = results.map((result) => [
    result.contender,
    ...bounded(result.idleBytes, idleMax),
    ...bounded(result.loadedBytes, loadedMax),
  ]);
  return textTable(['memory of a node', 'idle', 'bound', '', 'loaded', 'bound', ''], rows);
}

function bounded(bytes: number | undefined, max: number): string[] {
  return bytes === undefined ? ['?', mib(max), ''] : [mib(bytes), mib(max), verdict(bytes <= max)];
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
