/**
 * `npm run load`: an open-loop load generator. Requests are due at a fixed rate, whatever became of those before, and their latencies
 * count from then. Prints percentiles, and writes HdrHistogram logs and a plot. With --compare it measures a cluster of its own in
 * good and bad times, and redis-server at the same rate.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GeneratorError, generate } from './load/generate.js';
import { decode } from './load/latencies.js';
import { LoadedCluster } from './load/loaded-cluster.js';
import { type Outcome, outcomeTable, percentilePlot } from './load/outcomes.js';
import { readWishes, USAGE, type Wishes } from './load/plan.js';
import { SCENES, type Scene } from './load/scenes.js';
import type { Address, Tally, Traffic } from './load/traffic.js';
import { orUsage } from './processes/command-line.js';
import { endWith } from './processes/end-with.js';
import { freePorts } from './processes/ports.js';
import { RedisServer } from './processes/redis-server.js';
import { removeFolder } from './processes/remove-folder.js';
import { pause } from './processes/wait.js';

const READY_MS = 30_000;
const CAPACITY_SHARE = 0.5;
const CAPACITY_SECONDS = 5;
const HOST = '127.0.0.1';

/** Measures the targets of the command line one after the other. */
async function measureTargets({ targets, traffic, folder }: Wishes): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, addresses } of targets) {
    progress(`${name}: ${traffic.seconds} s`);
    outcomes.push({ name, tally: await generate({ ...traffic, addresses, logPath: logPath(folder, name) }) });
  }
  return outcomes;
}

/** Measures a cluster of its own in each scene, and a redis-server. */
class Comparison {
  readonly #wishes: Wishes;
  readonly #cluster: LoadedCluster;
  readonly #redis: RedisServer;

  constructor(wishes: Wishes, cluster: LoadedCluster, redis: RedisServer) {
    this.#wishes = wishes;
    this.#cluster = cluster;
    this.#redis = redis;
  }

  async run(): Promise<Outcome[]> {
    const { traffic } = this.#wishes;
    progress(`three nodes and redis-server, with ${traffic.mix.keys} keys`);
    await Promise.all([this.#cluster.start(), this.#redis.ready(READY_MS)]);
    const ours = this.#cluster.ports.map((port) => ({ host: HOST, port }));
    const rate = traffic.rate ?? (await this.#halfOfCapacity(ours));
    const open = { ...traffic, rate };
    progress(`redis-server: ${traffic.seconds} s of ${rate} requests a second`);
    const redisTraffic = { ...open, fill: true, addresses: [{ host: HOST, port: this.#redis.port }] };
    const tally = await generate({ ...redisTraffic, logPath: logPath(this.#wishes.folder, 'redis-server') });
    const outcomes = [{ name: 'redis-server', tally }];
    for (const [index, scene] of SCENES.entries()) {
      progress(`${scene.words}: ${traffic.seconds} s of ${rate} requests a second`);
      // Where the capacity was looked for, the keys are there.
      const fill = index === 0 && traffic.rate !== undefined;
      outcomes.push({ name: scene.words, tally: await this.#play(scene, { ...open, fill, addresses: ours }) });
      await scene.after(this.#cluster);
    }
    return outcomes;
  }

  /** Loads the cluster, and lets happen what happens in the scene when its time has come. */
  async #play(scene: Scene, traffic: Omit<Traffic, 'logPath'>): Promise<Tally> {
    let happened: Promise<void> = Promise.resolve();
    const tally = await generate({ ...traffic, logPath: logPath(this.#wishes.folder, scene.name) }, () => {
      happened = pause(scene.at * traffic.seconds * 1000).then(() => scene.happens(this.#cluster));
    });
    await happened;
    return tally;
  }

  /** A closed loop finds it; its first run warms up and fills. */
  async #halfOfCapacity(addresses: readonly Address[]): Promise<number> {
    progress('finding what the cluster takes');
    const seconds = Math.min(CAPACITY_SECONDS, this.#wishes.traffic.seconds);
    const closed = { ...this.#wishes.traffic, addresses, rate: undefined, seconds, logPath: undefined };
    await generate({ ...closed, fill: true });
    const { latencies } = await generate({ ...closed, fill: false });
    const capacity = decode(latencies).totalCount / seconds;
    progress(`it takes ${Math.round(capacity)} requests a second; half of that is the load`);
    return Math.max(1, Math.round(capacity * CAPACITY_SHARE));
  }
}

function logPath(folder: string, name: string): string {
  return resolve(folder, `${name}.hlog`);
}

/** Ends what runs, and removes what it has written. */
let end = (): void => undefined;

async function compare(wishes: Wishes): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-load-'));
  const [redisPort = 0] = await freePorts(1);
  const cluster = await LoadedCluster.make(folder, wishes.durability);
  const redis = RedisServer.launch(redisPort, folder);
  end = () => {
    redis.kill();
    for (const node of cluster.processes) node.signal('SIGKILL');
    removeFolder(folder);
  };
  const outcomes = await new Comparison(wishes, cluster, redis).run();
  await cluster.stop();
  redis.kill();
  return outcomes;
}

function progress(text: string): void {
  console.error(`… ${text}`);
}

async function run(wishes: Wishes): Promise<void> {
  endWith(() => end());
  mkdirSync(wishes.folder, { recursive: true });
  const outcomes = wishes.isComparison ? await compare(wishes) : await measureTargets(wishes);
  const { mix, connections, arrivals } = wishes.traffic;
  const title = `${connections} connections, ${mix.keys} keys, values of ${mix.valueBytes} bytes, ${arrivals} arrivals`;
  writeFileSync(join(wishes.folder, 'percentiles.svg'), percentilePlot(title, outcomes));
  console.log(
    `\n${outcomeTable(outcomes)}\n\n${resolve(wishes.folder)}: percentiles.svg, and an HdrHistogram log each`,
  );
}

const wishes = orUsage(readWishes(process.argv.slice(2)), USAGE);
if (wishes !== undefined) {
  try {
    await run(wishes);
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    console.error(error.message);
    // Servers that run would keep it alive.
    process.exit(1);
  }
}
