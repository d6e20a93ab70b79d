/** What is measured, and what has to be reached. */

export type Test = 'SET' | 'GET';

/** How redis-benchmark is called. */
export interface Load {
  readonly name: string;
  readonly tests: readonly Test[];
  readonly pipeline: number;
  readonly connections: number;
  readonly valueBytes: number;
  /** How many different keys; undefined: without `-r`, every command hits one key. */
  readonly keys: number | undefined;
  readonly cluster: boolean;
}

/** A cluster to measure. */
export interface Contender {
  readonly name: string;
  readonly nodeCount: number;
  readonly nodeArgs: readonly string[];
}

const KEYS = 100_000;
const BOTH = ['SET', 'GET'] as const;

/** What a load is where it is not about something else. */
export const PLAIN: Load = {
  name: 'plain',
  tests: BOTH,
  pipeline: 1,
  connections: 50,
  valueBytes: 100,
  keys: KEYS,
  cluster: false,
};
const PIPELINED: Load = { ...PLAIN, name: '-P 16', pipeline: 16 };
const HOT: Load = { ...PLAIN, name: 'one key', keys: undefined };
const HOT_PIPELINED: Load = { ...PIPELINED, name: 'one key -P 16', keys: undefined };

/** In this order, so that reads find the keys written. */
export const LOADS: readonly Load[] = [PLAIN, PIPELINED, HOT, HOT_PIPELINED];
export const WARM_UP_LOADS: readonly Load[] = [PIPELINED, PLAIN];
export const CLUSTER_LOADS: readonly Load[] = [
  { ...PLAIN, name: '--cluster', cluster: true },
  { ...PIPELINED, name: '--cluster -P 16', cluster: true },
];

const THREE = ['--n', '3', '--r', '2', '--w', '2'];
export const CONTENDERS: readonly Contender[] = [
  { name: 'buffer3', nodeCount: 3, nodeArgs: [...THREE, '--durability', 'buffer'] },
  { name: 'log3', nodeCount: 3, nodeArgs: [...THREE, '--durability', 'log'] },
  { name: 'single', nodeCount: 1, nodeArgs: ['--n', '1', '--r', '1', '--w', '1', '--durability', 'buffer'] },
];

/** Throughput to reach, as a fraction of one redis-server's. */
interface Target {
  readonly contender: string;
  readonly load: string;
  readonly test: Test;
  readonly ratio: number;
}

const TARGETS: readonly Target[] = [
  { contender: 'buffer3', load: 'plain', test: 'SET', ratio: 0.4 },
  { contender: 'buffer3', load: 'plain', test: 'GET', ratio: 0.45 },
  { contender: 'buffer3', load: '-P 16', test: 'SET', ratio: 0.12 },
  { contender: 'buffer3', load: '-P 16', test: 'GET', ratio: 0.18 },
  { contender: 'log3', load: 'plain', test: 'SET', ratio: 0.22 },
  { contender: 'single', load: 'plain', test: 'SET', ratio: 0.65 },
  { contender: 'single', load: 'plain', test: 'GET', ratio: 0.65 },
  { contender: 'single', load: '-P 16', test: 'SET', ratio: 0.3 },
  { contender: 'single', load: '-P 16', test: 'GET', ratio: 0.3 },
];
/** One hot key may not be slower than many keys have to be. */
const HOT_TWIN: Readonly<Record<string, string>> = { [HOT.name]: PLAIN.name, [HOT_PIPELINED.name]: PIPELINED.name };

/** The fraction of redis-server's throughput that must be reached; undefined where nothing is asked for. */
export function targetRatio(contender: string, load: string, test: string): number | undefined {
  const twin = HOT_TWIN[load] ?? load;
  return TARGETS.find((row) => row.contender === contender && row.load === twin && row.test === test)?.ratio;
}

const MIB = 1024 ** 2;
export const IDLE_BYTES_MAX = 120 * MIB;
export const LOADED_BYTES_MAX = 400 * MIB;
