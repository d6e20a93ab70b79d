/** What is compared, and how background work comes about. */

import { parseArgs } from 'node:util';
import { HELP } from '../processes/command-line.js';

/** How the background stands while the foreground is measured. */
export interface Setting {
  readonly name: 'idle' | 'unthrottled' | 'governed';
  /** Options of the nodes. */
  readonly nodeArgs: readonly string[];
  /** Whether there is background work at all. */
  readonly works: boolean;
}

const UNTHROTTLED_KEYS_A_SECOND = '1000000';

export const SETTINGS: readonly Setting[] = [
  { name: 'idle', nodeArgs: [], works: false },
  {
    name: 'unthrottled',
    nodeArgs: ['--background-rate-min', UNTHROTTLED_KEYS_A_SECOND, '--background-rate-max', UNTHROTTLED_KEYS_A_SECOND],
    works: true,
  },
  { name: 'governed', nodeArgs: [], works: true },
];

/** `hints`: a node comes back to hints for every key; `exchange`: it comes back with an empty folder. */
const WORKS = ['hints', 'exchange'] as const;
export type Work = (typeof WORKS)[number];

export interface Wishes {
  readonly work: Work;
  readonly keys: number;
  /** How long the foreground is measured in each setting, at most. */
  readonly seconds: number;
  /** Requests a second; undefined: half of what the cluster can take. */
  readonly rate: number | undefined;
}

export const USAGE = `Usage: npm run background -- [--quick] [--work hints|exchange] [--keys N] [--seconds S] [--rate R]
  --quick      about half a minute in all: fewer keys, a few seconds for each setting
  --work W     hints: a node comes back to hints for every key (default); exchange: with an empty folder
  --keys N     keys that it lacks (200000)
  --seconds S  how long the foreground is measured in each setting, at most (60)
  --rate R     requests a second of the foreground (half of what the cluster takes)`;

/** Reads the command line; a text says what is wrong with it. */
export function readWishes(argv: readonly string[]): Wishes | string {
  const values = parse(argv);
  if (typeof values === 'string') return values;
  const work = WORKS.find((known) => known === values.work);
  if (work === undefined) return `--work: expected ${WORKS.join(' or ')}`;
  const keys = Number(values.keys ?? (values.quick ? 40_000 : 200_000));
  const seconds = Number(values.seconds ?? (values.quick ? 5 : 60));
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (!Number.isInteger(keys) || keys < 1 || keys > 10_000_000) return '--keys: expected 1 to 10000000';
  if (!(seconds >= 1 && seconds <= 3600)) return '--seconds: expected 1 to 3600';
  if (rate !== undefined && !(rate >= 1 && rate <= 1_000_000)) return '--rate: expected 1 to 1000000';
  return { work, keys, seconds, rate };
}

function parse(argv: readonly string[]) {
  if (argv.includes(HELP)) return HELP;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean', default: false },
        work: { type: 'string', default: 'hints' },
        keys: { type: 'string' },
        seconds: { type: 'string' },
        rate: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
