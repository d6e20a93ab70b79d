/** Which experiments to run, read from the command line. */
import { parseArgs } from 'node:util';
import { HELP } from '../processes/command-line.js';

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

export const USAGE = `Usage: npm run experiments -- NAME… [--seconds S] [--rate R] [--out FOLDER]
  figure5   writes into the object buffer and directly into the store, p99.9 over time under bursts
  table2    clients that know the ring and clients that ask any node
  versions  how many versions reads see while several writers change the same keys
  quorums   N, R and W: (3,2,2), (3,1,3), (3,1,1) and (5,3,3)
  frozen    replicas that stand still for 200 ms at random
  all       all of these, in less than three minutes
  --seconds S   how long each setting is measured (8)
  --rate R      requests a second, reads and writes together (800)
  --out FOLDER  where tables and drawings are kept (experiments)`;

/** Reads the command line; a text says what is wrong with it. */
export function readPlan(argv: readonly string[]): Plan | string {
  const parsed = parse(argv);
  if (typeof parsed === 'string') return parsed;
  const { values, positionals } = parsed;
  const known: readonly string[] = [...EXPERIMENTS, 'all'];
  if (positionals.length === 0) return `expected the name of an experiment: ${known.join(', ')}`;
  const stranger = positionals.find((name) => !known.includes(name));
  if (stranger !== undefined) return `there is no experiment '${stranger}'`;
  const names = EXPERIMENTS.filter((name) => positionals.includes(name) || positionals.includes('all'));
  const seconds = Number(values.seconds);
  const rate = Number(values.rate);
  if (!(seconds >= 0.5 && seconds <= 86_400)) return '--seconds: expected 0.5 to 86400';
  if (!(rate >= 1 && rate <= 1_000_000)) return '--rate: expected 1 to 1000000';
  return { names, seconds, rate, out: values.out };
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '8' },
        rate: { type: 'string', default: '800' },
        out: { type: 'string', default: 'experiments' },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
