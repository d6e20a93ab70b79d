/** What to profile, read from the command line. */
import { parseArgs } from 'node:util';
import { type Load, PLAIN, type Test } from '../bench/plan.js';
import { HELP } from '../processes/command-line.js';

const LOADS: Readonly<Record<string, readonly Test[]>> = { set: ['SET'], get: ['GET'], mixed: ['SET', 'GET'] };
const KEYS = 100_000;
const QUORUM_NODES = 3;

export const USAGE = `Usage: npm run profile -- [--load set|get|mixed] [--pipeline P] [--durability D] [--nodes N] [--node K]
                         [--seconds S] [--one-key] [--out FOLDER] [--quick]
  --load L        what the clients send; mixed: both at once (set)
  --pipeline P    requests that each of the 50 connections has under way, as redis-benchmark -P (1)
  --durability D  as the node's option (buffer)
  --nodes N       how many nodes, 1 to 16; with three or more N=3, R=2, W=2 (3)
  --node K        whose profile: 1 is the node that the clients ask, the others are replicas (1)
  --seconds S     how long each of the two recordings takes, about (5)
  --one-key       all requests are for one key
  --out FOLDER    where the recordings are written (profile)
  --quick         one second each, after a short warm-up: shows only that it works`;

export interface Wishes {
  readonly load: Load;
  /** Options of the nodes. */
  readonly nodeArgs: readonly string[];
  readonly nodes: number;
  /** From 0. */
  readonly profiled: number;
  readonly seconds: number;
  readonly warmUpRequests: number;
  readonly folder: string;
}

/** Reads the command line; a text says what is wrong with it. */
export function readWishes(argv: readonly string[]): Wishes | string {
  const values = parse(argv);
  if (typeof values === 'string') return values;
  const tests = LOADS[values.load];
  if (tests === undefined) return `--load: expected ${Object.keys(LOADS).join(', ')}`;
  const [pipeline, nodes, node] = [values.pipeline, values.nodes, values.node].map(Number);
  const seconds = Number(values.seconds ?? (values.quick ? 1 : 5));
  if (!isWhole(pipeline, 1, 1000)) return '--pipeline: expected 1 to 1000';
  if (!isWhole(nodes, 1, 16)) return '--nodes: expected 1 to 16';
  if (!isWhole(node, 1, nodes)) return `--node: expected 1 to ${nodes}`;
  if (!(seconds >= 0.5 && seconds <= 300)) return '--seconds: expected 0.5 to 300';
  const keys = values['one-key'] ? undefined : KEYS;
  const name = `${values.load}${pipeline === 1 ? '' : `-P${pipeline}`}${keys === undefined ? '-one-key' : ''}`;
  return {
    load: { ...PLAIN, name, tests, pipeline, keys },
    nodeArgs: [...quorum(nodes), '--durability', values.durability],
    nodes,
    profiled: node - 1,
    seconds,
    warmUpRequests: values.quick ? 20_000 : 150_000,
    folder: values.out,
  };
}

/** Options of each of so many nodes: N=3, R=2, W=2 where there are as many, else one replica of each key. */
export function quorum(nodes: number): string[] {
  const [n, majority] = nodes >= QUORUM_NODES ? ['3', '2'] : ['1', '1'];
  return ['--n', n, '--r', majority, '--w', majority];
}

function isWhole(value: number | undefined, low: number, high: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= low && value <= high;
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        load: { type: 'string', default: 'set' },
        pipeline: { type: 'string', default: '1' },
        durability: { type: 'string', default: 'buffer' },
        nodes: { type: 'string', default: '3' },
        node: { type: 'string', default: '1' },
        seconds: { type: 'string' },
        'one-key': { type: 'boolean', default: false },
        out: { type: 'string', default: 'profile' },
        quick: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
