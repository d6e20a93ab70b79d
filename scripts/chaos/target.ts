import assert from 'node:assert';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../processes/ask.js';
import type { NodePorts } from '../processes/local-nodes.js';
import { endText, type NodeProcess } from '../processes/node-process.js';

const STOP_MS = 60_000;
const READY_MS = 120_000;

/** Who hears how a node ends. */
export interface Hears {
  /** It ended, and nobody had asked for that. */
  readonly died: (text: string) => void;
  /** It has left the cluster and ended, as it was asked to. */
  readonly left: (target: Target) => void;
}

/** One node of the cluster under chaos: it ends only when it is made to, or was asked to leave the cluster. */
export class Target {
  readonly process: NodeProcess;
  readonly ports: NodePorts;
  #suffering: string | undefined;
  #calmSinceMs = 0;
  readonly #folder: string;
  readonly #nowMs: () => number;
  readonly #hears: Hears;
  #isToEnd = false;
  #isLeaving = false;
  #hasLeft = false;
  #id = '';

  /** `folder`: of the whole cluster. `nowMs`: time since the run began. */
  constructor(process: NodeProcess, ports: NodePorts, folder: string, nowMs: () => number, hears: Hears) {
    this.process = process;
    this.ports = ports;
    this.#folder = join(folder, `${process.port}`);
    this.#nowMs = nowMs;
    this.#hears = hears;
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

  /** Whether it was asked to leave the cluster. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Whether it has left and ended by itself, as it should. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Does nothing once it has left. */
  launch(): void {
    if (this.#hasLeft) return;
    this.#isToEnd = false;
    void this.process.launch().then((end) => {
      if (this.#isToEnd) return;
      if (!this.#isLeaving || end.code !== 0) {
        this.#hears.died(`node ${this.port} ended by itself (${endText(end)}):\n${this.process.logTail()}`);
        return;
      }
      this.#hasLeft = true;
      this.#hears.left(this);
    });
  }

  /** Waits until it answers again, or has left. */
  async back(): Promise<void> {
    try {
      if (!this.#hasLeft) await this.ready(0);
    } catch (error) {
      if (!this.#hasLeft) throw error;
    }
  }

  /** Waits until it answers and is connected to `peers` others. */
  async ready(peers: number): Promise<void> {
    await this.process.ready(peers, READY_MS);
    this.#id = String(await ask(this.port, 'CLUSTER', 'MYID'));
  }

  /** Asks it to leave the cluster; it ends once it has handed everything over. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await ask(this.port, 'DYNAMO', 'LEAVE');
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

  /** Keeps a copy of its data as they are now. It must not run. */
  copyFolder(): void {
    cpSync(this.#folder, this.#copy, { recursive: true });
  }

  /** Has the data of the copy again, and nothing of what came after. It must not run. */
  restoreFolder(): void {
    this.emptyFolder();
    renameSync(this.#copy, this.#folder);
  }

  get #copy(): string {
    return `${this.#folder}.copy`;
  }
}
