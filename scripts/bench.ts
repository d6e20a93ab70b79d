/**
 * `npm run bench`: measures clusters of this program against one redis-server on the same machine with redis-benchmark,
 * both in turn after a warm-up, and prints the medians.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Measurement } from './bench/benchmark-csv.js';
import { runLoad } from './bench/load-run.js';
import { medianMeasurement } from './bench/median.js';
import { processMemory } from './bench/memory.js';
import {
  CLUSTER_LOADS,
  CONTENDERS,
  type Contender,
  IDLE_BYTES_MAX,
  LOADED_BYTES_MAX,
  LOADS,
  type Load,
  WARM_UP_LOADS,
} from './bench/plan.js';
import { type MemoryResult, memoryTable, type Result, ratioOf, resultTable } from './bench/report.js';
import { ask } from './processes/ask.js';
import { localNodes, startAll } from './processes/local-nodes.js';
import type { NodeProcess } from './processes/node-process.js';
import { freePorts } from './processes/ports.js';
import { waitUntil } from './processes/wait.js';

const READY_MS = 30_000;
const STOP_MS = 10_000;
/** Before anything is measured all keys are there, and what V8 compiles while it runs is compiled: as in a server that has been in service for some seconds. */
const WARM_UP_REQUESTS = 150_000;
/** A first short run gives the rate from which the others are sized. */
const PROBE_REQUESTS = 10_000;
const REQUESTS_MIN = 20_000;
const REQUESTS_MAX = 3_000_000;

const USAGE = `Usage: npm run bench -- [--quick] [--only buffer3,log3,single] [--rounds N] [--seconds S] [--cluster] [--json FILE]
  --quick      one round of short runs
  --only       which clusters to measure (all)
  --loads      which loads to run, e.g. plain,'-P 16' (all)
  --rounds N   how often each is measured, in turn with redis-server; medians are shown (3)
  --seconds S  how long a run takes, about (3)
  --cluster    also with redis-benchmark --cluster; its requests go to the nodes that hold the keys
  --json FILE  writes all figures to a file too`;

/** In place of what is wrong with a command line: it asks for the usage. */
const HELP = '--help';

interface Wishes {
  readonly contenders: readonly Contender[];
  readonly loads: readonly Load[];
  readonly rounds: number;
  readonly runSeconds: number;
  readonly jsonPath: string | undefined;
}

function readWishes(argv: readonly string[]): Wishes | string {
  const values = parse(argv);
  if (typeof values === 'string') return values;
  const only = values.only?.split(',') ?? CONTENDERS.map(({ name }) => name);
  const contenders = CONTENDERS.filter(({ name }) => only.includes(name));
  if (contenders.length !== only.length) return `--only: expected some of ${CONTENDERS.map(({ name }) => name).join()}`;
  const allLoads = values.cluster ? [...LOADS, ...CLUSTER_LOADS] : LOADS;
  const loads = allLoads.filter(({ name }) => values.loads === undefined || values.loads.split(',').includes(name));
  if (loads.length === 0) return `--loads: expected some of ${allLoads.map(({ name }) => name).join()}`;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const runSeconds = Number(values.seconds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) return '--rounds: expected 1 to 100';
  if (!(runSeconds >= 0.1 && runSeconds <= 60)) return '--seconds: expected 0.1 to 60';
  return { contenders, loads, rounds, runSeconds, jsonPath: values.json };
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean', default: false },
        cluster: { type: 'boolean', default: false },
        only: { type: 'string' },
        loads: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        json: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Starts a redis-server that stores nothing. */
function startRedis(port: number, folder: string): ChildProcess {
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  return spawn('redis-server', args.map(String), { stdio: 'ignore' });
}

async function redisReady(redis: ChildProcess, port: number): Promise<void> {
  const failed = new Promise<never>((_, reject) => redis.once('error', reject));
  const ready = waitUntil(
    'redis-server is ready',
    READY_MS,
    async () => (await ask(port, 'PING')) === 'PONG' || 'no PONG',
  );
  await Promise.race([ready, failed]);
}

/** One load on a cluster and on redis-server, in turn. */
class Duel {
  readonly #load: Load;
  readonly #ports: { readonly redis: number; readonly cluster: number };
  readonly #wishes: Wishes;

  constructor(load: Load, ports: { readonly redis: number; readonly cluster: number }, wishes: Wishes) {
    this.#load = load;
    this.#ports = ports;
    this.#wishes = wishes;
  }

  async run(contender: string): Promise<Result[]> {
    const { redis: redisPort, cluster: clusterPort } = this.#ports;
    // redis-server is no cluster: there, the load is the same without it.
    const redisLoad = { ...this.#load, cluster: false };
    const redisRequests = await this.#requests(redisPort, redisLoad);
    const clusterRequests = await this.#requests(clusterPort, this.#load);
    const redis: Map<string, Measurement>[] = [];
    const cluster: Map<string, Measurement>[] = [];
    for (let round = 1; round <= this.#wishes.rounds; round++) {
      progress(`${contender}, ${this.#load.name}, round ${round} of ${this.#wishes.rounds}`);
      redis.push(await runLoad(redisPort, redisLoad, redisRequests));
      cluster.push(await runLoad(clusterPort, this.#load, clusterRequests));
    }
    return this.#load.tests.map((test) => ({
      contender,
      load: this.#load.name,
      test,
      cluster: medianOf(cluster, test),
      redis: medianOf(redis, test),
    }));
  }

  /** As many requests of each test as take about the time wished for. Warms up by the way. */
  async #requests(port: number, load: Load): Promise<number> {
    const measured = await runLoad(port, load, PROBE_REQUESTS * Math.min(load.pipeline, 4));
    const slowest = Math.min(...[...measured.values()].map((test) => test.operationsPerSecond));
    const wanted = slowest * this.#wishes.runSeconds;
    return Math.round(Math.min(REQUESTS_MAX, Math.max(REQUESTS_MIN, wanted)));
  }
}

