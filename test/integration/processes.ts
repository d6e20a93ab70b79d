/** Real nodes, each a process of its own with a folder of its own, for tests that use them as clients do. */
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../../scripts/processes/ask.js';
import { joiningNode, localNode, localNodes, type NodePorts, startAll } from '../../scripts/processes/local-nodes.js';
import { NodeProcess, type ProcessEnd } from '../../scripts/processes/node-process.js';
import { freePorts } from '../../scripts/processes/ports.js';
import { removeFolder } from '../../scripts/processes/remove-folder.js';
import { within } from '../../scripts/processes/wait.js';

/** How long a node may take until it answers and sees its peers. */
export const READY_MS = 120_000;
/** How long a node may take until it has handed everything over. */
const LEFT_MS = 240_000;
/** How long a node may take to stop in order. */
export const STOP_MS = 60_000;
const PROGRAM_MS = 300_000;
/** Where many processes share a core a request may take long: that is no error. Who is silent is away after a second all the same. */
export const PATIENT = ['--request-timeout-ms', '10000'];

export interface ClusterWishes {
  /** 3 when not named. */
  readonly nodeCount?: number;
  /** Options for every node, e.g. `['--durability', 'buffer']`, behind a patient `--request-timeout-ms`. */
  readonly args?: readonly string[];
  /** Options of single nodes, which override those for every node. */
  readonly argsOf?: (index: number) => readonly string[];
}

/** A cluster that is up. Its nodes can be killed and launched again; `close` leaves nothing behind. */
export class TestCluster {
  readonly folder: string;
  readonly #args: readonly string[];
  readonly #nodes: NodeProcess[];
  readonly #seed: NodePorts;

  private constructor(folder: string, nodes: readonly NodeProcess[], seed: NodePorts, args: readonly string[]) {
    this.folder = folder;
    this.#nodes = [...nodes];
    this.#seed = seed;
    this.#args = args;
  }

  /** The nodes that belong to the cluster, in the order in which they came. */
  get nodes(): readonly NodeProcess[] {
    return this.#nodes;
  }

  /** Starts nodes on free ports and waits until each answers and sees all others. */
  static async start(wishes: ClusterWishes = {}): Promise<TestCluster> {
    const folder = temporaryFolder();
    const ports = await portPairs(wishes.nodeCount ?? 3);
    const args = [...PATIENT, ...(wishes.args ?? [])];
    const argsOf = wishes.argsOf ?? (() => []);
    const nodes = localNodes(folder, ports, args).map((node, index) => withArgs(node, argsOf(index)));
    const [seed] = ports;
    assert(seed);
    const cluster = new TestCluster(folder, nodes, seed, args);
    try {
      await startAll(nodes, READY_MS);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  node(index: number): NodeProcess {
    const node = this.nodes[index];
    assert(node, `a cluster of ${this.nodes.length} has no node ${index}`);
    return node;
  }

  get ports(): number[] {
    return this.nodes.map(({ port }) => port);
  }

  /** Starts a node that was killed or stopped and waits until it sees all others. */
  async revive(index: number): Promise<void> {
    const node = this.node(index);
    void node.launch();
    await node.ready(this.nodes.length - 1, READY_MS);
  }

  /** Stops a node in order, starts it with further options, which override the ones that it had, and waits until it sees all others. */
  async restart(index: number, args: readonly string[]): Promise<void> {
    const old = this.node(index);
    const end = await old.stop(STOP_MS, () => undefined);
    assert(end?.code === 0, `node ${old.port} did not stop in order:\n${old.logTail()}`);
    this.#nodes[index] = withArgs(old, args);
    await this.revive(index);
  }

  /** Starts a node that joins by way of the first one, and waits until it answers. */
  async join(args: readonly string[] = []): Promise<NodeProcess> {
    const [ports] = await portPairs(1);
    assert(ports);
    return this.#add(joiningNode(this.folder, ports, [this.#seed], [...this.#args, ...args]));
  }

  /** Starts a node that has the cluster's secret and knows nobody, and waits until it answers; gives its peer port too. */
  async startAlone(): Promise<{ node: NodeProcess; peerPort: number }> {
    const [ports] = await portPairs(1);
    assert(ports);
    return { node: await this.#add(localNode(this.folder, ports, this.#args)), peerPort: ports.peerPort };
  }

  async #add(node: NodeProcess): Promise<NodeProcess> {
    this.#nodes.push(node);
    void node.launch();
    await node.ready(0, READY_MS);
    return node;
  }

  /** Asks a node to leave, waits until its process has ended by itself, and forgets it. Gives how it ended. */
  async leave(node: NodeProcess): Promise<ProcessEnd> {
    const ended = node.ended();
    await ask(node.port, 'DYNAMO', 'LEAVE');
    const end = await within(ended, LEFT_MS);
    if (end === undefined) throw new Error(`node ${node.port} has not left within ${LEFT_MS} ms:\n${node.logTail()}`);
    this.forget(node);
    return end;
  }

  /** The node belongs to the cluster no more; it must have ended. */
  forget(node: NodeProcess): void {
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    removeFolder(this.folder);
  }
}

/** A node that is yet to be started, with further options: of an option that is given twice the later counts. */
function withArgs({ start }: NodeProcess, args: readonly string[]): NodeProcess {
  return new NodeProcess({ ...start, args: [...start.args, ...args] });
}

/** Makes a folder of its own for a test, which has to remove it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'cartwheel-test-'));
}

/** Chooses free ports for `count` nodes. */
export async function portPairs(count: number): Promise<NodePorts[]> {
  const ports = await freePorts(count * 2);
  return Array.from({ length: count }, (_, index) => {
    const [port, peerPort] = ports.slice(index * 2);
    assert(port !== undefined && peerPort !== undefined);
    return { port, peerPort };
  });
}

/** What a program printed and how it ended. */
export interface ProgramResult {
  /** The signal's name when it did not end by itself. */
  readonly code: number | string;
  readonly output: string;
  readonly errorOutput: string;
}

/** Runs a program to its end, which is forced after five minutes. */
export function runProgram(program: string, args: readonly (string | number)[], input = ''): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args.map(String), { timeout: PROGRAM_MS, killSignal: 'SIGKILL' });
    const printed = { output: '', errorOutput: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed.output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed.errorOutput += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 'lost', ...printed }));
    child.stdin.on('error', () => {
      // The program ended without reading all of its input.
    });
    child.stdin.end(input);
  });
}
