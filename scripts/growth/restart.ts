/** How long a node takes to stop, and to be back: the first of a cluster whose other nodes stay, or a node alone. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fillKeys } from '../background/fill.js';
import type { Progress } from '../bench/contest.js';
import { textTable } from '../bench/text-table.js';
import { ask, connectedPeers, infoField } from '../processes/ask.js';
import { cpuTimeUs } from '../processes/cpu-time.js';
import { localNodes, startAll } from '../processes/local-nodes.js';
import type { NodeProcess } from '../processes/node-process.js';
import { freePorts } from '../processes/ports.js';
import { waitUntil } from '../processes/wait.js';
import { benchmarkKey } from './growing-arena.js';

const READY_MS = 120_000;
const BUILT_MS = 600_000;
const STOP_MS = 300_000;
const POLL_MS = 5;
const VALUE_BYTES = 100;
const IN_FLIGHT = 64;
const US_A_MS = 1000;

export const ENDINGS = ['SIGTERM', 'SIGKILL'] as const;
/** SIGKILL: its journal has to be gone through, and its Merkle trees are built anew. */
export type Ending = (typeof ENDINGS)[number];

/** One end of the node and the start behind it, in ms from the end's begin and from the start of the new process. */
export interface Restart {
  readonly keys: number;
  readonly nodes: number;
  readonly ending: Ending;
  readonly stopMs: number;
  readonly pongMs: number;
  /** CPU time of the process up to then; undefined where it isn't told. */
  readonly pongCpuMs: number | undefined;
  /** A key that was there has its value again, asked of this node. */
  readonly getMs: number;
  /** It sees all others, and the cluster is ok. */
  readonly healthyMs: number;
  /** The Merkle trees of all partitions can be used. */
  readonly treesMs: number;
  /** All keys are counted, and those in memory for which there is room. */
  readonly warmMs: number;
}

/** Measures both endings with these keys. */
export async function measureRestarts(
  folder: string,
  { nodes: count, nodeArgs }: { readonly nodes: number; readonly nodeArgs: readonly string[] },
  keys: number,
  progress: Progress,
): Promise<Restart[]> {
  const ports = await freePorts(2 * count);
  const pairs = ports.slice(0, count).map((port, index) => ({ port, peerPort: ports[count + index] ?? 0 }));
  const own = join(folder, `restart-${count}-${keys}`);
  const nodes = localNodes(own, pairs, nodeArgs);
  process.once('exit', () => {
    for (const node of nodes) node.signal('SIGKILL');
  });
  await startAll(nodes, READY_MS);
  const [first] = nodes;
  if (first === undefined) return [];
  const restarts: Restart[] = [];
  for (const ending of ENDINGS) {
    progress(`${count} nodes, ${keys.toLocaleString('en-US')} keys: writing them, then ${ending}`);
    // Written anew each time: the last of them are in the buffer and in the journal when the node ends.
    const value = ending.padEnd(VALUE_BYTES, 'x');
    const write = { from: 0, to: keys, keyOf: benchmarkKey, value, inFlight: IN_FLIGHT };
    await fillKeys(
      nodes.map(({ port }) => port),
      write,
    );
    const stopMs = await end(first, ending);
    restarts.push({ keys, nodes: count, ending, stopMs, ...(await timeStart(first, count, keys, value)) });
  }
  await Promise.all(nodes.map((node) => node.stop(STOP_MS, () => undefined)));
  rmSync(own, { recursive: true, force: true });
  return restarts;
}

export function restartTable(restarts: readonly Restart[]): string {
  const header = [
    'start after an end by',
    'keys',
    'ended',
    'PONG',
    'CPU then',
    'GET',
    'healthy',
    'trees',
    'all counted',
  ];
  const rows = restarts.map((restart) => [
    `${restart.nodes === 1 ? 'a node alone' : `one of ${restart.nodes}`}, ${restart.ending}`,
    restart.keys.toLocaleString('en-US'),
    ...[restart.stopMs, restart.pongMs, restart.pongCpuMs, restart.getMs, restart.healthyMs, restart.treesMs]
      .concat(restart.warmMs)
      .map((ms) => (ms === undefined ? '?' : Math.round(ms).toLocaleString('en-US'))),
  ]);
  return `${textTable(header, rows)}\nAll in ms; from the signal on, then from the start of the new process on.`;
}

async function end(node: NodeProcess, ending: Ending): Promise<number> {
  // What is in the buffer is lost with the process; an end in order writes it.
  if (ending === 'SIGKILL') await waitUntil('all is written', READY_MS, () => isWritten(node.port), POLL_MS);
  const fromMs = performance.now();
  if (ending === 'SIGKILL') await node.kill();
  else {
    const how = await node.stop(STOP_MS, () => undefined);
    if (how?.code !== 0) throw new Error(`node ${node.port} did not stop in order:\n${node.logTail()}`);
  }
  return performance.now() - fromMs;
}

async function isWritten(port: number): Promise<true | string> {
  const dirty = await infoField(port, 'persistence', 'store_dirty_entries');
  return dirty === '0' || `${dirty} entries are not`;
}

async function timeStart(node: NodeProcess, count: number, keys: number, value: string) {
  const { port } = node;
  const fromMs = performance.now();
  void node.launch();
  const until = async (what: string, deadlineMs: number, isSo: () => Promise<boolean>): Promise<number> => {
    await waitUntil(what, deadlineMs, async () => (await isSo()) || 'not yet', POLL_MS);
    return performance.now() - fromMs;
  };
  const pongMs = await until('PONG', READY_MS, async () => (await ask(port, 'PING')) === 'PONG');
  const cpuUs = node.pid === undefined ? undefined : cpuTimeUs([node.pid]);
  const key = benchmarkKey(keys - 1);
  const getMs = await until('a GET', READY_MS, async () => (await ask(port, 'GET', key)) === value);
  const healthyMs = await until('healthy', READY_MS, async () => {
    const info = String(await ask(port, 'CLUSTER', 'INFO'));
    return info.includes('cluster_state:ok') && (await connectedPeers(port)) >= count - 1;
  });
  const treesMs = await until('its trees', BUILT_MS, async () => areBuilt(await ask(port, 'DYNAMO', 'SYNC')));
  const warmMs = await until('all counted', BUILT_MS, async () => (await infoField(port, 'dynamo', 'warm')) === '1');
  const pongCpuMs = cpuUs === undefined ? undefined : cpuUs / US_A_MS;
  return { pongMs, pongCpuMs, getMs, healthyMs, treesMs, warmMs };
}

/** Reads what `DYNAMO SYNC` answers: names and figures in turn. */
export function areBuilt(reply: unknown): boolean {
  if (!Array.isArray(reply)) return false;
  const figureOf = (name: string): unknown => reply[reply.indexOf(name) + 1];
  return figureOf('partitions') === figureOf('built');
}
