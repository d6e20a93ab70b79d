/** Drawings of the experiments: lines over time, and bars in groups, over a logarithmic axis. */
import { type BarSeries, barsSvgOf, legendOfSeries } from '../drawing/bars.js';
import { type Axis, colorOf, decadesAxis } from '../drawing/frame.js';
import { svgOf } from '../drawing/plot.js';

export interface Titles {
  readonly title: string;
  readonly subtitle: string;
  /** Of the horizontal axis. */
  readonly across: string;
  /** Of the vertical one. */
  readonly up: string;
}

/** So many marks on an axis of times, about. */
const MARKS = 10;

/** @param times of the points in seconds, ascending */
export function lineChart(
  { title, subtitle, across, up }: Titles,
  times: readonly number[],
  series: readonly BarSeries[],
): string {
  return svgOf({
    title,
    subtitle,
    x: timesAxis(across, times.at(-1) ?? 1),
    y: axisOf(up, series),
    curves: series.map(({ values, isDashed }, k) => ({
      color: colorOf(k),
      isDashed: isDashed === true,
      points: values.flatMap((value, i) => (value === undefined ? [] : [{ x: times[i] ?? 0, y: value }])),
    })),
    legend: legendOfSeries(series),
  });
}

/** @param groups names of the groups of bars, from left to right */
export function barChart(
  { title, subtitle, across, up }: Titles,
  groups: readonly string[],
  series: readonly BarSeries[],
): string {
  return barsSvgOf({ title, subtitle, across, y: axisOf(up, series), groups, series });
}

function timesAxis(title: string, last: number): Axis {
  const step = Math.max(1, Math.ceil(last / MARKS));
  const marks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => ({
    value: i * step,
    words: String(i * step),
  }));
  return { title, scale: 'linear', low: 0, high: last, marks };
}

/** Whole decades around all values, and 1. */
function axisOf(title: string, series: readonly BarSeries[]): Axis {
  const values = series.flatMap((one) =>
    one.values.flatMap((value) => (value !== undefined && value > 0 ? [value] : [])),
  );
  return decadesAxis(title, Math.min(...values, 1), Math.max(...values, 1));
}
