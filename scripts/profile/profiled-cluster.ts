/** A cluster on this machine, one node of which can be recorded. */
import { join } from 'node:path';
import { localNodes, startAll } from '../processes/local-nodes.js';
import { PROGRAM_OF_MODULES } from '../processes/node-flags.js';
import { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';
import type { Wishes } from './plan.js';
import { type Recorded, recorderFlags, startRecording, stopRecording } from './recording.js';
import { type ThreadTimes, threadTimes, timesBetween } from './threads.js';

const READY_MS = 120_000;
const STOP_MS = 60_000;

export class ProfiledCluster {
  readonly nodes: readonly NodeProcess[];
  readonly #profiled: NodeProcess;
  readonly #socketPath: string;

  private constructor(nodes: readonly NodeProcess[], profiled: NodeProcess, socketPath: string) {
    this.nodes = nodes;
    this.#profiled = profiled;
    this.#socketPath = socketPath;
  }

  /** The nodes, not yet started, with their data below `folder`. */
  static async make(folder: string, { nodes: count, nodeArgs, profiled: index }: Wishes): Promise<ProfiledCluster> {
    const ports = await freePorts(count * 2);
    const pairs = ports.slice(0, count).map((port, i) => ({ port, peerPort: ports[count + i] ?? 0 }));
    const nodes = localNodes(folder, pairs, nodeArgs);
    const socketPath = join(folder, 'recorder');
    const plain = nodes[index];
    if (plain === undefined) throw new Error(`there is no node ${index}`);
    const profiled = new NodeProcess({
      ...plain.start,
      program: PROGRAM_OF_MODULES,
      runtimeFlags: recorderFlags(socketPath),
    });
    return new ProfiledCluster(nodes.with(index, profiled), profiled, socketPath);
  }

  /** The port that clients ask: the first node's. */
  get port(): number {
    return this.nodes[0]?.port ?? 0;
  }

  start(): Promise<void> {
    return startAll(this.nodes, READY_MS);
  }

  /** Records the node into `file` while `load` runs; gives the CPU time of its threads meanwhile. */
  async record(what: Recorded, file: string, load: () => Promise<unknown>): Promise<ThreadTimes> {
    const { pid = 0 } = this.#profiled;
    await startRecording(this.#socketPath, what);
    const before = threadTimes(pid);
    await load();
    const after = threadTimes(pid);
    await stopRecording(this.#socketPath, what, file);
    return timesBetween(before, after);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop(STOP_MS, () => undefined)));
  }

  kill(): void {
    for (const node of this.nodes) node.signal('SIGKILL');
  }
}
