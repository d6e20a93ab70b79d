import type { NodeProcess } from '../processes/node-process.js';
import { Clients } from './clients.js';
import { Target } from './target.js';

/** The nodes under chaos, and a client for each. */
export class Fleet {
  readonly folder: string;
  readonly clients = new Clients([]);
  readonly #targets = new Map<number, Target>();
  readonly #nowMs: () => number;
  readonly #died: (text: string) => void;

  /** `folder`: of the whole cluster. `nowMs`: time since the run began. `died` hears of an end that nobody asked for. */
  constructor(folder: string, nowMs: () => number, died: (text: string) => void) {
    this.folder = folder;
    this.#nowMs = nowMs;
    this.#died = died;
  }

  /** In the order in which they were added. */
  get targets(): readonly Target[] {
    return [...this.#targets.values()];
  }

  get nodes(): readonly NodeProcess[] {
    return this.targets.map(({ process }) => process);
  }

  at(port: number): Target | undefined {
    return this.#targets.get(port);
  }

  /** Starts a node; it is not ready yet. */
  add(process: NodeProcess): Target {
    const target = new Target(process, this.folder, this.#nowMs, this.#died);
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
