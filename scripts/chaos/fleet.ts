import type { NodePorts } from '../processes/local-nodes.js';
import type { NodeProcess } from '../processes/node-process.js';
import { Clients } from './clients.js';
import { type Hears, Target } from './target.js';

/** The nodes under chaos, and a client for each. */
export class Fleet {
  readonly folder: string;
  readonly clients = new Clients([]);
  readonly #targets = new Map<number, Target>();
  readonly #nowMs: () => number;
  readonly #hears: Hears;

  /** `folder`: of the whole cluster. `nowMs`: time since the run began. `died` hears of an end that nobody asked for. */
  constructor(folder: string, nowMs: () => number, died: (text: string) => void, print: (line: string) => void) {
    this.folder = folder;
    this.#nowMs = nowMs;
    this.#hears = {
      died,
      left: (target) => {
        print(`${target.port}: has left`);
        this.remove(target);
      },
    };
  }

  /** In the order in which they were added. */
  get targets(): readonly Target[] {
    return [...this.#targets.values()];
  }

  get nodes(): readonly NodeProcess[] {
    return this.targets.map(({ process }) => process);
  }

  /** Those that were not asked to leave. */
  get staying(): readonly Target[] {
    return this.targets.filter(({ isLeaving }) => !isLeaving);
  }

  /** Those that stay and suffer nothing. */
  get free(): readonly Target[] {
    return this.staying.filter(({ suffering }) => suffering === undefined);
  }

  at(port: number): Target | undefined {
    return this.#targets.get(port);
  }

  /** Starts a node; it is not ready yet. */
  add(process: NodeProcess, ports: NodePorts): Target {
    const target = new Target(process, ports, this.folder, this.#nowMs, this.#hears);
    this.#targets.set(target.port, target);
    this.clients.add(target.port);
    target.launch();
    return target;
  }

  /** Forgets a node that has ended for good. */
  remove(target: Target): void {
    this.#targets.delete(target.port);
    this.clients.remove(target.port);
  }

  async close(): Promise<void> {
    this.clients.close();
    await Promise.all(this.targets.map((target) => target.kill()));
  }
}
