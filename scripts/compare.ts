/**
 * Compares random commands with redis-server, reply by reply, for as long as you like.
 *
 *   npm run compare -- --minutes 30               with seeds from 1 (or from --seed), each in all kinds
 *   npm run compare -- --kind in-turn             one by one, each to the next of three nodes, with N=R=W=3
 *   npm run compare -- --kind pipelines/3         all of a sequence in one write to one node, in RESP3
 *   npm run compare -- --kind one-by-one/2 --seed 7 --path 12:3:1   one sequence, as a failure tells
 *
 * What differs is shrunk to the shortest sequence that differs still. Exits with 1 when anything did.
 */
import { compareOneByOne, comparePipelines, type RandomRuns } from '../test/commands/compare-random.js';
import { Comparison } from '../test/commands/comparison.js';
import { RedisProcess } from '../test/commands/redis-process.js';
import { TestCluster } from '../test/integration/processes.js';
import { type Kind, nameOf, type Plan, readPlan } from './compare/plan.js';

const MS_A_MINUTE = 60_000;
/** A slow machine answers late, which is no difference; and all replicas answer all, so that it does not matter who is asked. */
const NODE_ARGS = ['--n', '3', '--r', '3', '--w', '3', '--request-timeout-ms', '10000', '--login-delay-max-ms', '0'];

interface Targets {
  readonly one: Comparison;
  readonly inTurn: Comparison;
}

function run({ one, inTurn }: Targets, { way, resp }: Kind, wishes: Omit<RandomRuns, 'resp'>): Promise<void> {
  if (way === 'pipelines') return comparePipelines(one, { ...wishes, resp });
  return compareOneByOne(way === 'in-turn' ? inTurn : one, { ...wishes, resp });
}

/** Gives how many seeds differed. */
async function compareAll(targets: Targets, { minutes, seed: first, path, kinds, runs }: Plan): Promise<number> {
  const endMs = performance.now() + minutes * MS_A_MINUTE;
  let differed = 0;
  let sequences = 0;
  for (let seed = first; seed === first || (path === undefined && performance.now() < endMs); seed++) {
    for (const kind of kinds) {
      try {
        await run(targets, kind, { runs, seed, ...(path !== undefined && { path }) });
      } catch (error) {
        differed++;
        const { message } = error instanceof Error ? error : new Error(String(error));
        console.log(`\n${nameOf(kind)}, seed ${seed}:\n${message}\n`);
      }
      sequences += path === undefined ? runs : 1;
    }
    process.stderr.write(`\rseeds ${first} to ${seed}: ${sequences} sequences, ${differed} differ `);
  }
  process.stderr.write('\n');
  return differed;
}

async function main(plan: Plan): Promise<void> {
  const redis = await RedisProcess.start();
  try {
    const cluster = await TestCluster.start({ args: NODE_ARGS });
    try {
      const [first = 0, ...others] = cluster.ports;
      const targets = {
        one: new Comparison(redis.port, first),
        inTurn: new Comparison(redis.port, first, ...others),
      };
      process.exitCode = (await compareAll(targets, plan)) === 0 ? 0 : 1;
    } finally {
      await cluster.close();
    }
  } finally {
    await redis.stop();
  }
}

try {
  await main(readPlan());
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
