import { Prng } from '../../test/simulation/prng.js';
import { localNodes, type NodePorts } from '../processes/local-nodes.js';
import { DeadlineError, pause } from '../processes/wait.js';
import { finalValues } from './final-values.js';
import { Fleet } from './fleet.js';
import { untilHealed } from './healing.js';
import { Ledger } from './ledger.js';
import type { Mode } from './mode.js';
import { violationsOf } from './verdict.js';
import { FLEETING_MS, type Tally, Workload } from './workload.js';

const HEAL_MS = 300_000;
const LANES_A_NODE = 6;
const PROGRESS_MS = 10_000;
/** No more of a run is kept free for its end. */
const SETTLE_PART_MAX = 0.3;

export interface ChaosOptions {
  readonly mode: Mode;
  /** For data and logs; must be empty. */
  readonly folder: string;
  readonly ports: readonly NodePorts[];
  readonly seed: number;
  /** About how long all of it takes: start, faults, healing and the final reading. Healing is given its time, however long. */
  readonly durationMs: number;
  readonly print: (line: string) => void;
}

export interface ChaosResult {
  readonly tally: Tally;
  /** What was done to the nodes: how often each kind. */
  readonly done: ReadonlyMap<string, number>;
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
  const { mode, durationMs, folder, ports } = options;
  const untilMs = durationMs - Math.min(mode.settleMs, durationMs * SETTLE_PART_MAX);
  print(
    `${ports.length} nodes; ${mode.name}; until ${seconds(untilMs)}, then healing and reading, until about ${seconds(durationMs)}`,
  );
  const violations: string[] = [];
  const fleet = new Fleet(folder, nowMs, (text) => violations.push(text), print);
  try {
    const nodes = localNodes(folder, ports, mode.nodeArgs);
    for (const [index, own] of ports.entries()) {
      const node = nodes[index];
      if (node !== undefined) fleet.add(node, own);
    }
    await Promise.all(fleet.targets.map((target) => target.ready(ports.length - 1)));
    const result = await run(options, fleet, untilMs, nowMs, print);
    return { ...result, violations: [...violations, ...result.violations] };
  } finally {
    await fleet.close();
  }
}

async function run(
  { mode, seed, ports }: ChaosOptions,
  fleet: Fleet,
  untilMs: number,
  nowMs: () => number,
  print: (line: string) => void,
): Promise<ChaosResult> {
  const prng = new Prng(seed);
  const ledger = new Ledger();
  const workload = new Workload(ledger, fleet.clients, nowMs, (port) => fleet.at(port)?.calmSinceMs ?? 0);
  const keys = () => [...ledger.plainKeys(), ...ledger.cartKeys(), ...ledger.countedKeys()];
  const healed = () => untilHealed(() => fleet.nodes, keys(), HEAL_MS, print);
  const { tally } = workload;
  const progress = setInterval(() => {
    const suffering = fleet.targets.flatMap(({ port, suffering: what }) => (what ? [`${port} ${what}`] : []));
    print(
      `${tally.ops} operations, ${tally.acknowledged} writes acknowledged; ${suffering.join(', ') || 'all is well'}`,
    );
  }, PROGRESS_MS);
  const violations: string[] = [];
  let done: ReadonlyMap<string, number> = new Map();
  let healedInMs: number | undefined;
  try {
    workload.start(ports.length * LANES_A_NODE, mode.mix, prng.fork());
    done = await mode.disturb({ fleet, prng: prng.fork(), nowMs, untilMs, healed, print });
    print('the faults are over');
    const faultsOverMs = nowMs();
    await workload.stop();
    await healed();
    healedInMs = nowMs() - faultsOverMs;
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    violations.push(error.message);
    await workload.stop();
  } finally {
    clearInterval(progress);
  }
  await pause(FLEETING_MS);
  print(`reading ${keys().length} keys through every node`);
  const final = await finalValues(
    fleet.targets.map(({ port }) => port),
    keys(),
  );
  violations.push(...violationsOf(ledger, final));
  violations.push(...tally.strange.map((message) => `an error that no fault explains: ${message}`));
  return { tally, done, keys: keys().length, healedInMs, violations };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}
