/** What every drawing has, as parts of an SVG document: a sheet with titles, a frame with axes, and a legend. */

const WIDTH = 860;
const HEIGHT = 520;
/** Where the axes stand; what is right of them is the legend's. */
export const FRAME = { left: 70, right: 610, top: 60, bottom: 450 };
const TITLE_TOP = 24;
const LINE_HEIGHT = 18;
/** Of a stroke that is dashed. */
export const DASHES = ' stroke-dasharray="5 4"';
const COLORS = ['#0b6e4f', '#b3541e', '#5b6c7d', '#7a4fa3', '#c29a1b', '#3b5bb5'] as const;

export interface Axis {
  readonly title: string;
  readonly scale: 'linear' | 'logarithmic';
  readonly low: number;
  readonly high: number;
  readonly marks: readonly { readonly value: number; readonly words: string }[];
}

/** An entry of the legend: the first line stands beside a stroke of the color, where there is one. */
export interface LegendEntry {
  readonly color?: string;
  readonly lines: readonly string[];
  readonly isDashed?: boolean;
}

/** The color of what is drawn as the one in that place, from 0. */
export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '#222';
}

/** The document with all its parts. */
export function sheetOf(title: string, subtitle: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">`,
    // For those who hear it read.
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(FRAME.left, TITLE_TOP, title, 'font-size="16"'),
    text(FRAME.left, TITLE_TOP + 20, subtitle),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** A logarithmic axis of whole decades around what there is, one at the least. */
export function decadesAxis(title: string, lowest: number, highest: number): Axis {
  const first = Number.isFinite(lowest) ? Math.floor(Math.log10(lowest)) : -1;
  const last = Math.max(first + 1, Number.isFinite(highest) ? Math.ceil(Math.log10(highest)) : 1);
  const marks = Array.from({ length: last - first + 1 }, (_, k) => {
    const value = 10 ** (first + k);
    return { value, words: value.toFixed(Math.max(0, -(first + k))) };
  });
  return { title, scale: 'logarithmic', low: 10 ** first, high: 10 ** last, marks };
}

/** Where `value` lies between the ends of the axis: 0 to 1. */
export function shareOf({ scale, low, high }: Axis, value: number): number {
  const share =
    scale === 'linear' ? (value - low) / (high - low) : Math.log(Math.max(value, low) / low) / Math.log(high / low);
  return Math.min(1, Math.max(0, share));
}

/** Where it lies on the sheet, on the horizontal axis. */
export function across(axis: Axis, value: number): number {
  return FRAME.left + shareOf(axis, value) * (FRAME.right - FRAME.left);
}

/** The same on the vertical one. */
export function up(axis: Axis, value: number): number {
  return FRAME.bottom - shareOf(axis, value) * (FRAME.bottom - FRAME.top);
}

export function verticalAxis(axis: Axis): string[] {
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

export function horizontalAxis(axis: Axis): string[] {
  const marks = axis.marks.flatMap(({ value, words }) => [
    `<line x1="${at(across(axis, value))}" x2="${at(across(axis, value))}" y1="${FRAME.bottom}" y2="${FRAME.bottom + 5}" stroke="#222"/>`,
    text(across(axis, value), FRAME.bottom + 20, words, 'text-anchor="middle"'),
  ]);
  return [...marks, ...baseline(axis.title)];
}

/** What stands at the bottom of the frame, with its title below. */
export function baseline(title: string): string[] {
  return [
    `<line x1="${FRAME.left}" x2="${FRAME.right}" y1="${FRAME.bottom}" y2="${FRAME.bottom}" stroke="#222"/>`,
    text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 44, title, 'text-anchor="middle"'),
  ];
}

export function legendOf(entries: readonly LegendEntry[]): string[] {
  const left = FRAME.right + 20;
  let top = FRAME.top + 30;
  return entries.flatMap(({ color, lines, isDashed }) => {
    const dashes = isDashed === true ? DASHES : '';
    const stroke =
      color === undefined
        ? []
        : [
            `<line x1="${left}" x2="${left + 28}" y1="${top - 4}" y2="${top - 4}" stroke="${color}" stroke-width="2"${dashes}/>`,
          ];
    const indent = color === undefined ? 0 : 36;
    const words = lines.map((line, index) => text(left + indent, top + index * LINE_HEIGHT, line));
    top += lines.length * LINE_HEIGHT + LINE_HEIGHT;
    return [...stroke, ...words];
  });
}

export function text(left: number, top: number, words: string, attributes = ''): string {
  return `<text x="${at(left)}" y="${at(top)}" ${attributes}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** A length in pixels, as SVG has it. */
export function at(pixels: number): string {
  return pixels.toFixed(1);
}
