/** What to compare, read from the command line. */
import { parseArgs } from 'node:util';

export const WAYS = ['one-by-one', 'pipelines', 'in-turn'] as const;
export type Way = (typeof WAYS)[number];
/** A way and a version of the protocol, as in `pipelines/3`. */
export interface Kind {
  readonly way: Way;
  readonly resp: 2 | 3;
}

export interface Plan {
  /** Till when new runs begin; one run of each kind when the path of a failure is given. */
  readonly minutes: number;
  readonly seed: number;
  readonly path?: string;
  readonly kinds: readonly Kind[];
  /** Sequences of commands for each seed. */
  readonly runs: number;
}

const MINUTES_MAX = 100_000;
const RUNS_MAX = 1_000_000;

/** Throws `RangeError`, or the `TypeError` of `parseArgs`, where the arguments make no plan. */
export function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      path: { type: 'string' },
      kind: { type: 'string' },
      runs: { type: 'string', default: '20' },
    },
  });
  const kinds = WAYS.flatMap((way): Kind[] => [
    { way, resp: 2 },
    { way, resp: 3 },
  ]).filter((kind) => values.kind === undefined || nameOf(kind) === values.kind || kind.way === values.kind);
  if (kinds.length === 0)
    throw new RangeError(`--kind must be one of ${WAYS.join(', ')}, or one of them with /2 or /3`);
  return {
    minutes: numberIn('minutes', values.minutes, 0, MINUTES_MAX),
    seed: Math.trunc(numberIn('seed', values.seed, -(2 ** 31), 2 ** 31 - 1)),
    kinds,
    runs: Math.trunc(numberIn('runs', values.runs, 1, RUNS_MAX)),
    ...(values.path !== undefined && { path: values.path }),
  };
}

export function nameOf({ way, resp }: Kind): string {
  return `${way}/${resp}`;
}

function numberIn(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max)) {
    throw new RangeError(`--${name} must be a number from ${min} to ${max}`);
  }
  return value;
}
