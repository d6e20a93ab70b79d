/** A plot of curves over two axes, with a legend, as an SVG document. */
import {
  type Axis,
  across,
  at,
  DASHES,
  horizontalAxis,
  type LegendEntry,
  legendOf,
  sheetOf,
  up,
  verticalAxis,
} from './frame.js';

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
  return sheetOf(title, subtitle, [
    ...verticalAxis(y),
    ...horizontalAxis(x),
    ...curves.map((curve) => drawn(curve, x, y)),
    ...legendOf(legend),
  ]);
}

function drawn({ color, points, isDashed, marks }: Curve, x: Axis, y: Axis): string {
  const places = points.map((point) => [at(across(x, point.x)), at(up(y, point.y))] as const);
  const fill = marks === 'hollow' ? '#fff' : color;
  const circles = marks === undefined ? [] : places;
  const dashes = isDashed ? DASHES : '';
  const path = places.map(([left, top]) => `${left},${top}`).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dashes}/>`,
    ...circles.map(([left, top]) => `<circle cx="${left}" cy="${top}" r="4" fill="${fill}" stroke="${color}"/>`),
  ].join('\n');
}
