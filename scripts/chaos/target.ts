import assert from 'node:assert';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../processes/ask.js';
import { endText, type NodeProcess } from '../processes/node-process.js';

const STOP_MS = 60_000;
const READY_MS = 60_000;

/** One node of the cluster under chaos: it ends only when it is made to. */
export class Target {
  readonly process: NodeProcess;
  #suffering: string | undefined;
  #calmSinceMs = 0;
  readonly #folder: string;
  readonly #nowMs: () => number;
  readonly #died: (text: string) => void;
  #isToEnd = false;
  #id = '';

  /** `folder`: of the whole cluster. `nowMs`: time since the run began. `died` hears of an end that nobody asked for. */
  constructor(process: NodeProcess, folder: string, nowMs: () => number, died: (text: string) => void) {
    this.process = process;
    this.#folder = join(folder, `${process.port}`);
    this.#nowMs = nowMs;
    this.#died = died;
  }

  /** What is being done to it; undefined: nothing. */
  get suffering(): string | undefined {
    return this.#suffering;
  }

  set suffering(what: string | undefined) {
    this.#suffering = what;
    this.#calmSinceMs = this.#nowMs();
  }

  /** Since when nothing is being done to it, in ms since the run began; Infinity while something is. */
  get calmSinceMs(): number {
    return this.#suffering === undefined ? this.#calmSinceMs : Number.POSITIVE_INFINITY;
  }

  get port(): number {
    return this.process.port;
  }

  /** The node's own id, once it has answered. */
  get id(): string {
    assert(this.#id !== '', `the id of ${this.port} is not known yet`);
    return this.#id;
  }

  launch(): void {
    this.#isToEnd = false;
    void this.process.launch().then((end) => {
      if (!this.#isToEnd) this.#died(`node ${this.port} ended by itself (${endText(end)}):\n${this.process.logTail()}`);
    });
  }

  /** Waits until it answers and is connected to `peers` others. */
  async ready(peers: number): Promise<void> {
    await this.process.ready(peers, READY_MS);
    this.#id = String(await ask(this.port, 'CLUSTER', 'MYID'));
  }

  async kill(): Promise<void> {
    this.#isToEnd = true;
    await this.process.kill();
  }

  /** An orderly stop. Rejects when it is none. */
  async stop(): Promise<void> {
    this.#isToEnd = true;
    let isLate = false;
    const end = await this.process.stop(STOP_MS, () => {
      isLate = true;
    });
    if (isLate) throw new Error(`node ${this.port} did not stop within ${STOP_MS} ms`);
    if (end?.code !== 0) throw new Error(`node ${this.port} did not stop cleanly:\n${this.process.logTail()}`);
  }

  /** Loses all its data. */
  emptyFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
