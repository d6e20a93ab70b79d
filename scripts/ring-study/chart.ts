/** The study as a drawing: efficiency over metadata, measured (lines) and as the paper's figure shows it (dashes). */
import type { Axis } from '../drawing/frame.js';
import { type Curve, svgOf } from '../drawing/plot.js';
import { FIGURE_8, NODES, PRIMARIES } from './paper.js';
import type { Point, Study } from './study.js';

/** The scale of the metadata is logarithmic; the paper's is not. */
const METADATA: Axis = {
  title: 'metadata at each node: entries of its table (logarithmic)',
  scale: 'logarithmic',
  low: 30,
  high: 40_000,
  marks: [30, 100, 300, 1_000, 3_000, 10_000, 30_000].map((value) => ({ value, words: value.toLocaleString('en') })),
};
const EFFICIENCY: Axis = {
  title: '',
  scale: 'linear',
  low: 0.4,
  high: 1,
  marks: [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((value) => ({ value, words: value.toFixed(1) })),
};

const STRATEGIES = [
  { color: '#b3541e', lines: ['1: random tokens', 'ranges between them'] },
  { color: '#5b6c7d', lines: ['2: random tokens', 'equal partitions'] },
  { color: '#0b6e4f', lines: ['3: Q/S tokens a node', 'as cartwheel claims'] },
] as const;

/** @returns an SVG document */
export function chartOf({ measured, seed, trials }: Study): string {
  const paper = STRATEGIES.map((_, k) =>
    FIGURE_8.map(({ tokensEach, efficiencies }) => ({
      metadata: NODES * tokensEach,
      efficiency: efficiencies[k] ?? 0,
    })),
  );
  return svgOf({
    title: `Load balancing efficiency, S = ${NODES}, N = ${PRIMARIES} (Dynamo, figure 8)`,
    subtitle: `mean load / load of the hottest node; strategies 1 and 2: mean of ${trials} rings, seed ${seed}`,
    x: METADATA,
    y: EFFICIENCY,
    curves: STRATEGIES.flatMap(({ color }, k) => [
      { ...curve(paper[k] ?? [], color), isDashed: true, marks: 'hollow' as const },
      { ...curve(measured[k] ?? [], color), marks: 'filled' as const },
    ]),
    legend: [
      ...STRATEGIES,
      { lines: ['filled: measured', "hollow, dashed: the paper's,", 'read off its figure (±0.01)'] },
    ],
  });
}

function curve(points: readonly Point[], color: string): Curve {
  return { color, points: points.map(({ metadata, efficiency }) => ({ x: metadata, y: efficiency })) };
}
