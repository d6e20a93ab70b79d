/**
 * `npm run experiments -- NAME…`: what the Dynamo paper measured, measured here on nodes of this machine. Prints tables, and
 * keeps them and a drawing of each experiment in a folder.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Ground } from './experiments/cluster.js';
import { figure5 } from './experiments/figure5.js';
import { frozen } from './experiments/frozen.js';
import { type ExperimentName, type Plan, readPlan, USAGE } from './experiments/plan.js';
import { quorums } from './experiments/quorums.js';
import type { Result } from './experiments/result.js';
import { table2 } from './experiments/table2.js';
import { versions } from './experiments/versions.js';
import { orUsage } from './processes/command-line.js';
import { endWith } from './processes/end-with.js';
import { removeFolder } from './processes/remove-folder.js';

const RUN: Readonly<Record<ExperimentName, (ground: Ground, plan: Plan) => Promise<Result>>> = {
  figure5,
  table2,
  versions,
  quorums,
  frozen,
};

async function run(plan: Plan): Promise<void> {
  const ground: Ground = { folder: mkdtempSync(join(tmpdir(), 'cartwheel-experiments-')), started: [] };
  endWith(() => {
    for (const node of ground.started) node.signal('SIGKILL');
    removeFolder(ground.folder);
  });
  mkdirSync(plan.out, { recursive: true });
  for (const name of plan.names) {
    console.error(`… ${name}`);
    const { report, svg, faults } = await RUN[name](ground, plan);
    console.log(`${report}\n`);
    const file = join(plan.out, name);
    writeFileSync(`${file}.txt`, `${report}\n`);
    writeFileSync(`${file}.svg`, svg);
    console.log(`Kept in ${resolve(file)}.txt and .svg\n`);
    for (const fault of faults) {
      console.error(fault);
      process.exitCode = 1;
    }
  }
  await Promise.all(ground.started.map((node) => node.kill()));
}

const plan = orUsage(readPlan(process.argv.slice(2)), USAGE);
if (plan !== undefined) await run(plan);
