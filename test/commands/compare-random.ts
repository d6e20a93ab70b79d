/** Runs random sequences of commands against both servers; what fails is shrunk and told with the way to replay it. */
import fc from 'fast-check';
import type { Comparison } from './comparison.js';
import { commandLines, pipelines } from './random-commands.js';
import { pipelineOf } from './request.js';

/** To replay a failure: what fast-check printed as seed and path. */
const { COMMANDS_SEED, COMMANDS_PATH } = process.env;

/** Each command on its own, so that the first wrong reply shows. */
export function compareOneByOne(comparison: Comparison, resp: 2 | 3, runs: number): Promise<void> {
  return check(commandLines, runs, (lines) => comparison.differences(lines, resp));
}

/** All commands of a sequence in one write. */
export function comparePipelines(comparison: Comparison, resp: 2 | 3, runs: number): Promise<void> {
  return check(pipelines, runs, (lines) =>
    comparison.differences([{ raw: pipelineOf(lines).toString('latin1') }], resp),
  );
}

async function check(
  sequences: fc.Arbitrary<string[]>,
  numRuns: number,
  differences: (lines: string[]) => Promise<string[]>,
): Promise<void> {
  const property = fc.asyncProperty(sequences, async (lines) => {
    const found = await differences(lines);
    if (found.length > 0) throw new Error(found.join('\n\n'));
  });
  const result = await fc.check(property, {
    numRuns,
    ...(COMMANDS_SEED !== undefined && { seed: Number(COMMANDS_SEED) }),
    ...(COMMANDS_PATH !== undefined && { path: COMMANDS_PATH }),
  });
  if (!result.failed) return;
  const { seed, counterexamplePath, errorInstance } = result;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  throw new Error(`${why}\n${replay(seed, counterexamplePath ?? '')}`);
}

function replay(seed: number, path: string): string {
  return `To replay: COMMANDS_SEED=${seed} COMMANDS_PATH=${path} npx ava 'dist/test/commands/*.test.js' --match '*random*'`;
}
