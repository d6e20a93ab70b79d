/** Hostile clients at real nodes, with clients that behave beside them, and what became of the nodes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeProcess } from '../../scripts/processes/node-process.js';
import { pause, waitUntil } from '../../scripts/processes/wait.js';
import { TestCluster } from '../integration/processes.js';
import { Prng } from '../simulation/prng.js';
import type { Attack } from './attack.js';
import { Guard, type GuardReport } from './guard.js';
import type { Cluster } from './hostile-peer.js';
import { peerAttacks } from './peer-attacks.js';
import { respAttacks } from './resp-attacks.js';
import type { SteadyFigures } from './steady-client.js';
import { SteadyThread } from './steady-thread.js';
import { descriptorsOf, logBytes, memoryOf } from './vitals.js';

/** Which port is attacked. */
export type AttackedPort = 'resp' | 'peer';

export interface CampaignOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly port: AttackedPort;
  /** The number of the first attack; attacks before it are left out. */
  readonly first?: number;
  /** Only attacks of which the name has this in it. */
  readonly only?: string;
  /** Called about once a second. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly attacks: number;
  readonly answered: number;
  readonly rssBytes: readonly number[];
}

/** What one node took of its machine. */
export interface NodeReport {
  readonly rssBefore: number;
  readonly rssPeak: number;
  readonly rssAfter: number;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
  readonly logBytes: number;
}

export interface CampaignReport {
  readonly attacks: ReadonlyMap<string, number>;
  readonly guards: readonly GuardReport[];
  readonly nodes: readonly NodeReport[];
  /** What a client that behaves saw of each node before the attacks, and during them. */
  readonly steady: readonly { readonly before: SteadyFigures; readonly during: SteadyFigures }[];
  /** What should not be; empty: all held. */
  readonly faults: readonly string[];
}

const NODES = 2;
const AT_ONCE = 6;
const PARTITIONS = 64;
const MB = 1024 * 1024;
const NODE_ARGS = ['--partitions', `${PARTITIONS}`, '--maxmemory', '64mb', '--durability', 'buffer'];
const PEER_PORT_ARG = '--peer-port';
const CLUSTER_NAME = 'cartwheel';
const CALM_MS = 120_000;
/** For so long the steady clients are alone, before the attacks. */
const CALM_SEEN_MS = 10_000;
/** File descriptors that a node may have more than before: the store opens files as it grows. */
const DESCRIPTORS_MORE_MAX = 60;
/** What a node may write to its log, however long it is attacked: some lines at the start, and some in each window. */
const LOG_BYTES_BASE = 64 * 1024;
const LOG_BYTES_A_SECOND = 4 * 1024;
/** The cache of 64 MiB times three, 120 MiB besides (README), and what the limits of clients let them have under way. */
const RSS_MAX = 1500 * MB;
const RECENT_ATTACKS = 12;

/** Attacks until the time is over, then looks whether all is well. Rejects only where the nodes do not start. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const cluster = await TestCluster.start({ nodeCount: NODES, args: NODE_ARGS });
  try {
    return await new Campaign(cluster, options).run();
  } finally {
    await cluster.close();
  }
}

/** The command that runs the same again. */
export function replayCommand({ seed, port, durationMs, only = '' }: CampaignOptions): string {
  const minutes = Math.max(0.1, Math.round((durationMs / 60_000) * 100) / 100);
  const named = only === '' ? '' : ` --only '${only}'`;
  return `npm run fuzz -- --seed ${seed} --port ${port} --minutes ${minutes}${named}`;
}

class Campaign {
  readonly #cluster: TestCluster;
  readonly #options: CampaignOptions;
  readonly #attacks: readonly Attack[];
  readonly #counts = new Map<string, number>();
  readonly #faults: string[] = [];
  readonly #recent: string[] = [];
  #next: number;
  #isOver = false;

  constructor(cluster: TestCluster, options: CampaignOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#next = options.first ?? 0;
    const secret = readFileSync(join(cluster.folder, 'cluster-secret'), 'utf8').trim();
    const clusterAt = (port: number): Cluster => ({
      port,
      secret,
      clusterName: CLUSTER_NAME,
      partitionCount: PARTITIONS,
    });
    const attacks = options.port === 'resp' ? respAttacks : peerAttacks(clusterAt);
    this.#attacks = attacks.filter(({ name }) => name.includes(options.only ?? ''));
  }

