import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { localNodes, startAll } from '../processes/local-nodes.js';
import type { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';
import { waitUntil } from '../processes/wait.js';
import { fill } from './fill.js';
import { nodeFigures, sumOf } from './node-figures.js';
import type { Work } from './plan.js';

const NODES = 3;
const READY_MS = 60_000;
const STOP_MS = 20_000;
const NODE_ARGS = ['--n', '3', '--r', '2', '--w', '2', '--durability', 'log', '--maxmemory', '512mb'];
/** Exchanges follow one another closely: it is they that are measured, not the pauses between them. */
const EXCHANGE_ARGS = ['--exchange-period-ms', '1000'];
/** What an object count may lack of another's while clients write. */
const EQUAL_SHARE = 0.999;

const WORK_FIELDS = ['background_keys_hints', 'background_keys_exchange'];

/** Three nodes, the last of which goes away and comes back to heal. */
export class HealingCluster {
  readonly nodes: readonly NodeProcess[];
  readonly #folder: string;
  readonly #work: Work;
  readonly #keys: number;

  private constructor(nodes: readonly NodeProcess[], folder: string, work: Work, keys: number) {
    this.nodes = nodes;
    this.#folder = folder;
    this.#work = work;
    this.#keys = keys;
  }

  /** The nodes, not yet started, with their data below `folder`. */
  static async make(folder: string, args: readonly string[], work: Work, keys: number): Promise<HealingCluster> {
    const ports = await freePorts(NODES * 2);
    const pairs = ports.slice(0, NODES).map((port, index) => ({ port, peerPort: ports[NODES + index] ?? 0 }));
    const workArgs = work === 'exchange' ? EXCHANGE_ARGS : [];
    return new HealingCluster(localNodes(folder, pairs, [...NODE_ARGS, ...workArgs, ...args]), folder, work, keys);
  }

  /** The ports of the nodes that stay: the clients'. */
  get staying(): readonly number[] {
    return this.#ports.slice(0, -1);
  }

  get #ports(): readonly number[] {
    return this.nodes.map(({ port }) => port);
  }

  /** The last node, the one that is away for a while. */
  get #away(): NodeProcess {
    const node = this.nodes.at(-1);
    if (node === undefined) throw new Error('a cluster has nodes');
    return node;
  }

  async start(): Promise<void> {
    await startAll(this.nodes, READY_MS);
    await fill(this.#ports, this.#keys, 0);
  }

  /** Takes the last node away; `lacking`: it will lack every key. */
  async depart(lacking: boolean): Promise<void> {
    await this.#away.stop(STOP_MS, () => undefined);
    if (!lacking) return;
    if (this.#work === 'hints') await fill(this.staying, this.#keys, 1);
    else rmSync(join(this.#folder, String(this.#away.port)), { recursive: true, force: true });
  }

  /** Brings it back. */
  async comeBack(): Promise<void> {
    void this.#away.launch();
    await this.#away.ready(NODES - 1, READY_MS);
  }

  /** Keys that background work was let through so far, in the whole cluster, and whether it has healed the node. */
  async healing(): Promise<{ readonly keys: number; readonly isDone: boolean }> {
    const figures = await Promise.all(this.#ports.map(nodeFigures));
    const [first] = figures;
    const last = figures.at(-1);
    const isDone =
      this.#work === 'hints'
        ? sumOf(figures, ['hints_pending']) === 0
        : (last?.get('cached_objects') ?? 0) >= (first?.get('cached_objects') ?? 0) * EQUAL_SHARE;
    return { keys: sumOf(figures, WORK_FIELDS), isDone };
  }

  /** Waits until it is healed; also a node that was away for a moment has missed what clients wrote. */
  healed(): Promise<void> {
    return waitUntil('the node is healed', READY_MS, async () => (await this.healing()).isDone || 'it is not');
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop(STOP_MS, () => undefined)));
  }
}
