/** The study as a drawing: efficiency over metadata, measured (lines) and as the paper's figure shows it (dashes). */
import { FIGURE_8, NODES, PRIMARIES } from './paper.js';
import type { Point, Study } from './study.js';

const WIDTH = 860;
const HEIGHT = 520;
const PLOT = { left: 70, right: 610, top: 60, bottom: 450 };
/** The scale of the metadata is logarithmic; the paper's is not. */
const METADATA = { low: 30, high: 40_000 };
const EFFICIENCY = { low: 0.4, high: 1 };
const METADATA_MARKS = [30, 100, 300, 1_000, 3_000, 10_000, 30_000];
const EFFICIENCY_MARKS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

const STRATEGIES = [
  { color: '#b3541e', name: '1: random tokens, ranges between them' },
  { color: '#5b6c7d', name: '2: random tokens, equal partitions' },
  { color: '#0b6e4f', name: '3: Q/S tokens a node, as cartwheel claims' },
] as const;

/** @returns an SVG document */
export function chartOf({ measured, seed, trials }: Study): string {
  const paper = STRATEGIES.map((_, k) =>
    FIGURE_8.map(({ tokensEach, efficiencies }) => ({
      metadata: NODES * tokensEach,
      efficiency: efficiencies[k] ?? 0,
    })),
  );
  const curves = STRATEGIES.flatMap(({ color }, k) => [
    curve(paper[k] ?? [], color, true),
    curve(measured[k] ?? [], color, false),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(
      PLOT.left,
      24,
      `Load balancing efficiency, S = ${NODES}, N = ${PRIMARIES} (Dynamo, figure 8)`,
      'font-size="16"',
    ),
    text(
      PLOT.left,
      44,
      `mean load / load of the hottest node; strategies 1 and 2: mean of ${trials} rings, seed ${seed}`,
    ),
    ...axes(),
    ...curves,
    ...legend(),
    '</svg>',
    '',
  ].join('\n');
}

function x(metadata: number): number {
  const share = Math.log(metadata / METADATA.low) / Math.log(METADATA.high / METADATA.low);
  return PLOT.left + share * (PLOT.right - PLOT.left);
}

function y(efficiency: number): number {
  const share = (efficiency - EFFICIENCY.low) / (EFFICIENCY.high - EFFICIENCY.low);
  return PLOT.bottom - share * (PLOT.bottom - PLOT.top);
}

function axes(): string[] {
  const lines = EFFICIENCY_MARKS.flatMap((mark) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${at(y(mark))}" y2="${at(y(mark))}" stroke="#e2e2e2"/>`,
    text(PLOT.left - 8, y(mark) + 4, mark.toFixed(1), 'text-anchor="end"'),
  ]);
  const marks = METADATA_MARKS.flatMap((mark) => [
    `<line x1="${at(x(mark))}" x2="${at(x(mark))}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 5}" stroke="#222"/>`,
    text(x(mark), PLOT.bottom + 20, mark.toLocaleString('en'), 'text-anchor="middle"'),
  ]);
  const title = 'metadata at each node: entries of its table (logarithmic)';
  return [
    ...lines,
    ...marks,
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}" stroke="#222"/>`,
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 44, title, 'text-anchor="middle"'),
  ];
}

function curve(points: readonly Point[], color: string, isPaper: boolean): string {
  const path = points.map(({ metadata, efficiency }) => `${at(x(metadata))},${at(y(efficiency))}`).join(' ');
  const marks = points.map(
    ({ metadata, efficiency }) =>
      `<circle cx="${at(x(metadata))}" cy="${at(y(efficiency))}" r="4" fill="${isPaper ? '#fff' : color}" stroke="${color}"/>`,
  );
  const dashes = isPaper ? ' stroke-dasharray="5 4"' : '';
  return [`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dashes}/>`, ...marks].join('\n');
}

function legend(): string[] {
  const left = PLOT.right + 20;
  const rows = STRATEGIES.flatMap(({ color, name }, k) => {
    const [head = '', ...rest] = name.split(', ');
    const top = PLOT.top + 30 + k * 54;
    return [
      `<line x1="${left}" x2="${left + 28}" y1="${top - 4}" y2="${top - 4}" stroke="${color}" stroke-width="2"/>`,
      text(left + 36, top, head),
      ...rest.map((part) => text(left + 36, top + 17, part)),
    ];
  });
  const foot = PLOT.top + 30 + STRATEGIES.length * 54;
  return [
    ...rows,
    text(left, foot, 'filled: measured'),
    text(left, foot + 18, "hollow, dashed: the paper's,"),
    text(left, foot + 36, 'read off its figure (±0.01)'),
  ];
}

function text(left: number, top: number, words: string, attributes = ''): string {
  return `<text x="${at(left)}" y="${at(top)}" ${attributes}>${words}</text>`;
}

function at(pixels: number): string {
  return pixels.toFixed(1);
}
