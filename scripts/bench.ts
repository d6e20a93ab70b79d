/**
 * `npm run bench`: measures clusters of this program against one redis-server on the same machine with redis-benchmark,
 * in turn after a warm-up, and prints the medians. With --compare also clusters of another revision of it.
 */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterContestant, largest, makeSide, redisContestant, type Side } from './bench/arena.js';
import { type Comparison, comparisonOf, comparisonTable, NAMES } from './bench/comparison.js';
import { type Bout, contest, warmUp } from './bench/contest.js';
import { medianRun } from './bench/median.js';
import { type Contender, IDLE_BYTES_MAX, LOADED_BYTES_MAX, WARM_UP_LOADS } from './bench/plan.js';
import { type MemoryResult, memoryTable, type Result, ratioOf, resultTable } from './bench/report.js';
import { type BuiltRevision, buildRevision, RevisionError } from './bench/revision.js';
import { readWishes, USAGE, type Wishes } from './bench/wishes.js';
import { orUsage } from './processes/command-line.js';
import { endWith } from './processes/end-with.js';
import { startAll } from './processes/local-nodes.js';
import { PROGRAM_OF_MODULES } from './processes/node-flags.js';
import type { NodeProcess } from './processes/node-process.js';
import { freePorts } from './processes/ports.js';
import { RedisServer } from './processes/redis-server.js';
import { removeFolder } from './processes/remove-folder.js';

const READY_MS = 30_000;
const STOP_MS = 10_000;
/** Before anything is measured all keys are there, and what V8 compiles while it runs is compiled: as in a server that has been in service for some seconds. */
const WARM_UP_REQUESTS = 150_000;
const QUICK_WARM_UP_REQUESTS = 30_000;

class Bench {
  readonly #wishes: Wishes;
  readonly #folder: string;
  readonly #redis: RedisServer;
  readonly #revision: BuiltRevision | undefined;
  /** All that runs now. */
  #nodes: readonly NodeProcess[] = [];

  constructor(wishes: Wishes, folder: string, redis: RedisServer, revision: BuiltRevision | undefined) {
    this.#wishes = wishes;
    this.#folder = folder;
    this.#redis = redis;
    this.#revision = revision;
  }

  async measure(contender: Contender): Promise<{ readonly bouts: Bout[]; readonly memory: MemoryResult[] }> {
    progress(`starting ${contender.name}`);
    const sides = await this.#makeSides(contender);
    this.#nodes = sides.flatMap(({ nodes }) => nodes);
    for (const { nodes } of sides) await startAll(nodes, READY_MS);
    const idle = sides.map(({ nodes }) => largest(nodes, 'now'));
    const contestants = [...sides.map(clusterContestant), redisContestant(this.#redis)];
    const tell = (text: string): void => progress(`${contender.name}, ${text}`);
    const { loads, length, isQuick } = this.#wishes;
    for (const load of WARM_UP_LOADS) {
      tell(`${load.name}, warming up`);
      await warmUp(contestants, load, isQuick ? QUICK_WARM_UP_REQUESTS : WARM_UP_REQUESTS, tell);
    }
    const bouts: Bout[] = [];
    for (const load of loads) {
      bouts.push(...(await contest(contestants, load, length, tell)));
    }
    const memory = sides.map(({ name, nodes }, index) => ({
      contender: name === NAMES.present ? contender.name : `${contender.name} of ${this.#revision?.name}`,
      idleBytes: idle[index],
      loadedBytes: largest(nodes, 'most'),
    }));
    await Promise.all(this.#nodes.map((node) => node.stop(STOP_MS, () => progress(`node ${node.port} is killed`))));
    return { bouts, memory };
  }

  kill(): void {
    for (const node of this.#nodes) node.signal('SIGKILL');
  }

  async #makeSides(contender: Contender): Promise<Side[]> {
    // A revision is compiled but not bundled: this tree beside it is the same, so that only the revision differs.
    const program = this.#revision === undefined ? undefined : PROGRAM_OF_MODULES;
    const present = await makeSide(NAMES.present, contender, this.#folder, program);
    if (this.#revision === undefined) return [present];
    return [await makeSide(NAMES.revision, contender, this.#folder, this.#revision.program), present];
  }
}

function resultOf(contender: string, { load, test, runs }: Bout): Result {
  const [cluster, redis] = [NAMES.present, NAMES.redis].map((name) => medianRun(runs.get(name) ?? []));
  if (cluster === undefined || redis === undefined) throw new Error(`${load} was not measured`);
  return { contender, load, test, cluster, redis };
}

function progress(text: string): void {
  console.error(`… ${text}`);
}

async function run(wishes: Wishes): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-bench-'));
  let stop = (): void => undefined;
  endWith(() => {
    stop();
    removeFolder(folder);
  });
  if (wishes.revision !== undefined) progress(`building ${wishes.revision}`);
  const revision =
    wishes.revision === undefined ? undefined : await buildRevision(wishes.revision, join(folder, 'revision'));
  const [redisPort = 0] = await freePorts(1);
  const redis = RedisServer.launch(redisPort, folder);
  const bench = new Bench(wishes, folder, redis, revision);
  stop = () => {
    redis.kill();
    bench.kill();
  };
  await redis.ready(READY_MS);
  const results: Result[] = [];
  const comparisons: Comparison[] = [];
  const memory: MemoryResult[] = [];
  for (const contender of wishes.contenders) {
    const measured = await bench.measure(contender);
    results.push(...measured.bouts.map((bout) => resultOf(contender.name, bout)));
    if (revision) comparisons.push(...measured.bouts.map((bout) => comparisonOf(contender.name, bout)));
    memory.push(...measured.memory);
  }
  redis.kill();
  if (revision) console.log(`\n${comparisonTable(comparisons, revision.name)}`);
  console.log(`\n${resultTable(results)}\n\n${memoryTable(memory, IDLE_BYTES_MAX, LOADED_BYTES_MAX)}`);
  if (wishes.jsonPath === undefined) return;
  const figures = {
    results: results.map((result) => ({ ...result, ratio: ratioOf(result) })),
    memory,
    ...(revision && { revision: revision.name, comparisons }),
  };
  writeFileSync(wishes.jsonPath, `${JSON.stringify(figures, undefined, 2)}\n`);
}

const wishes = orUsage(readWishes(process.argv.slice(2)), USAGE);
if (wishes !== undefined) {
  try {
    await run(wishes);
  } catch (error) {
    if (!(error instanceof RevisionError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
