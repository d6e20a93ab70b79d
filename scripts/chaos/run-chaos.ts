import { Prng } from '../../test/simulation/prng.js';
import { localNodes, type NodePorts } from '../processes/local-nodes.js';
import type { NodeProcess } from '../processes/node-process.js';
import { DeadlineError } from '../processes/wait.js';
import { Clients, readContextReply } from './clients.js';
import { untilHealed } from './healing.js';
import { Ledger } from './ledger.js';
import { runFaults } from './schedule.js';
import { Target } from './target.js';
import { violationsOf } from './verdict.js';
import { type Tally, Workload } from './workload.js';

const HEAL_MS = 120_000;
const LANES_A_NODE = 6;
const PROGRESS_MS = 10_000;
const NODE_ARGS = ['--enable-debug-command', 'local', '--keyspace', 'cart: reconcile=siblings'];

export interface ChaosOptions {
  /** For data and logs; must be empty. */
  readonly folder: string;
  readonly ports: readonly NodePorts[];
  readonly seed: number;
  /** How long faults go on; healing comes on top. */
  readonly durationMs: number;
  readonly emptiesFolders: boolean;
  readonly print: (line: string) => void;
}

export interface ChaosResult {
  readonly tally: Tally;
  readonly faults: number;
  readonly keys: number;
  readonly healedInMs: number | undefined;
  /** Each in a sentence; none: all is well. */
  readonly violations: readonly string[];
}

/** Starts a cluster, lets clients write under faults, waits for it to heal, and judges. Leaves no process behind. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedMs = performance.now();
  const nowMs = () => performance.now() - startedMs;
  const print = (line: string) => options.print(`${(nowMs() / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const violations: string[] = [];
  const targets = localNodes(options.folder, options.ports, NODE_ARGS).map(
    (process) => new Target(process, options.folder, nowMs, (text) => violations.push(text)),
  );
  const clients = new Clients(targets.map(({ port }) => port));
  try {
    for (const target of targets) target.launch();
    await Promise.all(targets.map((target) => target.ready(targets.length - 1)));
    const result = await run(options, targets, clients, nowMs, print);
    return { ...result, violations: [...violations, ...result.violations] };
  } finally {
    clients.close();
    await Promise.all(targets.map((target) => target.kill()));
  }
}

async function run(
  options: ChaosOptions,
  targets: readonly Target[],
  clients: Clients,
  nowMs: () => number,
  print: (line: string) => void,
): Promise<ChaosResult> {
  const nodes = targets.map(({ process }) => process);
  const prng = new Prng(options.seed);
  const ledger = new Ledger();
  const calmSinceMs = (port: number) => targets.find((target) => target.port === port)?.calmSinceMs ?? 0;
  const workload = new Workload(ledger, clients, nowMs, calmSinceMs);
  const keys = () => [...ledger.plainKeys(), ...ledger.cartKeys()];
  const { tally } = workload;
  const progress = setInterval(() => {
    const suffering = targets.flatMap(({ port, suffering: what }) => (what ? [`${port} ${what}`] : []));
    print(
      `${tally.ops} operations, ${tally.acknowledged} writes acknowledged; ${suffering.join(', ') || 'all is well'}`,
    );
  }, PROGRESS_MS);
  const violations: string[] = [];
  let faults = 0;
  let healedInMs: number | undefined;
  try {
    workload.start(nodes.length * LANES_A_NODE, prng.fork());
    faults = await runFaults(targets, prng.fork(), {
      durationMs: options.durationMs,
      emptiesFolders: options.emptiesFolders,
      healed: () => untilHealed(nodes, keys(), HEAL_MS, print),
      nowMs,
      print,
    });
    print('the faults are over');
    const faultsOverMs = nowMs();
    await workload.stop();
    await untilHealed(nodes, keys(), HEAL_MS, print);
    healedInMs = nowMs() - faultsOverMs;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    violations.push(error.message);
    await workload.stop();
  } finally {
    clearInterval(progress);
  }
  print('reading every key');
  violations.push(...violationsOf(ledger, await finalValues(nodes, keys())));
  violations.push(...tally.strange.map((message) => `an error that no fault explains: ${message}`));
  return { tally, faults, keys: keys().length, healedInMs, violations };
}

/** The values of each key, newest first, each key asked through another node. */
async function finalValues(nodes: readonly NodeProcess[], keys: readonly string[]): Promise<Map<string, string[]>> {
  const final = new Map<string, string[]>();
  const clients = new Clients(nodes.map(({ port }) => port));
  const readSome = async (first: number): Promise<void> => {
    for (let at = first; at < keys.length; at += READERS) {
      const key = keys[at] ?? '';
      for (let attempt = 1; !final.has(key); attempt++) {
        const connected = clients.connected();
        const client = connected[(at + attempt) % Math.max(1, connected.length)];
        try {
          if (client === undefined) throw new Error('no node is connected');
          final.set(key, readContextReply(await client.call('GET', key, 'CONTEXT')).siblings);
        } catch (error) {
          if (attempt >= READ_ATTEMPTS_MAX) throw error;
          await pause(READ_AGAIN_MS);
        }
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: READERS }, (_, first) => readSome(first)));
  } finally {
    clients.close();
  }
  return final;
}

const READERS = 32;
const READ_ATTEMPTS_MAX = 100;
const READ_AGAIN_MS = 100;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
