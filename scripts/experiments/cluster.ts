import { join } from 'node:path';
import { localNodes, startAll } from '../processes/local-nodes.js';
import type { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';

const READY_MS = 120_000;
const STOP_MS = 60_000;
const ALL_ARGS = ['--maxmemory', '256mb', '--loglevel', 'warning'];

/** Where experiments keep their nodes' data, and every node that was started. */
export interface Ground {
  readonly folder: string;
  readonly started: NodeProcess[];
}

/** How many replicas there are, are read and are written. */
export interface Quorum {
  readonly n: number;
  readonly r: number;
  readonly w: number;
}

export function quorumText({ n, r, w }: Quorum): string {
  return `(${n},${r},${w})`;
}

/** A cluster of this machine that one setting of an experiment is measured with. */
export class MeasuredCluster {
  readonly nodes: readonly NodeProcess[];

  private constructor(nodes: readonly NodeProcess[]) {
    this.nodes = nodes;
  }

  /**
   * @param name of a folder below the ground's
   * @param more further options for every node, e.g. keyspaces
   */
  static async start(
    ground: Ground,
    name: string,
    count: number,
    { n, r, w }: Quorum,
    more: readonly string[] = [],
  ): Promise<MeasuredCluster> {
    const ports = await freePorts(count * 2);
    const pairs = ports.slice(0, count).map((port, index) => ({ port, peerPort: ports[count + index] ?? 0 }));
    const args = ['--n', `${n}`, '--r', `${r}`, '--w', `${w}`, ...ALL_ARGS, ...more];
    const nodes = localNodes(join(ground.folder, name), pairs, args);
    ground.started.push(...nodes);
    await startAll(nodes, READY_MS);
    return new MeasuredCluster(nodes);
  }

  get ports(): readonly number[] {
    return this.nodes.map(({ port }) => port);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop(STOP_MS, () => undefined)));
  }
}
