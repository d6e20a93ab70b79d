/** Which experiments to run, read from the command line. */
import { parseArgs } from 'node:util';

export const EXPERIMENTS = ['figure5', 'table2', 'versions', 'quorums', 'frozen'] as const;
export type ExperimentName = (typeof EXPERIMENTS)[number];

export interface Plan {
  readonly names: readonly ExperimentName[];
  /** How long each setting of an experiment is measured. */
  readonly seconds: number;
  /** Requests a second, reads and writes together. */
  readonly rate: number;
  /** Where the tables and drawings go. */
  readonly out: string;
}

const USAGE = `npm run experiments -- NAME… [--seconds 8] [--rate 800] [--out experiments]

  figure5   writes into the object buffer and directly into the store, p99.9 over time under bursts
  table2    clients that know the ring and clients that ask any node
  versions  how many versions reads see while several writers change the same keys
  quorums   N, R and W: (3,2,2), (3,1,3), (3,1,1) and (5,3,3)
  frozen    replicas that stand still for 200 ms at random
  all       all of these, in less than three minutes

--seconds: how long each setting is measured. --rate: requests a second. --out: the folder for tables and drawings.`;

/** Throws `RangeError`, or the `TypeError` of `parseArgs`, where the arguments make no plan. */
export function readPlan(args: readonly string[] = process.argv.slice(2)): Plan {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '8' },
      rate: { type: 'string', default: '800' },
      out: { type: 'string', default: 'experiments' },
    },
  });
  if (positionals.length === 0) throw new RangeError(USAGE);
  return {
    names: EXPERIMENTS.filter((name) => positionals.includes(name) || positionals.includes('all')),
    seconds: numberIn('seconds', values.seconds, 0.5, 86_400),
    rate: numberIn('rate', values.rate, 1, 1_000_000),
    out: known(positionals, values.out),
  };
}

function known(positionals: readonly string[], out: string): string {
  const names: readonly string[] = [...EXPERIMENTS, 'all'];
  const stranger = positionals.find((name) => !names.includes(name));
  if (stranger !== undefined) throw new RangeError(`There is no experiment '${stranger}'.\n\n${USAGE}`);
  return out;
}

function numberIn(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text !== '' && number >= low && number <= high) return number;
  throw new RangeError(`--${name} must be a number from ${low} to ${high}, and is '${text}'`);
}
