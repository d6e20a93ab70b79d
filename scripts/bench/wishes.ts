/** What to measure, read from the command line. */

import { parseArgs } from 'node:util';
import { HELP } from '../processes/command-line.js';
import type { Length } from './contest.js';
import { CLUSTER_LOADS, CONTENDERS, type Contender, LOADS, type Load } from './plan.js';

export const USAGE = `Usage: npm run bench -- [--quick] [--only buffer3,log3,single] [--loads NAMES] [--rounds N] [--seconds S]
                       [--cluster] [--compare REV] [--json FILE]
  --quick        one round of short runs
  --only         which clusters to measure (all)
  --loads        which loads to run, e.g. plain,'-P 16' (all)
  --rounds N     how often each is measured, in turn with redis-server; medians are shown (3)
  --seconds S    how long a run takes, about (3)
  --cluster      also with redis-benchmark --cluster; its requests go to the nodes that hold the keys
  --compare REV  builds this git revision too, and measures it in turn with the present tree and redis-server
  --json FILE    writes all figures to a file too`;

export interface Wishes {
  readonly contenders: readonly Contender[];
  readonly loads: readonly Load[];
  readonly length: Length;
  /** Shows only that it works: also the warm-up is short. */
  readonly isQuick: boolean;
  /** A git revision to compare with. */
  readonly revision: string | undefined;
  readonly jsonPath: string | undefined;
}

/** Reads the command line; a text says what is wrong with it. */
export function readWishes(argv: readonly string[]): Wishes | string {
  const values = parse(argv);
  if (typeof values === 'string') return values;
  const only = values.only?.split(',') ?? CONTENDERS.map(({ name }) => name);
  const contenders = CONTENDERS.filter(({ name }) => only.includes(name));
  if (contenders.length !== only.length) return `--only: expected some of ${CONTENDERS.map(({ name }) => name).join()}`;
  const allLoads = values.cluster ? [...LOADS, ...CLUSTER_LOADS] : LOADS;
  const wanted = values.loads?.split(',') ?? allLoads.map(({ name }) => name);
  const loads = allLoads.filter(({ name }) => wanted.includes(name));
  if (loads.length !== wanted.length) return `--loads: expected some of ${allLoads.map(({ name }) => name).join()}`;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const runSeconds = Number(values.seconds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) return '--rounds: expected 1 to 100';
  if (!(runSeconds >= 0.1 && runSeconds <= 60)) return '--seconds: expected 0.1 to 60';
  const length = { rounds, runSeconds };
  return { contenders, loads, length, isQuick: values.quick, revision: values.compare, jsonPath: values.json };
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean', default: false },
        cluster: { type: 'boolean', default: false },
        only: { type: 'string' },
        loads: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        compare: { type: 'string' },
        json: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
