/** Dynamo's figure 5: writes into the object buffer against writes into the store itself, p99.9 over time under bursts. */
import { textTable } from '../bench/text-table.js';
import { lineChart } from './chart.js';
import { type Ground, MeasuredCluster, quorumText } from './cluster.js';
import { Clients, Figures, msText, runLoad, SHOWN_HEADER } from './open-load.js';
import type { Plan } from './plan.js';
import { Dice, KEYS, keyAt, writeOf } from './requests.js';
import type { Result } from './result.js';

const NODES = 3;
const QUORUM = { n: 3, r: 2, w: 2 };
const CONNECTIONS = 8;
const WINDOW_S = 0.5;
/** A burst in the second half of each such period. */
const PERIOD_S = 2;
const BURST_TIMES = 3;
const DURABILITIES = [
  { durability: 'buffer', name: 'object buffer' },
  { durability: 'log', name: 'log of the store' },
  { durability: 'fsync-one', name: 'one of N synced' },
] as const;

interface Line {
  readonly name: string;
  readonly all: Figures;
  readonly windows: readonly Figures[];
}

/** Requests a second, so many seconds in, where `rate` is the mean. */
export function burstyRate(rate: number, seconds: number): number {
  const usual = (rate * 2) / (1 + BURST_TIMES);
  return seconds % PERIOD_S < PERIOD_S / 2 ? usual : usual * BURST_TIMES;
}

export async function figure5(ground: Ground, { seconds, rate }: Plan): Promise<Result> {
  const lines: Line[] = [];
  const keyspaces = DURABILITIES.flatMap(({ durability }) => ['--keyspace', `${durability}: durability=${durability}`]);
  const cluster = await MeasuredCluster.start(ground, 'figure5', NODES, QUORUM, keyspaces);
  const clients = await Clients.open(cluster.ports, CONNECTIONS);
  for (const { durability, name } of DURABILITIES) {
    const dice = new Dice(5);
    const all = new Figures();
    const windows = Array.from({ length: Math.ceil(seconds / WINDOW_S) }, () => new Figures());
    const write = (figures: Figures) => ({
      request: writeOf(keyAt(dice.below(KEYS), `${durability}:`)),
      port: dice.of(cluster.ports),
      figures,
    });
    const warmUp = new Figures();
    await runLoad(clients, rate, Math.min(2, seconds), () => write(warmUp));
    const burstyAt = (secondsIn: number) => burstyRate(rate, secondsIn);
    await runLoad(clients, burstyAt, seconds, (secondsIn) => write(windows[Math.floor(secondsIn / WINDOW_S)] ?? all));
    for (const window of windows) {
      all.latencies.add(window.latencies);
      all.errors += window.errors;
    }
    lines.push({ name, all, windows });
  }
  clients.close();
  await cluster.stop();
  return { report: reportOf(lines, rate), svg: chartOf(lines, rate), faults: [] };
}

function reportOf(lines: readonly Line[], rate: number): string {
  const rows = lines.map(({ name, all, windows }) => [
    name,
    ...all.cells,
    msText(worst(windows)),
    String(all.latencies.totalCount),
    String(all.errors),
  ]);
  return [
    `Figure 5: ${NODES} nodes, ${quorumText(QUORUM)}, writes only, in an open loop: ${rate} a second on average, each second one`,
    `${BURST_TIMES} times as many as the one before. Latencies in ms; "peak" is the p99.9 of the worst ${WINDOW_S} s.`,
    '',
    textTable(['writes go to', ...SHOWN_HEADER, 'peak', 'writes', 'errors'], rows),
    '',
    `p99.9 with the buffer: ${ratioText(lines, 1)} of that with the log, ${ratioText(lines, 2)} of that with one synced copy.`,
    'Paper (figure 5): a buffer of 1,000 objects lowers the p99.9 of writes by a factor of 5 at peak, by its text; its plot shows 2',
    'to 3. Its other line writes directly to disk; here that is the last row, where one of the N copies is synced.',
  ].join('\n');
}

function ratioText(lines: readonly Line[], other: number): string {
  const [buffer] = lines;
  const against = lines[other];
  if (buffer === undefined || against === undefined) return '?';
  return (buffer.all.percentileMs(99.9) / against.all.percentileMs(99.9)).toFixed(2);
}

function worst(windows: readonly Figures[]): number {
  return Math.max(...windows.map((window) => window.percentileMs(99.9)));
}

function chartOf(lines: readonly Line[], rate: number): string {
  const titles = {
    title: 'p99.9 of writes: object buffer and direct writes (Dynamo, figure 5)',
    subtitle: `${NODES} nodes, ${quorumText(QUORUM)}; ${rate} writes a second on average, in bursts of a second`,
    across: 'seconds',
    up: 'ms (logarithmic)',
  };
  const times = lines[0]?.windows.map((_, i) => (i + 1) * WINDOW_S) ?? [];
  const series = lines.map(({ name, windows }) => ({
    name,
    values: windows.map((window) => (window.latencies.totalCount === 0 ? undefined : window.percentileMs(99.9))),
  }));
  return lineChart(titles, times, series);
}
