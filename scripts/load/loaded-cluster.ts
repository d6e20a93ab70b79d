/** Three nodes on this machine, one of which is killed and comes back, and a fourth that joins them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFigures } from '../background/node-figures.js';
import { joiningNode, localNodes, type NodePorts, startAll } from '../processes/local-nodes.js';
import type { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';
import { DeadlineError, waitUntil } from '../processes/wait.js';

const NODES = 3;
const READY_MS = 60_000;
const HEALED_MS = 120_000;
const STOP_MS = 20_000;
const NODE_ARGS = ['--n', '3', '--r', '2', '--w', '2'];
/** Exchanges follow one another closely: it is they that are measured, not the pauses between them. */
const EXCHANGE_ARGS = ['--exchange-period-ms', '1000'];
/** What an object count may lack of another's. */
const EQUAL_SHARE = 0.999;

export class LoadedCluster {
  readonly #folder: string;
  readonly #ports: readonly NodePorts[];
  readonly #args: readonly string[];
  readonly #nodes: readonly NodeProcess[];
  #joined: NodeProcess | undefined;

  private constructor(folder: string, ports: readonly NodePorts[], durability: string) {
    this.#folder = folder;
    this.#ports = ports;
    this.#args = [...NODE_ARGS, '--durability', durability, ...EXCHANGE_ARGS];
    this.#nodes = localNodes(folder, ports.slice(0, NODES), this.#args);
  }

  /** The nodes, not yet started, with their data below `folder`. */
  static async make(folder: string, durability: string): Promise<LoadedCluster> {
    const ports = await freePorts((NODES + 1) * 2);
    const pairs = Array.from({ length: NODES + 1 }, (_, k) => ({
      port: ports[2 * k] ?? 0,
      peerPort: ports[2 * k + 1] ?? 0,
    }));
    return new LoadedCluster(folder, pairs, durability);
  }

  /** Where clients ask: the three first nodes. */
  get ports(): readonly number[] {
    return this.#nodes.map(({ port }) => port);
  }

  /** Those that run now. */
  get processes(): readonly NodeProcess[] {
    const all = this.#joined === undefined ? this.#nodes : [...this.#nodes, this.#joined];
    return all.filter(({ pid }) => pid !== undefined);
  }

  start(): Promise<void> {
    return startAll(this.#nodes, READY_MS);
  }

  /** Ends the last node without a word (SIGKILL). */
  killOne(): void {
    this.#last.signal('SIGKILL');
  }

  /** Takes everything from the node that was killed. */
  async emptyKilled(): Promise<void> {
    await this.#last.kill();
    rmSync(join(this.#folder, String(this.#last.port)), { recursive: true, force: true });
  }

  /** Starts the node that was killed. */
  bringBack(): void {
    void this.#last.launch();
  }

  /** Waits until that one holds as many objects as another. Says so when it takes too long, which spoils nothing that was measured. */
  async healed(): Promise<void> {
    const [first = 0] = this.ports;
    try {
      await this.#last.ready(NODES - 1, READY_MS);
      await waitUntil('the node is healed', HEALED_MS, async () => {
        const [own = 0, others = 0] = await Promise.all([objectsOf(this.#last.port), objectsOf(first)]);
        return own >= others * EQUAL_SHARE || `${own} of ${others} objects`;
      });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      console.error(`… ${error.message}`);
    }
  }

  /** Starts a node that joins. */
  addOne(): void {
    const own = this.#ports[NODES];
    if (own === undefined) throw new Error('no port is left');
    this.#joined = joiningNode(this.#folder, own, this.#ports.slice(0, NODES), this.#args);
    void this.#joined.launch();
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((node) => node.stop(STOP_MS, () => undefined)));
  }

  get #last(): NodeProcess {
    const node = this.#nodes.at(-1);
    if (node === undefined) throw new Error('a cluster has nodes');
    return node;
  }
}

async function objectsOf(port: number): Promise<number> {
  return (await nodeFigures(port)).get('cached_objects') ?? 0;
}
