/** What a load met with, as a table and as a plot. */
import type { Histogram } from 'hdr-histogram-js';
import { textTable } from '../bench/text-table.js';
import { type Axis, colorOf, decadesAxis } from '../drawing/frame.js';
import { svgOf } from '../drawing/plot.js';
import { decode, percentileMs } from './latencies.js';
import type { Tally } from './traffic.js';

/** One run, by the name that it has in the table. */
export interface Outcome {
  readonly name: string;
  readonly tally: Tally;
}

const HEADER = ['latencies in ms', 'answered/s', 'p50', 'p99', 'p99.9', 'max', 'refused', 'lost', 'sent late, p99'];
/** As many points on a curve for each further nine of the percentile. */
const POINTS_A_NINE = 30;
const NINES_MIN = 3;
const LEGEND_CHARACTERS = 26;

/** Percentiles of the latencies, counted from when requests were due, and by how much the generator itself was late. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  return textTable(
    HEADER,
    outcomes.map(({ name, tally }) => {
      const latencies = decode(tally.latencies);
      return [
        name,
        Math.round(latencies.totalCount / tally.seconds).toLocaleString('en-US'),
        ...[50, 99, 99.9, 100].map((percentile) => percentileMs(latencies, percentile).toFixed(2)),
        String(tally.refused),
        String(tally.lost),
        percentileMs(decode(tally.lateness), 99).toFixed(2),
      ];
    }),
  );
}

/** The whole distribution of each run: latency over percentile, each nine as wide as the one before. */
export function percentilePlot(title: string, outcomes: readonly Outcome[]): string {
  const histograms = outcomes.map(({ tally }) => decode(tally.latencies));
  const nines = Math.max(NINES_MIN, ...histograms.map(({ totalCount }) => Math.floor(Math.log10(totalCount + 1))));
  const curves = histograms.map((histogram, index) => ({ color: colorOf(index), points: percentileCurve(histogram) }));
  const heights = curves.flatMap(({ points }) => points.map(({ y }) => y));
  return svgOf({
    title,
    subtitle: 'latency in ms from when a request was due (coordinated omission corrected), logarithmic',
    x: percentileAxis(nines),
    y: decadesAxis('ms', Math.min(...heights), Math.max(...heights)),
    curves,
    legend: outcomes.map(({ name }, index) => ({ color: colorOf(index), lines: wrapped(name) })),
  });
}

/**
 * Points of latency (ms) over how seldom it is reached: x is 1 / (1 - quantile), 10 at p90, 1000 at p99.9. As far as there is
 * at least one latency beyond.
 */
export function percentileCurve(histogram: Histogram): { readonly x: number; readonly y: number }[] {
  if (histogram.totalCount === 0) return [];
  const steps = Math.floor(Math.log10(histogram.totalCount) * POINTS_A_NINE);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const x = 10 ** (step / POINTS_A_NINE);
    return { x, y: percentileMs(histogram, 100 * (1 - 1 / x)) };
  });
}

function percentileAxis(nines: number): Axis {
  const marks = Array.from({ length: nines + 1 }, (_, k) => ({ value: 10 ** k, words: percentileWords(k) }));
  return { title: 'percentile of requests', scale: 'logarithmic', low: 1, high: 10 ** nines, marks };
}

/** 0 → `0`, 1 → `90`, 3 → `99.9`. */
function percentileWords(nines: number): string {
  if (nines === 0) return '0';
  return nines === 1 ? '90' : `99${nines === 2 ? '' : `.${'9'.repeat(nines - 2)}`}`;
}

/** Lines that fit the legend; a word is never cut. */
export function wrapped(words: string): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > LEGEND_CHARACTERS) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
