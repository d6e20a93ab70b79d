/**
 * How evenly three ways to place partitions spread the load, against the metadata that each node keeps: Dynamo's figure 8.
 *
 *   npm run ring-study -- [--seed 1] [--trials 50] [--svg FILE]
 *
 * Prints a table and draws it into FILE (ring-study.svg in the current folder). The same seed gives the same figures.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { chartOf } from './ring-study/chart.js';
import { NODES, PARTITIONS_OF_STRATEGY_2, PRIMARIES } from './ring-study/paper.js';
import { type Plan, readPlan } from './ring-study/plan.js';
import { partitionTable, study, studyTable } from './ring-study/study.js';

async function runStudy({ seed, trials, svg }: Plan): Promise<void> {
  const result = study(seed, trials);
  console.log(
    `Load balancing efficiency: mean load / load of the hottest of ${NODES} nodes, N = ${PRIMARIES} (seed ${seed})\n`,
  );
  console.log('  1  T random tokens a node, partitions are the ranges between tokens');
  console.log(
    `  2  T random tokens a node, ${PARTITIONS_OF_STRATEGY_2} equal partitions (the paper doesn't say how many)`,
  );
  console.log('  3  Q/S tokens a node, Q equal partitions: the claim of this project, the nodes joined one by one');
  console.log(`  1 and 2 are means of ${trials} rings. Q is the greatest power of two with no more metadata.`);
  console.log("  paper: figure 8 of the Dynamo paper, read off the figure's curves (±0.01), not printed in its text;");
  console.log("  the size of its first points (T = 2) can't be read and is inferred.\n");
  console.log(`${studyTable(result)}\n`);
  console.log(`Strategy 3 with each number of partitions:\n\n${partitionTable(result)}\n`);
  await writeFile(svg, chartOf(result));
  console.log(`Drawn in ${resolve(svg)}`);
}

try {
  await runStudy(readPlan());
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
