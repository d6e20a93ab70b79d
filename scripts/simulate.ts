/**
 * Runs clusters in simulated time and checks what they promise.
 *
 *   npm run simulate -- --seed 7                 one run; add --trace to see all that happens
 *   npm run simulate -- --seeds 3000             three thousand runs, from seed 1 (or from --seed), on all cores
 *   npm run simulate -- --minutes 10 --nodes 5   longer, larger (without --nodes the seed decides)
 *   npm run simulate -- --faults kill,stall --durability log   only these (without, the seed decides)
 *   npm run simulate -- --faults join,leave,forget,replace,kill
 *   npm run simulate -- --nodes 100              ten minutes of light load: a few clients read and write all along, about
 *                                                a dozen requests a second; a few nodes join, leave and crash
 *
 * Exits with 1 when a run violates a promise.
 */
import { replayCommand } from '../test/simulation/replay.js';
import { type SimulationOptions, type SimulationResult, simulate } from '../test/simulation/simulation.js';
import { type Plan, readPlan } from './simulate/plan.js';
import { Tally } from './simulate/tally.js';
import { runAll } from './simulate/workers.js';

const LINES_SHOWN = 40;

async function runOne({ first, trace, options }: Plan): Promise<boolean> {
  const run: SimulationOptions = { ...options, seed: first };
  const result = await (trace ? simulate({ ...run, print: (line) => console.log(line) }) : runInWorker(run));
  if (result.violations.length > 0) {
    report(result, run, trace);
    return false;
  }
  const seconds = Math.round(result.simulatedMs / 1000);
  console.log(`seed ${first}: no violation in ${seconds} simulated seconds (${result.events} events)`);
  console.log(`  ${result.summary}`);
  console.log(`  trace ${result.traceHash}`);
  return true;
}

async function runInWorker(run: SimulationOptions): Promise<SimulationResult> {
  const results: SimulationResult[] = [];
  await runAll([run], (result) => results.push(result), 1);
  const [result] = results;
  if (result === undefined) throw new Error('a run gave no result');
  return result;
}

async function runMany({ first, count, options }: Plan): Promise<boolean> {
  const tally = new Tally(count, options);
  await runAll(seeds(first, count, options), (result) => {
    tally.take(result);
    if (result.violations.length > 0) report(result, { ...options, seed: result.seed });
    process.stderr.write(`\r${tally.bar()}`);
  });
  process.stderr.write('\n');
  for (const line of tally.summary()) console.log(line);
  return tally.violated === 0;
}

function* seeds(first: number, count: number, options: Plan['options']): Generator<SimulationOptions> {
  for (let i = 0; i < count; i++) yield { ...options, seed: (first + i) % 2 ** 32 };
}

function report(result: SimulationResult, options: SimulationOptions, wasPrinted = false): void {
  console.log(`\nseed ${result.seed}: ${result.summary}`);
  for (const violation of result.violations) console.log(`  ${violation}`);
  if (!wasPrinted) for (const line of result.recent.slice(-LINES_SHOWN)) console.log(`    ${line}`);
  console.log(`  replay: ${replayCommand(options)}`);
}

try {
  const plan = readPlan();
  const kept = await (plan.count === 1 ? runOne(plan) : runMany(plan));
  process.exitCode = kept ? 0 : 1;
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
