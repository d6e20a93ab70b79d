/** What to run, read from the command line. */
import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind } from '../../test/simulation/faults.js';
import type { SimulationOptions } from '../../test/simulation/simulation.js';

const MS_A_MINUTE = 60_000;
const MINUTES_DEFAULT = '1';
const MINUTES_OF_LARGE = '10';
/** With many seeds each run is short: faults meet in the first seconds or not at all. */
const MINUTES_OF_MANY = '0.1';
const NODES_MAX = 100;
/** More nodes than this are a run of its own kind: light load, nothing slow, and nodes that come and go now and then. */
const NODES_USUAL = 20;
const LARGE_PACE = 20;
const DURABILITIES = ['buffer', 'log', 'fsync-one', 'fsync'] as const;

const LARGE: Partial<SimulationOptions> = {
  pace: LARGE_PACE,
  gentle: true,
  isLarge: true,
  durability: 'log',
  faults: ['join', 'leave', 'kill'],
  readsRepair: false,
  exchangePeriodMs: 10_000,
  workload: { keys: 200, readPercent: 70 },
};

export interface Plan {
  readonly first: number;
  readonly count: number;
  readonly trace: boolean;
  readonly options: Omit<SimulationOptions, 'seed' | 'print'>;
}

/** Throws `RangeError`, or the `TypeError` of `parseArgs`, where the arguments make no plan. */
export function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      nodes: { type: 'string' },
      durability: { type: 'string' },
      faults: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  const durability = DURABILITIES.find((known) => known === values.durability);
  if (values.durability !== undefined && durability === undefined) {
    throw new RangeError(`--durability must be one of ${DURABILITIES.join(', ')}`);
  }
  const count = numberIn('seeds', values.seeds, 1, 1e9);
  const nodes = values.nodes === undefined ? undefined : numberIn('nodes', values.nodes, 1, NODES_MAX);
  const isLarge = nodes !== undefined && nodes > NODES_USUAL;
  const minutes = values.minutes ?? (isLarge ? MINUTES_OF_LARGE : count > 1 ? MINUTES_OF_MANY : MINUTES_DEFAULT);
  const durationMs = Math.round(Number(minutes) * MS_A_MINUTE) || numberIn('minutes', minutes, 1, 1e5);
  return {
    first: numberIn('seed', values.seed, 0, 2 ** 32 - 1),
    count,
    trace: values.trace,
    options: {
      durationMs: isLarge ? durationMs / LARGE_PACE : durationMs,
      ...(nodes !== undefined && { nodes }),
      ...(isLarge && LARGE),
      ...(durability !== undefined && { durability }),
      ...(values.faults !== undefined && { faults: faultsIn(values.faults) }),
    },
  };
}

function faultsIn(text: string): FaultKind[] {
  return text.split(',').map((name) => {
    const kind = FAULT_KINDS.find((known) => known === name);
    if (kind === undefined) throw new RangeError(`--faults takes some of ${FAULT_KINDS.join(',')}, and not '${name}'`);
    return kind;
  });
}

function numberIn(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= low && number <= high) return number;
  throw new RangeError(`--${name} must be a whole number from ${low} to ${high}, and is '${text}'`);
}
