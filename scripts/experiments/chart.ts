/** Drawings of the experiments, as SVG documents: lines over time, and bars in groups. Latencies are logarithmic. */
const WIDTH = 860;
const HEIGHT = 460;
const PLOT = { left: 70, right: 640, top: 70, bottom: 390 };
const COLORS = ['#0b6e4f', '#b3541e', '#5b6c7d', '#7a4fa3', '#c29a1b'] as const;

export interface Titles {
  readonly title: string;
  readonly subtitle: string;
  /** Of the horizontal axis. */
  readonly across: string;
  /** Of the vertical one. */
  readonly up: string;
}

export interface Series {
  readonly name: string;
  /** Lines: a point each. Bars: one for each group, undefined where there is none. */
  readonly values: readonly (number | undefined)[];
  readonly dashed?: boolean;
}

/** @param times of the points, ascending */
export function lineChart(titles: Titles, times: readonly number[], series: readonly Series[]): string {
  const scale = scaleOf(series);
  const last = times.at(-1) ?? 1;
  const x = (time: number): number => PLOT.left + (time / last) * (PLOT.right - PLOT.left);
  const lines = series.map(({ values, dashed }, k) => {
    const points = values.flatMap((value, i) =>
      value === undefined ? [] : [`${at(x(times[i] ?? 0))},${at(scale.y(value))}`],
    );
    const dashes = dashed === true ? ' stroke-dasharray="5 4"' : '';
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colorOf(k)}" stroke-width="2"${dashes}/>`;
  });
  const step = Math.max(1, Math.ceil(last / 10));
  const marks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) =>
    text(x(i * step), PLOT.bottom + 20, String(i * step), 'text-anchor="middle"'),
  );
  return document(titles, scale, series, [...lines, ...marks]);
}

/** @param groups names of the groups of bars, from left to right */
export function barChart(titles: Titles, groups: readonly string[], series: readonly Series[]): string {
  const scale = scaleOf(series);
  const groupWidth = (PLOT.right - PLOT.left) / groups.length;
  const barWidth = (groupWidth * 0.8) / series.length;
  const bars = series.flatMap(({ values, dashed }, k) =>
    values.flatMap((value, group) => {
      if (value === undefined) return [];
      const left = PLOT.left + group * groupWidth + groupWidth * 0.1 + k * barWidth;
      const top = scale.y(value);
      const fill =
        dashed === true ? `fill="#fff" stroke="${colorOf(k)}" stroke-dasharray="4 3"` : `fill="${colorOf(k)}"`;
      return [
        `<rect x="${at(left)}" y="${at(top)}" width="${at(barWidth - 3)}" height="${at(PLOT.bottom - top)}" ${fill}/>`,
        text(left + barWidth / 2 - 1, top - 4, shortText(value), 'text-anchor="middle" font-size="10"'),
      ];
    }),
  );
  const names = groups.map((name, group) =>
    text(PLOT.left + (group + 0.5) * groupWidth, PLOT.bottom + 20, name, 'text-anchor="middle"'),
  );
  return document(titles, scale, series, [...bars, ...names]);
}

interface Scale {
  readonly marks: readonly number[];
  y(value: number): number;
}

/** Whole powers of ten around all values. */
function scaleOf(series: readonly Series[]): Scale {
  const values = series.flatMap((one) =>
    one.values.filter((value): value is number => value !== undefined && value > 0),
  );
  const low = Math.floor(Math.log10(Math.min(...values, 1)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values, 1))));
  return {
    marks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    y: (value) => {
      const share = (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
      return PLOT.bottom - share * (PLOT.bottom - PLOT.top);
    },
  };
}

function document(titles: Titles, { marks, y }: Scale, series: readonly Series[], drawn: readonly string[]): string {
  const grid = marks.flatMap((mark) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at(y(mark))}" y2="${at(y(mark))}" stroke="#e2e2e2"/>`,
    text(PLOT.left - 8, y(mark) + 4, shortText(mark), 'text-anchor="end"'),
  ]);
  const legend = series.flatMap(({ name, dashed }, k) => {
    const top = PLOT.top + 16 + k * 22;
    const dashes = dashed === true ? ' stroke-dasharray="5 4"' : '';
    const left = PLOT.right + 20;
    return [
      `<line x1="${left}" x2="${left + 24}" y1="${top - 4}" y2="${top - 4}" stroke="${colorOf(k)}" stroke-width="3"${dashes}/>`,
      text(left + 32, top, name),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 24, titles.title, 'font-size="16"'),
    text(PLOT.left, 44, titles.subtitle),
    text(PLOT.left - 50, PLOT.top - 10, titles.up),
    ...grid,
    ...drawn,
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}" stroke="#222"/>`,
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 44, titles.across, 'text-anchor="middle"'),
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '#222';
}

function shortText(value: number): string {
  return value >= 10 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

function text(left: number, top: number, words: string, attributes = ''): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${at(left)}" y="${at(top)}" ${attributes}>${escaped}</text>`;
}

function at(pixels: number): string {
  return pixels.toFixed(1);
}
