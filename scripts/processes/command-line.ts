/** For programs that are told what to do by options. */

/** What the words of a call came to where they ask how to call it. */
export const HELP = '--help';

/**
 * `wishes`, or undefined where there is nothing to do but to show `usage`: it was asked for, or `wishes` is the text of a
 * fault, which is shown above it and makes the exit code 1.
 */
export function orUsage<T extends object>(wishes: T | string, usage: string): T | undefined {
  if (typeof wishes === 'object') return wishes;
  if (wishes === HELP) {
    console.log(usage);
    return undefined;
  }
  console.error(`${wishes}\n\n${usage}`);
  process.exitCode = 1;
  return undefined;
}
