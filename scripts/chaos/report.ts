import type { ChaosResult } from './run-chaos.js';

const VIOLATIONS_SHOWN = 20;

/** The report of a run, line by line. */
export function reportOf(result: ChaosResult): string[] {
  const { tally, done, keys, healedInMs, violations } = result;
  const errors = [...tally.errors].sort(([, a], [, b]) => b - a);
  const errorCount = errors.reduce((sum, [, count]) => sum + count, 0);
  const doings = [...done].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'nothing';
  return [
    `${tally.ops} operations on ${keys} keys, ${tally.acknowledged} writes acknowledged, under ${doings}`,
    `${errorCount} errors${errorCount > 0 ? ':' : ''}`,
    ...errors.map(([kind, count]) => `  ${count} ${kind.name}: ${kind.allowed ?? 'not allowed'}`),
    `longest wait for a reply: ${Math.round(tally.longestMs)} ms, at ${(tally.longestAtMs / 1000).toFixed(1)} s`,
    `longest wait at a node that suffered nothing itself: ${Math.round(tally.longestCalmMs)} ms, at ${(tally.longestCalmAtMs / 1000).toFixed(1)} s`,
    healedInMs === undefined ? 'not healed' : `healed ${(healedInMs / 1000).toFixed(1)} s after the last fault`,
    violations.length === 0
      ? 'no violation: every acknowledged write is there or superseded, all replicas are equal'
      : `${violations.length} VIOLATIONS`,
    ...violations.slice(0, VIOLATIONS_SHOWN).map((violation) => `  ${violation}`),
  ];
}
