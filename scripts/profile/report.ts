/** The tables of a profile. */
import { textTable } from '../bench/text-table.js';
import { type CallFrame, IDLE, placeOf } from './cost-centres.js';
import { type SelfCost, sumBy } from './self-costs.js';
import type { ThreadTimes } from './threads.js';

/** What was recorded while so many requests were answered. */
export interface Recording {
  /** µs, idle time too, or bytes. */
  readonly costs: readonly SelfCost[];
  readonly requests: number;
}

/**
 * What the clock says of the profiled thread, turned into what the CPU says: on a machine with other work to do a function's time
 * is longer than what it costs. Scaled so that all that is not idle adds up to `cpuUs`; unchanged where that isn't known.
 */
export function asCpuTime(costs: readonly SelfCost[], cpuUs: number | undefined): SelfCost[] {
  const busyUs = busyOf(costs).reduce((sum, { self }) => sum + self, 0);
  const factor = cpuUs === undefined || cpuUs === 0 || busyUs === 0 ? 1 : cpuUs / busyUs;
  return costs.map((cost) => ({ ...cost, self: cost.self * factor }));
}

/** Time and memory by cost centre, the costliest first. */
export function centreTable(cpu: Recording, allocations: Recording): string {
  const us = sumBy(busyOf(cpu.costs), ({ centre }) => centre);
  const bytes = sumBy(allocations.costs, ({ centre }) => centre);
  const [allUs, allBytes] = [total(us), total(bytes)];
  const row = (name: string, ofTime: number, ofMemory: number): string[] => [
    name,
    percent(ofTime, allUs),
    (ofTime / cpu.requests).toFixed(2),
    percent(ofMemory, allBytes),
    (ofMemory / allocations.requests).toFixed(0),
  ];
  const centres = [...new Set([...us.keys(), ...bytes.keys()])].sort((a, b) => (us.get(b) ?? 0) - (us.get(a) ?? 0));
  return textTable(
    ['cost centre', 'busy time', 'µs a request', 'allocated', 'bytes a request'],
    [...centres.map((centre) => row(centre, us.get(centre) ?? 0, bytes.get(centre) ?? 0)), row('all', allUs, allBytes)],
  );
}

/** `12.3 %`: how much of the time the thread had nothing to do. */
export function idleShare(costs: readonly SelfCost[]): string {
  const sums = sumBy(costs, ({ centre }) => centre);
  return percent(sums.get(IDLE) ?? 0, total(sums));
}

/** The functions that cost most by themselves, wherever they were called. */
export function functionTable({ costs, requests }: Recording, unit: string, count: number): string {
  const sums = sumBy(busyOf(costs), ({ frame }) => functionText(frame));
  const all = total(sums);
  const rows = [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, self]) => [name, percent(self, all), (self / requests).toFixed(2)]);
  return textTable(['function', 'share', `${unit} a request`], rows);
}

function busyOf(costs: readonly SelfCost[]): SelfCost[] {
  return costs.filter(({ centre }) => centre !== IDLE);
}

/** `applyPut  cluster/replica/replica.js:120` */
function functionText({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? `${name}  native` : `${name}  ${placeOf(url)}:${lineNumber + 1}`;
}

/** The CPU time of a process by thread. */
export function threadTable(times: ThreadTimes, requests: number): string {
  const rows = [...times]
    .filter(([, us]) => us > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, us]) => [name, (us / requests).toFixed(2)]);
  return textTable(['thread', 'CPU µs a request'], rows);
}

function total(sums: ReadonlyMap<string, number>): number {
  return [...sums.values()].reduce((sum, value) => sum + value, 0);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`;
}
