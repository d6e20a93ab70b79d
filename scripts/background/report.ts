import type { Histogram } from 'hdr-histogram-js';
import { textTable } from '../bench/text-table.js';

/** What became of the foreground and of the background in one setting. */
export interface Outcome {
  readonly setting: string;
  readonly latencies: Pick<Histogram, 'getValueAtPercentile' | 'maxValue' | 'totalCount'>;
  readonly errors: number;
  readonly seconds: number;
  /** Keys that background work handled. */
  readonly backgroundKeys: number;
  readonly healing: 'none' | 'done' | 'unfinished';
}

const HEADER = ['background', 'p50', 'p99', 'p99.9', 'max', 'requests/s', 'errors', 'keys/s behind', 'healed'];

/** The outcomes as a table; latencies in ms. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  return textTable(
    HEADER,
    outcomes.map(({ setting, latencies, errors, seconds, backgroundKeys, healing }) => [
      setting,
      ...[50, 99, 99.9].map((percentile) => ms(latencies.getValueAtPercentile(percentile))),
      ms(latencies.maxValue),
      String(Math.round(latencies.totalCount / seconds)),
      String(errors),
      String(Math.round(backgroundKeys / seconds)),
      healedText(healing, seconds),
    ]),
  );
}

function healedText(healing: Outcome['healing'], seconds: number): string {
  if (healing === 'none') return 'nothing to heal';
  return healing === 'done' ? `in ${seconds.toFixed(1)} s` : `not in ${seconds.toFixed(0)} s`;
}

/** µs as ms, to print. */
export function ms(us: number): string {
  return `${(us / 1000).toFixed(2)} ms`;
}
