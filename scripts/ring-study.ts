/**
 * How evenly three ways to place partitions spread the load, against the metadata that each node keeps: Dynamo's figure 8.
 *
 *   npm run ring-study -- [--seed 1] [--trials 50] [--svg FILE]
 *
 *   npm run ring-study -- --scale [--partitions 4096] [--repeat 3]
 *
 * Prints a table and draws it into FILE (ring-study.svg in the current folder). The same seed gives the same figures.
 * With --scale: what membership costs with 10, 100 and 1,000 nodes.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { chartOf } from './ring-study/chart.js';
import { NODES, PARTITIONS_OF_STRATEGY_2, PRIMARIES } from './ring-study/paper.js';
import { type Plan, readPlan } from './ring-study/plan.js';
import { measureScale, NODE_COUNTS, scaleTable } from './ring-study/scale.js';
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

function runScale({ partitions, repeat }: Plan): void {
  console.log(`Membership with ${partitions} partitions; times are the processor's, medians of ${repeat}\n`);
  console.log(
    '  history, holdings  what each node keeps and stores: an event for each node; for each node a bit for each partition',
  );
  console.log('  gossip             what each node sends while nothing changes, frames included; it hears as much');
  console.log(
    '  fold               from the whole history to the ring; three nodes founded it, the others joined one by one',
  );
  console.log('  one more event     the same, when all but the last event are folded already\n');
  console.log(scaleTable(NODE_COUNTS.map((nodes) => measureScale(nodes, partitions, repeat))));
}

try {
  const plan = readPlan();
  if (plan.scale) runScale(plan);
  else await runStudy(plan);
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
