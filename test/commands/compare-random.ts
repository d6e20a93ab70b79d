/** Runs random sequences of commands against both servers; what fails is shrunk and told with the way to replay it. */
import fc from 'fast-check';
import type { Comparison } from './comparison.js';
import { commandLines, pipelines } from './random-commands.js';
import { pipelineOf } from './request.js';

/** To replay a failure: what fast-check printed as seed and path. */
const { COMMANDS_SEED, COMMANDS_PATH } = process.env;
/** `npm test` sends the same commands each time; `npm run compare` looks for what they do not meet. */
const USUAL_SEED = 1;

export interface RandomRuns {
  readonly resp: 2 | 3;
  readonly runs: number;
  /** The usual one where there is none. */
  readonly seed?: number;
  /** Which of the sequences of the seed. */
  readonly path?: string;
}

/** Each command on its own, so that the first wrong reply shows. Rejects with the shortest sequence that was found to differ. */
export function compareOneByOne(comparison: Comparison, wishes: RandomRuns): Promise<void> {
  return check(commandLines, wishes, (lines) => comparison.differences(lines, wishes.resp, true));
}

/** All commands of a sequence in one write. */
export function comparePipelines(comparison: Comparison, wishes: RandomRuns): Promise<void> {
  return check(pipelines, wishes, (lines) =>
    comparison.differences([{ raw: pipelineOf(lines).toString('latin1') }], wishes.resp, true),
  );
}

async function check(
  sequences: fc.Arbitrary<string[]>,
  { runs, seed, path }: RandomRuns,
  differences: (lines: string[]) => Promise<string[]>,
): Promise<void> {
  const property = fc.asyncProperty(sequences, async (lines) => {
    const found = await differences(lines);
    if (found.length > 0) throw new Error(found.join('\n\n'));
  });
  const [chosenSeed, chosenPath] = [COMMANDS_SEED ?? seed ?? USUAL_SEED, COMMANDS_PATH ?? path];
  const result = await fc.check(property, {
    numRuns: runs,
    ...(chosenSeed !== undefined && { seed: Number(chosenSeed) }),
    ...(chosenPath !== undefined && { path: chosenPath }),
  });
  if (!result.failed) return;
  const { errorInstance } = result;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error(`${why}\n${replay(result.seed, result.counterexamplePath ?? '')}`);
}

function replay(seed: number, path: string): string {
  return `To replay: COMMANDS_SEED=${seed} COMMANDS_PATH=${path}, with the same test or 'npm run compare'`;
}
