/** A cluster of ours and a redis-server, both new, that take the steps of an axis in turn. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fillKeys } from '../background/fill.js';
import { clusterContestant, largest, makeSide, redisContestant, type Side } from '../bench/arena.js';
import { NAMES } from '../bench/comparison.js';
import { type Bout, contest, type Progress, warmUp } from '../bench/contest.js';
import { medianRun } from '../bench/median.js';
import { processMemory } from '../bench/memory.js';
import { PLAIN } from '../bench/plan.js';
import { startAll } from '../processes/local-nodes.js';
import { freePorts } from '../processes/ports.js';
import { RedisServer } from '../processes/redis-server.js';
import { type Axis, requestsMin, type Step } from './axes.js';
import type { Outcome } from './report.js';
import type { Wishes } from './wishes.js';

const READY_MS = 60_000;
const STOP_MS = 30_000;
const WARM_UP_REQUESTS = 30_000;
/** Of a fill: bytes of values without an answer on a connection, and requests at the most. */
const FILL_BYTES = 256 * 1024;
const FILL_REQUESTS = 64;
const KEY_DIGITS = 12;

type ArenaWishes = Pick<Wishes, 'nodes' | 'nodeArgs' | 'runSeconds'>;

export class GrowingArena {
  readonly #wishes: ArenaWishes;
  readonly #side: Side;
  readonly #redis: RedisServer;
  readonly #folder: string;
  readonly #progress: Progress;
  /** How many keys are there, with values of so many bytes. */
  #filled = { keys: 0, valueBytes: 0 };

  private constructor(wishes: ArenaWishes, side: Side, redis: RedisServer, folder: string, progress: Progress) {
    this.#wishes = wishes;
    this.#side = side;
    this.#redis = redis;
    this.#folder = folder;
    this.#progress = progress;
  }

  /** Not yet started; its data are in a folder below `folder`. */
  static async make(folder: string, name: string, wishes: ArenaWishes, progress: Progress): Promise<GrowingArena> {
    const own = join(folder, name);
    const contender = { name: 'cluster', nodeCount: wishes.nodes, nodeArgs: wishes.nodeArgs };
    const side = await makeSide(NAMES.present, contender, own, undefined);
    const [redisPort = 0] = await freePorts(1);
    return new GrowingArena(wishes, side, RedisServer.launch(redisPort, folder), own, progress);
  }

  /** Waits until all serve, and lets them take some requests: what V8 compiles while it runs is compiled then. */
  async start(): Promise<void> {
    await Promise.all([this.#redis.ready(READY_MS), startAll(this.#side.nodes, READY_MS)]);
    this.#progress('warming up');
    await warmUp(this.#contestants, { ...PLAIN, pipeline: 16 }, WARM_UP_REQUESTS, this.#progress);
  }

  /** Measures all steps of the axis. What fails becomes an outcome too, and the steps behind it are tried all the same. */
  async measure(axis: Axis): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const step of axis.steps) outcomes.push(...(await this.#measureStep(step)));
    return outcomes;
  }

  async stop(): Promise<void> {
    const late = (port: number) => () => this.#progress(`node ${port} does not stop, and is killed`);
    await Promise.all(this.#side.nodes.map((node) => node.stop(STOP_MS, late(node.port))));
    this.#redis.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  kill(): void {
    this.#redis.kill();
    for (const node of this.#side.nodes) node.signal('SIGKILL');
  }

  get #contestants() {
    return [clusterContestant(this.#side), redisContestant(this.#redis)];
  }

  async #measureStep({ label, load, keys }: Step): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const test of load.tests) {
      const tell: Progress = (text) => this.#progress(`${label}: ${text}`);
      let bout: Bout | undefined;
      let fault: string | undefined;
      try {
        await this.#fill(keys, load.valueBytes);
        const length = { rounds: 1, runSeconds: this.#wishes.runSeconds, requestsMin: requestsMin(load) };
        [bout] = await contest(this.#contestants, { ...load, tests: [test] }, length, tell);
      } catch (error) {
        fault = faultText(error);
      }
      outcomes.push({ label, test, fault, ...this.#figures(bout) });
    }
    return outcomes;
  }

  #figures(bout: Bout | undefined) {
    const [cluster, redis] = [NAMES.present, NAMES.redis].map((name) => {
      const runs = bout?.runs.get(name);
      return runs && medianRun(runs);
    });
    const { pid } = this.#redis;
    const redisBytes = pid === undefined ? undefined : processMemory(pid)?.now;
    return { cluster, redis, nodeBytes: largest(this.#side.nodes, 'now'), redisBytes };
  }

  /** Writes the keys that redis-benchmark draws from, so that every read finds its key. */
  async #fill(keys: number, valueBytes: number): Promise<void> {
    const from = this.#filled.valueBytes === valueBytes ? this.#filled.keys : 0;
    if (from >= keys) return;
    this.#progress(`writing ${(keys - from).toLocaleString('en-US')} keys`);
    const range = {
      from,
      to: keys,
      keyOf: benchmarkKey,
      value: 'x'.repeat(valueBytes),
      inFlight: Math.max(1, Math.min(FILL_REQUESTS, Math.floor(FILL_BYTES / valueBytes))),
    };
    const ports = this.#side.nodes.map(({ port }) => port);
    await fillKeys(ports, range);
    await fillKeys([this.#redis.port], range);
    this.#filled = { keys, valueBytes };
  }
}

/** As `redis-benchmark -r` names its keys. */
export function benchmarkKey(index: number): string {
  return `key:${String(index).padStart(KEY_DIGITS, '0')}`;
}

/** The first lines of what went wrong: redis-benchmark prints much else. */
function faultText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('"'));
  return lines.slice(0, 3).join(' ').slice(0, 300);
}
