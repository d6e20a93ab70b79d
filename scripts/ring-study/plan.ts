/** What to study, read from the command line. */
import { parseArgs } from 'node:util';
import { partitionCountFault, SLOT_COUNT } from '../../cluster/ring/slots.js';

export interface Plan {
  readonly seed: number;
  /** How many random rings each figure is the mean of. */
  readonly trials: number;
  /** The file to draw into. */
  readonly svg: string;
  /** What membership costs with many nodes, in place of the study. */
  readonly scale: boolean;
  readonly partitions: number;
  /** Each time is the median of so many. */
  readonly repeat: number;
}

/** Throws `RangeError`, or the `TypeError` of `parseArgs`, where the arguments make no plan. */
export function readPlan(args: readonly string[] = process.argv.slice(2)): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      trials: { type: 'string', default: '50' },
      svg: { type: 'string', default: 'ring-study.svg' },
      scale: { type: 'boolean', default: false },
      partitions: { type: 'string', default: '4096' },
      repeat: { type: 'string', default: '3' },
    },
  });
  const partitions = numberIn('partitions', values.partitions, 1, SLOT_COUNT);
  const fault = partitionCountFault(partitions);
  if (fault !== undefined) throw new RangeError(`--partitions ${fault}`);
  return {
    seed: numberIn('seed', values.seed, 0, 2 ** 32 - 1),
    trials: numberIn('trials', values.trials, 1, 10_000),
    svg: values.svg,
    scale: values.scale,
    partitions,
    repeat: numberIn('repeat', values.repeat, 1, 1_000),
  };
}

function numberIn(name: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= low && number <= high) return number;
  throw new RangeError(`--${name} must be a whole number from ${low} to ${high}, and is '${text}'`);
}
