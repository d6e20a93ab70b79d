/** Servers that take the same load one after the other, round by round, so that what changes on the machine is all's. */
import { cpuTimeUs } from '../processes/cpu-time.js';
import type { Measurement } from './benchmark-csv.js';
import { runLoad } from './load-run.js';
import type { Load, Test } from './plan.js';

const REQUESTS_MIN = 20_000;
/** A first short run gives the rate from which the others are sized. */
const PROBE_SHARE = 0.5;
const REQUESTS_MAX = 3_000_000;

/** A node on a busy machine may refuse what it can't do in time; redis-benchmark ends then. */
const ATTEMPTS = 4;

/** A cluster or a redis-server that takes part. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  /** All its processes. */
  readonly pids: readonly number[];
  /** Whether redis-benchmark can find its nodes by itself. */
  readonly isCluster: boolean;
}

/** What one run showed. */
export interface Run extends Measurement {
  /** CPU time of all the contestant's processes together for each request, in µs; undefined where it isn't told. */
  readonly cpuUs: number | undefined;
}

/** One test of a load on all contestants: their runs by name, one in each round. */
export interface Bout {
  readonly load: string;
  readonly test: Test;
  readonly runs: ReadonlyMap<string, readonly Run[]>;
}

/** How long a contest is. */
export interface Length {
  readonly rounds: number;
  /** About so long takes a run. */
  readonly runSeconds: number;
  /** A run has at least so many requests; 20,000 when not named. */
  readonly requestsMin?: number;
}

/** Hears what is being done. */
export type Progress = (text: string) => void;

/** Measures all contestants in turn; each test of the load is a bout. `progress` also hears of runs that failed and are repeated. */
export async function contest(
  contestants: readonly Contestant[],
  load: Load,
  length: Length,
  progress: Progress,
): Promise<Bout[]> {
  const bouts: Bout[] = [];
  for (const test of load.tests) {
    const requests = await requestsOfAll(contestants, load, test, length, progress);
    const runs = new Map(contestants.map(({ name }): [string, Run[]] => [name, []]));
    for (let round = 0; round < length.rounds; round++) {
      progress(`${load.name} ${test}, round ${round + 1} of ${length.rounds}`);
      for (const contestant of inTurn(contestants, round)) {
        const count = requests.get(contestant) ?? length.requestsMin ?? REQUESTS_MIN;
        const run = await repeated(() => measure(contestant, load, test, count), progress);
        runs.get(contestant.name)?.push(run);
      }
    }
    bouts.push({ load: load.name, test, runs });
  }
  return bouts;
}

/** Lets a load run without measuring it. */
export async function warmUp(
  contestants: readonly Contestant[],
  load: Load,
  requests: number,
  progress: Progress,
): Promise<void> {
  for (const test of load.tests) {
    for (const contestant of contestants) {
      await repeated(() => runLoad(contestant.port, loadFor(contestant, load), test, requests), progress);
    }
  }
}

/** Gives what the first attempt gives that does not fail; rejects with the last one's error. */
async function repeated<T>(attempt: () => Promise<T>, progress: Progress): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      progress(`once more: ${error instanceof Error ? error.message.trimEnd() : String(error)}`);
    }
  }
}

/** Each round begins with another, so that nobody always follows the same one. */
export function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

async function measure(contestant: Contestant, load: Load, test: Test, requests: number): Promise<Run> {
  const beforeUs = cpuTimeUs(contestant.pids);
  const measured = await runLoad(contestant.port, loadFor(contestant, load), test, requests);
  const afterUs = cpuTimeUs(contestant.pids);
  const cpuUs = beforeUs === undefined || afterUs === undefined ? undefined : (afterUs - beforeUs) / requests;
  return { ...measured, cpuUs };
}

/** As many requests as take each about the time wished for. Warms up by the way. Clusters all get those of the slowest. */
async function requestsOfAll(
  contestants: readonly Contestant[],
  load: Load,
  test: Test,
  { runSeconds, requestsMin = REQUESTS_MIN }: Length,
  progress: Progress,
): Promise<Map<Contestant, number>> {
  const counts = new Map<Contestant, number>();
  for (const contestant of contestants) {
    const probe = Math.ceil(requestsMin * PROBE_SHARE) * Math.min(load.pipeline, 4);
    const probed = (): Promise<Measurement> => runLoad(contestant.port, loadFor(contestant, load), test, probe);
    const { operationsPerSecond } = await repeated(probed, progress);
    const wanted = Math.round(operationsPerSecond * runSeconds);
    counts.set(contestant, Math.min(REQUESTS_MAX, Math.max(requestsMin, wanted)));
  }
  const clusters = contestants.filter(({ isCluster }) => isCluster);
  const least = Math.min(...clusters.map((cluster) => counts.get(cluster) ?? REQUESTS_MAX));
  for (const cluster of clusters) counts.set(cluster, least);
  return counts;
}

/** redis-server is no cluster: there, the load is the same without it. */
function loadFor({ isCluster }: Contestant, load: Load): Load {
  return isCluster ? load : { ...load, cluster: false };
}
