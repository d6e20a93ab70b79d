/**
 * Runs clusters in simulated time and checks what they promise.
 *
 *   npm run simulate -- --seed 7                 one run; add --trace to see all that happens
 *   npm run simulate -- --seeds 1000             a thousand runs, from seed 1 (or from --seed)
 *   npm run simulate -- --minutes 10 --nodes 5   longer, larger (without --nodes the seed decides)
 *   npm run simulate -- --faults kill,stall --durability log   only these (without, the seed decides)
 *
 * Exits with 1 when a run violates a promise.
 */
import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind } from '../test/simulation/faults.js';
import { replayCommand } from '../test/simulation/replay.js';
import { type SimulationOptions, type SimulationResult, simulate } from '../test/simulation/simulation.js';

const MS_A_MINUTE = 60_000;
const NODES_MAX = 20;
const DURABILITIES = ['buffer', 'log', 'fsync-one', 'fsync'] as const;

interface Plan {
  readonly first: number;
  readonly count: number;
  readonly trace: boolean;
  readonly options: Omit<SimulationOptions, 'seed' | 'print'>;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '1' },
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
  return {
    first: numberIn('seed', values.seed, 0, 2 ** 32 - 1),
    count: numberIn('seeds', values.seeds, 1, 1e9),
    trace: values.trace,
    options: {
      durationMs: Math.round(Number(values.minutes) * MS_A_MINUTE) || numberIn('minutes', values.minutes, 1, 1e5),
      ...(values.nodes !== undefined && { nodes: numberIn('nodes', values.nodes, 1, NODES_MAX) }),
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

function report(result: SimulationResult, options: SimulationOptions): void {
  console.log(`\nseed ${result.seed}: ${result.summary}`);
  for (const violation of result.violations) console.log(`  ${violation}`);
  if (options.print === undefined) for (const line of result.recent.slice(-40)) console.log(`    ${line}`);
  console.log(`  replay: ${replayCommand(options)}`);
}

async function main(): Promise<void> {
  const { first, count, trace, options } = readPlan();
  let violated = 0;
  for (let i = 0; i < count; i++) {
    const seed = (first + i) % 2 ** 32;
    const run: SimulationOptions = { ...options, seed, ...(trace && { print: (line: string) => console.log(line) }) };
    const result = await simulate(run);
    if (result.violations.length > 0) {
      violated++;
      report(result, run);
    } else if (count === 1) {
      const seconds = Math.round(result.simulatedMs / 1000);
      console.log(`seed ${seed}: no violation in ${seconds} simulated seconds (${result.events} events)`);
      console.log(`  ${result.summary}`);
      console.log(`  trace ${result.traceHash}`);
    }
    if (count > 1) process.stderr.write(`\r${i + 1} of ${count} seeds, ${violated} with violations `);
  }
  if (count > 1) process.stderr.write('\n');
  process.exitCode = violated === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
