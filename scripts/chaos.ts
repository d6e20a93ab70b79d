/**
 * Lets clients write to a cluster of real processes while nodes are killed, stopped, frozen, cut off and emptied, and then
 * judges whether the promises were kept. `chaos/workload.ts` says what is written, `chaos/schedule.ts` what is done to the nodes,
 * `chaos/verdict.ts` what must hold at the end.
 *
 *   npm run chaos -- --minutes 5              five nodes, about five minutes in all
 *   npm run chaos -- --rolling                nodes go away one after the other, for longer than deletes are remembered too
 *   npm run chaos -- --elastic                nodes join, leave and are replaced besides
 *   npm run chaos -- --minutes 5 --seed 7     the faults and keys of that seed (their timing is the machine's)
 *   npm run chaos -- --keep                   keeps data and logs, and says where they are
 *
 * Exits with 1 when a promise was broken.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ELASTIC } from './chaos/elastic.js';
import type { Mode } from './chaos/mode.js';
import { reportOf } from './chaos/report.js';
import { ROLLING } from './chaos/rolling.js';
import { runChaos } from './chaos/run-chaos.js';
import { faultsMode } from './chaos/schedule.js';
import { freePorts } from './processes/ports.js';

const MS_A_MINUTE = 60_000;
const NODES_MIN = 3;
const NODES_MAX = 16;

function readPlan() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      nodes: { type: 'string', default: '5' },
      elastic: { type: 'boolean', default: false },
      rolling: { type: 'boolean', default: false },
      'keep-disks': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  return {
    durationMs: numberIn('minutes', values.minutes, 0.1, 10_000) * MS_A_MINUTE,
    seed: Math.trunc(numberIn('seed', values.seed, 0, 2 ** 32 - 1)),
    nodeCount: Math.trunc(numberIn('nodes', values.nodes, NODES_MIN, NODES_MAX)),
    mode: modeOf(values.rolling, values.elastic, !values['keep-disks']),
    keep: values.keep,
  };
}

function modeOf(isRolling: boolean, isElastic: boolean, emptiesFolders: boolean): Mode {
  if (isRolling && isElastic) throw new RangeError('--rolling and --elastic are runs of their own');
  if (isRolling) return ROLLING;
  return isElastic ? ELASTIC : faultsMode(emptiesFolders);
}

function numberIn(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text !== '' && number >= low && number <= high) return number;
  throw new RangeError(`--${name} must be a number from ${low} to ${high}, and is '${text}'`);
}

async function main(): Promise<void> {
  const { keep, nodeCount, ...plan } = readPlan();
  const numbers = await freePorts(nodeCount * 2);
  const ports = Array.from({ length: nodeCount }, (_, at) => ({
    port: numbers[2 * at] ?? 0,
    peerPort: numbers[2 * at + 1] ?? 0,
  }));
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-chaos-'));
  try {
    console.log(`seed ${plan.seed}, nodes ${ports.map(({ port }) => port).join(' ')}`);
    const result = await runChaos({ ...plan, ports, folder, print: (line) => console.log(line) });
    console.log(`\n${reportOf(result).join('\n')}`);
    process.exitCode = result.violations.length === 0 ? 0 : 1;
  } finally {
    if (keep) console.log(`data and logs are in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
