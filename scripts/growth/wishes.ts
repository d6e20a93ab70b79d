/** What to let grow, read from the command line. */
import { parseArgs } from 'node:util';
import { HELP } from '../processes/command-line.js';
import { quorum } from '../profile/plan.js';
import { AXIS_NAMES, type Axis, type AxisName, axisUpTo, MOST } from './axes.js';

export const USAGE = `Usage: npm run growth -- [--axis NAMES] [--most N] [--nodes N] [--durability D] [--seconds S] [--maxmemory M]
                        [--keys N] [--json FILE] [--quick]
  --axis NAMES    what grows, some of ${AXIS_NAMES.join()}; idle: connections that say nothing; memory: bytes a key takes;
                  restart: how long a node takes to stop and to be back (all)
  --most N        how far a single one of the axes goes, e.g. --axis keys --most 5000000
  --nodes N       of our cluster, 1 to 16 (3); N=3, R=2, W=2 where there are as many, else N=1
  --durability D  of our cluster, as the node's option (buffer)
  --maxmemory M   of each node, as the node's option (100mb)
  --seconds S     how long each run takes, about (2)
  --keys N        how many keys memory and restart are measured with (1000000)
  --json FILE     writes all figures to a file too
  --quick         short runs of the first steps: shows only that it works`;

export const OTHER_NAMES = ['idle', 'memory', 'restart'] as const;
export type OtherName = (typeof OTHER_NAMES)[number];

export interface Wishes {
  readonly axes: readonly Axis[];
  readonly others: readonly OtherName[];
  readonly nodes: number;
  readonly durability: string;
  /** Options of each node. */
  readonly nodeArgs: readonly string[];
  readonly runSeconds: number;
  readonly keys: number;
  readonly idleConnections: number;
  readonly jsonPath: string | undefined;
}

const QUICK_STEPS = 2;
const IDLE_CONNECTIONS = 10_000;
const QUICK_IDLE_CONNECTIONS = 500;
const QUICK_KEYS = 5_000;
const KEYS = 1_000_000;

/** Reads the command line; a text says what is wrong with it. */
export function readWishes(argv: readonly string[]): Wishes | string {
  const values = parse(argv);
  if (typeof values === 'string') return values;
  const { quick } = values;
  const known: readonly string[] = [...AXIS_NAMES, ...OTHER_NAMES];
  const names = values.axis?.split(',') ?? known;
  if (!names.every((name) => known.includes(name))) return `--axis: expected some of ${known.join()}`;
  const [nodes, seconds, keys] = [
    Number(values.nodes),
    Number(values.seconds ?? (quick ? 0.2 : 2)),
    Number(values.keys ?? (quick ? QUICK_KEYS : KEYS)),
  ];
  if (!isWhole(nodes, 1, 16)) return '--nodes: expected 1 to 16';
  if (!(seconds >= 0.1 && seconds <= 60)) return '--seconds: expected 0.1 to 60';
  if (!isWhole(keys, 1_000, 100_000_000)) return '--keys: expected 1000 to 100000000';
  const axisNames = AXIS_NAMES.filter((name) => names.includes(name));
  const most = values.most === undefined ? undefined : Number(values.most);
  if (most !== undefined && (axisNames.length !== 1 || !isWhole(most, 1, 100_000_000))) {
    return '--most: expected a whole number, for a single axis';
  }
  return {
    axes: axisNames.map((name) => (quick ? quickAxis(name) : axisUpTo(name, most ?? MOST[name]))),
    others: OTHER_NAMES.filter((name) => names.includes(name)),
    nodes,
    durability: values.durability,
    nodeArgs: [...quorum(nodes), '--durability', values.durability, '--maxmemory', values.maxmemory],
    runSeconds: seconds,
    keys,
    idleConnections: quick ? QUICK_IDLE_CONNECTIONS : IDLE_CONNECTIONS,
    jsonPath: values.json,
  };
}

function quickAxis(name: AxisName): Axis {
  const axis = axisUpTo(name, MOST[name]);
  return { ...axis, steps: axis.steps.slice(0, QUICK_STEPS) };
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        axis: { type: 'string' },
        most: { type: 'string' },
        nodes: { type: 'string', default: '3' },
        durability: { type: 'string', default: 'buffer' },
        maxmemory: { type: 'string', default: '100mb' },
        seconds: { type: 'string' },
        keys: { type: 'string' },
        json: { type: 'string' },
        quick: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
