/** A plot of curves over two axes, with a legend, as an SVG document. */

const WIDTH = 860;
const HEIGHT = 520;
/** Where the axes stand; what is right of them is the legend's. */
const FRAME = { left: 70, right: 610, top: 60, bottom: 450 };
const TITLE_TOP = 24;
const LINE_HEIGHT = 18;

export interface Axis {
  readonly title: string;
  readonly scale: 'linear' | 'logarithmic';
  readonly low: number;
  readonly high: number;
  readonly marks: readonly { readonly value: number; readonly words: string }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Curve {
  readonly color: string;
  readonly points: readonly Point[];
  readonly isDashed?: boolean;
  /** Points are marked with a circle. */
  readonly marks?: 'filled' | 'hollow';
}

/** An entry of the legend: the first line stands beside a stroke of the color, where there is one. */
export interface LegendEntry {
  readonly color?: string;
  readonly lines: readonly string[];
}

export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
  readonly legend: readonly LegendEntry[];
}

/** Draws the plot. Points beyond an axis are drawn at its end. */
export function svgOf({ title, subtitle, x, y, curves, legend }: Plot): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(FRAME.left, TITLE_TOP, title, 'font-size="16"'),
    text(FRAME.left, TITLE_TOP + 20, subtitle),
    ...verticalAxis(y),
    ...horizontalAxis(x),
    ...curves.map((curve) => drawn(curve, x, y)),
    ...legendOf(legend),
    '</svg>',
    '',
  ].join('\n');
}

/** Where `value` lies between the ends of the axis: 0 to 1. */
export function shareOf({ scale, low, high }: Axis, value: number): number {
  const share =
    scale === 'linear' ? (value - low) / (high - low) : Math.log(Math.max(value, low) / low) / Math.log(high / low);
  return Math.min(1, Math.max(0, share));
}

function across(axis: Axis, value: number): number {
  return FRAME.left + shareOf(axis, value) * (FRAME.right - FRAME.left);
}

function up(axis: Axis, value: number): number {
  return FRAME.bottom - shareOf(axis, value) * (FRAME.bottom - FRAME.top);
}

function verticalAxis(axis: Axis): string[] {
  const marks = axis.marks.flatMap(({ value, words }) => {
    const height = at(up(axis, value));
    return [
      `<line x1="${FRAME.left}" x2="${FRAME.right}" y1="${height}" y2="${height}" stroke="#e2e2e2"/>`,
      text(FRAME.left - 8, up(axis, value) + 4, words, 'text-anchor="end"'),
    ];
  });
  if (axis.title === '') return marks;
  const middle = at((FRAME.top + FRAME.bottom) / 2);
  return [...marks, text(0, 0, axis.title, `text-anchor="middle" transform="translate(18 ${middle}) rotate(-90)"`)];
}

function horizontalAxis(axis: Axis): string[] {
  const marks = axis.marks.flatMap(({ value, words }) => [
    `<line x1="${at(across(axis, value))}" x2="${at(across(axis, value))}" y1="${FRAME.bottom}" y2="${FRAME.bottom + 5}" stroke="#222"/>`,
    text(across(axis, value), FRAME.bottom + 20, words, 'text-anchor="middle"'),
  ]);
  return [
    ...marks,
    `<line x1="${FRAME.left}" x2="${FRAME.right}" y1="${FRAME.bottom}" y2="${FRAME.bottom}" stroke="#222"/>`,
    text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 44, axis.title, 'text-anchor="middle"'),
  ];
}

function drawn({ color, points, isDashed, marks }: Curve, x: Axis, y: Axis): string {
  const places = points.map((point) => [at(across(x, point.x)), at(up(y, point.y))] as const);
  const fill = marks === 'hollow' ? '#fff' : color;
  const circles = marks === undefined ? [] : places;
  const dashes = isDashed ? ' stroke-dasharray="5 4"' : '';
  const path = places.map(([left, top]) => `${left},${top}`).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dashes}/>`,
    ...circles.map(([left, top]) => `<circle cx="${left}" cy="${top}" r="4" fill="${fill}" stroke="${color}"/>`),
  ].join('\n');
}

function legendOf(entries: readonly LegendEntry[]): string[] {
  const left = FRAME.right + 20;
  let top = FRAME.top + 30;
  return entries.flatMap(({ color, lines }) => {
    const stroke =
      color === undefined
        ? []
        : [`<line x1="${left}" x2="${left + 28}" y1="${top - 4}" y2="${top - 4}" stroke="${color}" stroke-width="2"/>`];
    const indent = color === undefined ? 0 : 36;
    const words = lines.map((line, index) => text(left + indent, top + index * LINE_HEIGHT, line));
    top += lines.length * LINE_HEIGHT + LINE_HEIGHT;
    return [...stroke, ...words];
  });
}

function text(left: number, top: number, words: string, attributes = ''): string {
  return `<text x="${at(left)}" y="${at(top)}" ${attributes}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function at(pixels: number): string {
  return pixels.toFixed(1);
}
