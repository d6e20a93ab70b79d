import assert from 'node:assert';
import type { Measurement } from './benchmark-csv.js';

/** The middle value; of an even number of values the mean of the middle two. Throws without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  assert(upper !== undefined && lower !== undefined, 'the median of nothing');
  return (lower + upper) / 2;
}

/** Each figure's median on its own. */
export function medianMeasurement(rounds: readonly Measurement[]): Measurement {
  return {
    operationsPerSecond: median(rounds.map((round) => round.operationsPerSecond)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
  };
}
