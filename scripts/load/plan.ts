/** What load to generate, read from the command line. */
import { parseArgs } from 'node:util';
import { HELP } from '../processes/command-line.js';
import type { Address, Traffic } from './traffic.js';

const LOCALHOST = '127.0.0.1';

export const USAGE = `Usage: npm run load -- --target NAME=PORT,HOST:PORT… [--target …] --rate R [options]
       npm run load -- --compare [--durability D] [--rate R] [options]
  --target T       servers that run already, and a name for them; several targets take the load one after the other
  --rate R         requests a second, whatever becomes of them (open loop). Without it: as many as they take (closed loop),
                   and with --compare: half of what the cluster takes
  --compare        three nodes of our own: quiet, with one killed, with one that heals, with one that joins; and redis-server
  --durability D   of those nodes, as the node's option (buffer)
  --connections C  over all servers of a target (200)
  --arrivals A     even or poisson (poisson)
  --get-share G    share of gets, 0 to 1; the others are puts (0.5)
  --keys K         how many different keys (100000)
  --value-bytes B  (100)
  --seconds S      how long it is measured (20)
  --warm-up S      how long the same load runs before (3)
  --fill           writes every key first
  --out FOLDER     where NAME.hlog and percentiles.svg are written (load)
  --quick          two seconds each of few keys: shows only that it works`;

export interface Target {
  readonly name: string;
  readonly addresses: readonly Address[];
}

export interface Wishes {
  readonly targets: readonly Target[];
  readonly isComparison: boolean;
  readonly durability: string;
  readonly traffic: Omit<Traffic, 'addresses' | 'logPath'>;
  readonly folder: string;
}

/** Reads the command line; a text says what is wrong with it. */
export function readWishes(argv: readonly string[]): Wishes | string {
  const values = parse(argv);
  if (typeof values === 'string') return values;
  const targets: Target[] = [];
  for (const text of values.target) {
    const target = targetOf(text);
    if (target === undefined) return `--target: expected NAME=PORT,HOST:PORT…, not '${text}'`;
    // Its latencies are written to a file of that name.
    if (targets.some(({ name }) => name === target.name)) return `--target: two of them are named '${target.name}'`;
    targets.push(target);
  }
  if (values.compare === targets.length > 0) return 'expected either --target or --compare';
  const { arrivals, quick } = values;
  if (arrivals !== 'even' && arrivals !== 'poisson') return '--arrivals: expected even or poisson';
  const numbers = {
    rate: values.rate === undefined ? undefined : Number(values.rate),
    connections: Number(values.connections ?? (quick ? 30 : 200)),
    keys: Number(values.keys ?? (quick ? 5000 : 100_000)),
    seconds: Number(values.seconds ?? (quick ? 2 : 20)),
    warmUp: Number(values['warm-up'] ?? (quick ? 0.5 : 3)),
    getShare: Number(values['get-share']),
    valueBytes: Number(values['value-bytes']),
  };
  const fault = faultOf(numbers);
  if (fault !== undefined) return fault;
  const { rate, connections, keys, seconds, warmUp, getShare, valueBytes } = numbers;
  const mix = { keys, valueBytes, getShare };
  const traffic = { connections, mix, rate, arrivals, warmUpSeconds: warmUp, seconds, fill: values.fill } as const;
  return { targets, isComparison: values.compare, durability: values.durability, traffic, folder: values.out };
}

/** Each number with what it may be at least and at most. */
const BOUNDS = {
  rate: [1, 1_000_000],
  connections: [1, 20_000],
  keys: [1, 100_000_000],
  seconds: [0.5, 86_400],
  warmUp: [0, 3600],
  getShare: [0, 1],
  valueBytes: [0, 64 * 1024 * 1024],
} as const;
const WHOLE = new Set(['connections', 'keys', 'valueBytes']);

function faultOf(numbers: Readonly<Record<keyof typeof BOUNDS, number | undefined>>): string | undefined {
  for (const [name, [low, high]] of Object.entries(BOUNDS) as [keyof typeof BOUNDS, readonly [number, number]][]) {
    const value = numbers[name];
    if (value === undefined) continue;
    if (value >= low && value <= high && (Number.isInteger(value) || !WHOLE.has(name))) continue;
    return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: expected ${low} to ${high}`;
  }
  return undefined;
}

/** `ours=7001,10.0.0.2:7002`; a name becomes that of a file. */
function targetOf(text: string): Target | undefined {
  const [, name = '', places = ''] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  const addresses = places.split(',').map((place) => {
    const [, host = LOCALHOST, port = ''] = /^(?:(.+):)?(\d+)$/.exec(place) ?? [];
    return { host, port: Number(port) };
  });
  const areValid = addresses.every(({ port }) => port >= 1 && port <= 65_535);
  return name !== '' && areValid ? { name, addresses } : undefined;
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        target: { type: 'string', multiple: true, default: [] },
        rate: { type: 'string' },
        compare: { type: 'boolean', default: false },
        durability: { type: 'string', default: 'buffer' },
        connections: { type: 'string' },
        arrivals: { type: 'string', default: 'poisson' },
        'get-share': { type: 'string', default: '0.5' },
        keys: { type: 'string' },
        'value-bytes': { type: 'string', default: '100' },
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        fill: { type: 'boolean', default: false },
        out: { type: 'string', default: 'load' },
        quick: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