  async run(): Promise<CampaignReport> {
    const nodes = this.#cluster.nodes;
    for (const node of nodes) {
      void node.ended().then(() => {
        if (!this.#isOver)
          this.#fault(`node ${node.port} died:\n${node.logTail(30)}\nlately: ${this.#recent.join(', ')}`);
        this.#isOver = true;
      });
    }
    const prng = new Prng(this.#options.seed);
    const guards = await Promise.all(nodes.map((node, index) => Guard.open(node.port, prng.fork(), `guard${index}`)));
    const watched = guards.map((guard) => guard.run());
    const steady = await SteadyThread.open(nodes.map(({ port }) => port));
    await pause(1000);
    await steady.take();
    await pause(Math.min(CALM_SEEN_MS, this.#options.durationMs));
    const before = await steady.take();
    const vitalsBefore = nodes.map((node) => vitalsOf(node));
    const startMs = performance.now();
    const timer = setTimeout(() => {
      this.#isOver = true;
    }, this.#options.durationMs);
    const reporting = setInterval(() => this.#tell(guards), 1000);
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#attacker()));
    const during = await steady.take();
    await steady.stop();
    clearInterval(reporting);
    clearTimeout(timer);
    this.#isOver = true;
    const alive = nodes.every((node) => node.pid !== undefined);
    if (alive) await this.#calm(vitalsBefore);
    for (const guard of guards) guard.stop();
    await Promise.all(watched);
    for (const { report } of guards.map((guard) => guard)) for (const fault of report.faults) this.#fault(fault);
    const reports = alive ? nodes.map((node, index) => nodeReport(node, vitalsBefore[index])) : [];
    for (const report of reports) this.#judge(report, performance.now() - startMs);
    return {
      attacks: this.#counts,
      guards: guards.map(({ report }) => report),
      nodes: reports,
      steady: before.flatMap((figures, at) => (during[at] ? [{ before: figures, during: during[at] }] : [])),
      faults: this.#faults,
    };
  }

  /** One attack after the other, each from a seed of its own, so that a late one can be run without those before it. */
  async #attacker(): Promise<void> {
    while (!this.#isOver) {
      const number = this.#next++;
      const prng = new Prng((this.#options.seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
      const attack = drawn(this.#attacks, prng);
      const node = prng.pick(this.#cluster.nodes);
      this.#recent.push(`${number} ${attack.name}`);
      if (this.#recent.length > RECENT_ATTACKS) this.#recent.shift();
      const port = this.#options.port === 'resp' ? node.port : peerPortOf(node);
      await attack.run({ port, fault: (text) => this.#fault(`attack ${number}, ${attack.name}: ${text}`) }, prng);
      this.#counts.set(attack.name, (this.#counts.get(attack.name) ?? 0) + 1);
    }
  }

  /** Waits until the nodes have given back what the attackers had. */
  async #calm(before: readonly Vitals[]): Promise<void> {
    await waitUntil('the nodes give their descriptors back', CALM_MS, () => {
      const more = this.#cluster.nodes.map(
        (node, index) => vitalsOf(node).descriptors - (before[index]?.descriptors ?? 0),
      );
      return more.every((count) => count <= DESCRIPTORS_MORE_MAX) || `they have ${more.join(' and ')} more`;
    }).catch((error: unknown) => this.#fault(String(error)));
  }

  /** `tookMs`: the last attacks go on after the time of the campaign is over, and on a busy machine for long. */
  #judge(report: NodeReport, tookMs: number): void {
    if (report.rssPeak > RSS_MAX) this.#fault(`a node took ${Math.round(report.rssPeak / MB)} MiB`);
    const logMax = LOG_BYTES_BASE + (tookMs / 1000) * LOG_BYTES_A_SECOND;
    if (report.logBytes > logMax) this.#fault(`a node logged ${report.logBytes} bytes; at most ${logMax} are in order`);
  }

  #tell(guards: readonly Guard[]): void {
    const rssBytes = this.#cluster.nodes.map((node) => (node.pid === undefined ? 0 : memoryOf(node.pid).rss));
    const answered = guards.reduce((sum, { report }) => sum + report.answered, 0);
    const attacks = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    this.#options.onProgress?.({ attacks, answered, rssBytes });
  }

  #fault(text: string): void {
    this.#faults.push(text);
  }
}

function drawn(attacks: readonly Attack[], prng: Prng): Attack {
  let at = prng.below(attacks.reduce((sum, { weight }) => sum + weight, 0));
  for (const attack of attacks) {
    at -= attack.weight;
    if (at < 0) return attack;
  }
  throw new RangeError('there is no such attack');
}

interface Vitals {
  readonly rss: number;
  readonly rssPeak: number;
  readonly descriptors: number;
}

function vitalsOf({ pid }: NodeProcess): Vitals {
  if (pid === undefined) return { rss: 0, rssPeak: 0, descriptors: 0 };
  const { rss, peakRss } = memoryOf(pid);
  return { rss, rssPeak: peakRss, descriptors: descriptorsOf(pid) };
}

function nodeReport(node: NodeProcess, before: Vitals | undefined): NodeReport {
  const after = vitalsOf(node);
  return {
    rssBefore: before?.rss ?? 0,
    rssPeak: after.rssPeak,
    rssAfter: after.rss,
    descriptorsBefore: before?.descriptors ?? 0,
    descriptorsAfter: after.descriptors,
    logBytes: logBytes(node.start.logPath),
  };
}

function peerPortOf({ start: { args } }: NodeProcess): number {
  return Number(args[args.indexOf(PEER_PORT_ARG) + 1]);
}