function medianOf(rounds: readonly Map<string, Measurement>[], test: string): Measurement {
  return medianMeasurement(rounds.map((round) => round.get(test)).filter((found) => found !== undefined));
}

/** The most that one of the nodes holds now, or has held at most. */
function largest(nodes: readonly NodeProcess[], which: 'now' | 'most'): number | undefined {
  const figures = nodes.map(({ pid }) => (pid === undefined ? undefined : processMemory(pid)?.[which]));
  const known = figures.filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

async function makeNodes(contender: Contender, folder: string): Promise<NodeProcess[]> {
  const ports = await freePorts(contender.nodeCount * 2);
  const pairs = ports
    .slice(0, contender.nodeCount)
    .map((port, index) => ({ port, peerPort: ports[contender.nodeCount + index] ?? 0 }));
  return localNodes(join(folder, contender.name), pairs, contender.nodeArgs);
}

async function measure(contender: Contender, nodes: readonly NodeProcess[], redisPort: number, wishes: Wishes) {
  progress(`starting ${contender.name}`);
  await startAll(nodes, READY_MS);
  const idleBytes = largest(nodes, 'now');
  const clusterPort = nodes[0]?.port ?? 0;
  for (const load of WARM_UP_LOADS) {
    progress(`${contender.name}, ${load.name}, warming up`);
    for (const port of [redisPort, clusterPort]) await runLoad(port, load, WARM_UP_REQUESTS);
  }
  const results: Result[] = [];
  for (const load of wishes.loads) {
    const duel = new Duel(load, { redis: redisPort, cluster: clusterPort }, wishes);
    results.push(...(await duel.run(contender.name)));
  }
  const memory: MemoryResult = { contender: contender.name, idleBytes, loadedBytes: largest(nodes, 'most') };
  await Promise.all(nodes.map((node) => node.stop(STOP_MS, () => progress(`node ${node.port} is killed`))));
  return { results, memory };
}

/** Sees to it that nothing outlives this process, however it ends: `remove` is called then, also on a signal. */
function endWith(remove: () => void): void {
  process.on('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
}

function progress(text: string): void {
  console.error(`… ${text}`);
}

async function main(): Promise<void> {
  const wishes = readWishes(process.argv.slice(2));
  if (wishes === HELP) {
    console.log(USAGE);
    return;
  }
  if (typeof wishes === 'string') {
    console.error(`${wishes}\n\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-bench-'));
  const [redisPort = 0] = await freePorts(1);
  const redis = startRedis(redisPort, folder);
  const nodes: NodeProcess[] = [];
  endWith(() => {
    redis.kill();
    for (const node of nodes) node.signal('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await redisReady(redis, redisPort);
  const results: Result[] = [];
  const memory: MemoryResult[] = [];
  for (const contender of wishes.contenders) {
    nodes.splice(0, nodes.length, ...(await makeNodes(contender, folder)));
    const measured = await measure(contender, nodes, redisPort, wishes);
    results.push(...measured.results);
    memory.push(measured.memory);
  }
  redis.kill();
  console.log(`\n${resultTable(results)}\n\n${memoryTable(memory, IDLE_BYTES_MAX, LOADED_BYTES_MAX)}`);
  if (wishes.jsonPath !== undefined) {
    const figures = { results: results.map((result) => ({ ...result, ratio: ratioOf(result) })), memory };
    writeFileSync(wishes.jsonPath, `${JSON.stringify(figures, undefined, 2)}\n`);
  }
}

await main();
