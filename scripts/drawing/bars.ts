/** Bars in groups over a vertical axis, with a legend, as an SVG document. */
import {
  type Axis,
  at,
  baseline,
  colorOf,
  DASHES,
  FRAME,
  type LegendEntry,
  legendOf,
  sheetOf,
  text,
  up,
  verticalAxis,
} from './frame.js';

/** The bars of one color, one for each group; undefined where there is none. */
export interface BarSeries {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  readonly isDashed?: boolean;
}

export interface Bars {
  readonly title: string;
  readonly subtitle: string;
  /** What the groups are. */
  readonly across: string;
  readonly y: Axis;
  /** From left to right. */
  readonly groups: readonly string[];
  readonly series: readonly BarSeries[];
}

/** What of a group's width its bars have, and what lies between two of them in pixels. */
const SHARE = 0.8;
const GAP = 3;

/** Draws the bars, each with its value above it. */
export function barsSvgOf({ title, subtitle, across, y, groups, series }: Bars): string {
  const groupWidth = (FRAME.right - FRAME.left) / groups.length;
  const barWidth = (groupWidth * SHARE) / series.length;
  const bars = series.flatMap(({ values, isDashed }, k) =>
    values.flatMap((value, group) => {
      if (value === undefined) return [];
      const left = FRAME.left + groupWidth * (group + (1 - SHARE) / 2) + k * barWidth;
      const top = up(y, value);
      const fill = isDashed === true ? `fill="#fff" stroke="${colorOf(k)}"${DASHES}` : `fill="${colorOf(k)}"`;
      return [
        `<rect x="${at(left)}" y="${at(top)}" width="${at(barWidth - GAP)}" height="${at(FRAME.bottom - top)}" ${fill}/>`,
        text(left + (barWidth - GAP) / 2, top - 4, shortText(value), 'text-anchor="middle" font-size="10"'),
      ];
    }),
  );
  const names = groups.map((name, group) =>
    text(FRAME.left + (group + 0.5) * groupWidth, FRAME.bottom + 20, name, 'text-anchor="middle"'),
  );
  return sheetOf(title, subtitle, [
    ...verticalAxis(y),
    ...baseline(across),
    ...bars,
    ...names,
    ...legendOf(legendOfSeries(series)),
  ]);
}

/** An entry for each, in its color. */
export function legendOfSeries(series: readonly BarSeries[]): LegendEntry[] {
  return series.map(({ name, isDashed }, k) => ({ color: colorOf(k), lines: [name], isDashed: isDashed === true }));
}

function shortText(value: number): string {
  return value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}
