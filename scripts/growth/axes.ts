/** Along what the load grows. */
import { type Load, PLAIN } from '../bench/plan.js';

const KIB = 1024;
const MIB = KIB * KIB;

/** One place on an axis. */
export interface Step {
  /** How far the axis has come here, e.g. `10 KiB`. */
  readonly label: string;
  readonly load: Load;
  /** Every one of the load's keys is there before it is measured; this many. */
  readonly keys: number;
}

export interface Axis {
  readonly name: AxisName;
  /** What grows, in words. */
  readonly title: string;
  readonly steps: readonly Step[];
}

export const AXIS_NAMES = ['keys', 'values', 'connections', 'pipelines'] as const;
export type AxisName = (typeof AXIS_NAMES)[number];

/** The figures of each axis, in its own unit: keys, bytes, connections, requests. */
const FIGURES: Readonly<Record<AxisName, readonly number[]>> = {
  keys: [1_000, 10_000, 50_000, 200_000, 1_000_000, 5_000_000],
  values: [100, KIB, 10 * KIB, 100 * KIB, MIB],
  connections: [1, 10, 50, 200, 1_000, 5_000],
  pipelines: [1, 4, 16, 64, 256],
};

/** How far the axes go where nothing else is asked for. */
export const MOST: Readonly<Record<AxisName, number>> = {
  keys: 1_000_000,
  values: MIB,
  connections: 5_000,
  pipelines: 256,
};

/** Keys of the axes that are not about their number. */
const KEYS = 100_000;
/** Long values have fewer keys, so that they fit memory all the same. */
const DATA_BYTES = 48 * MIB;

/**
 * The axis up to `most` (in its own unit), which is its last step where it lies between two of them; the first step is there
 * whatever `most` is.
 */
export function axisUpTo(name: AxisName, most: number): Axis {
  const [least = 0, ...others] = FIGURES[name];
  const figures = [least, ...others.filter((figure) => figure < most)];
  if (most > least) figures.push(most);
  return { ...MAKERS[name], name, steps: figures.map((figure) => MAKERS[name].step(figure)) };
}

const MAKERS: Readonly<Record<AxisName, { readonly title: string; readonly step: (figure: number) => Step }>> = {
  keys: {
    title: 'keys of 100 bytes',
    step: (keys) => stepOf(countText(keys), { keys }),
  },
  values: {
    title: 'bytes of a value',
    step: (valueBytes) =>
      stepOf(bytesText(valueBytes), { valueBytes, keys: Math.min(KEYS, Math.ceil(DATA_BYTES / valueBytes)) }),
  },
  connections: {
    title: 'connections',
    step: (connections) => stepOf(countText(connections), { connections }),
  },
  pipelines: {
    title: 'pipeline',
    step: (pipeline) => stepOf(countText(pipeline), { pipeline }),
  },
};

function stepOf(label: string, changes: Partial<Load>): Step {
  const load = { ...PLAIN, keys: KEYS, ...changes, name: label };
  return { label, load, keys: load.keys };
}

function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `100 B`, `10 KiB`, `1 MiB`. */
export function bytesText(bytes: number): string {
  if (bytes >= MIB) return `${shortened(bytes / MIB)} MiB`;
  return bytes >= KIB ? `${shortened(bytes / KIB)} KiB` : `${bytes} B`;
}

function shortened(figure: number): string {
  return String(Math.round(figure * 10) / 10);
}

/** So many requests a run has at least: some for each connection, but not more than 256 MiB of values. */
export function requestsMin({ connections, pipeline, valueBytes }: Load): number {
  const underWay = connections * pipeline;
  const wanted = Math.max(Math.min(20_000, 1_000 * underWay), 2 * underWay);
  return Math.max(200, Math.min(wanted, Math.floor((256 * MIB) / valueBytes)));
}
