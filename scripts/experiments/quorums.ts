/** N, R and W against each other (Dynamo, sections 4.5 and 6): what reads and writes cost, and what a reader may miss. */
import { Redis } from 'ioredis';
import { textTable } from '../bench/text-table.js';
import { pause } from '../processes/wait.js';
import { barChart } from './chart.js';
import { type Ground, MeasuredCluster, type Quorum, quorumText } from './cluster.js';
import { Connections, Figures, msText, runLoad, Schedule } from './open-load.js';
import type { Plan } from './plan.js';
import { Dice, KEYS, keyAt, readOf, writeOf } from './requests.js';
import type { Result } from './result.js';

const NODES = 5;
const CONNECTIONS = 8;
/** How often it is looked whether another node reads what has just been acknowledged. */
const LOOK_MS = 5;
const QUORUMS: readonly (Quorum & { readonly use: string })[] = [
  { n: 3, r: 2, w: 2, use: 'usual' },
  { n: 3, r: 1, w: 3, use: 'read engine' },
  { n: 3, r: 1, w: 1, use: 'fastest' },
  { n: 5, r: 3, w: 3, use: 'more copies' },
];

class Outcome {
  readonly reads = new Figures();
  readonly writes = new Figures();
  /** Errors while one of the five nodes is down. */
  readonly alone = new Figures();
  looks = 0;
  stale = 0;

  constructor(readonly quorum: (typeof QUORUMS)[number]) {}
}

export async function quorums(ground: Ground, { seconds, rate }: Plan): Promise<Result> {
  const outcomes: Outcome[] = [];
  for (const quorum of QUORUMS) outcomes.push(await measure(ground, quorum, seconds, rate));
  const faults = outcomes
    .filter(({ quorum, stale }) => stale > 0 && quorum.r + quorum.w > quorum.n)
    .map(({ quorum, stale }) => `${quorumText(quorum)}: ${stale} reads missed a write that was acknowledged`);
  return { report: reportOf(outcomes, rate), svg: chartOf(outcomes), faults };
}

async function measure(
  ground: Ground,
  quorum: (typeof QUORUMS)[number],
  seconds: number,
  rate: number,
): Promise<Outcome> {
  const { n, r, w } = quorum;
  const cluster = await MeasuredCluster.start(ground, `quorums-${n}${r}${w}`, NODES, quorum, 'log');
  const staying = cluster.ports.slice(0, -1);
  const connections = await Connections.open(staying, CONNECTIONS);
  const outcome = new Outcome(quorum);
  const dice = new Dice(3);
  const load = (reads: Figures, writes: Figures, forSeconds: number): Promise<void> =>
    runLoad(connections, new Schedule(() => rate), forSeconds, () => {
      const key = keyAt(dice.below(KEYS));
      const isRead = dice.below(2) === 0;
      return {
        request: isRead ? readOf(key) : writeOf(key),
        port: dice.of(staying),
        figures: isRead ? reads : writes,
      };
    });
  const warmUp = new Figures();
  await load(warmUp, warmUp, Math.min(2, seconds));
  const stop = { asked: false };
  const looking = lookForStale(staying, outcome, stop);
  await load(outcome.reads, outcome.writes, seconds);
  stop.asked = true;
  await looking;
  await cluster.nodes.at(-1)?.kill();
  await load(outcome.alone, outcome.alone, seconds / 4);
  connections.close();
  await cluster.stop();
  return outcome;
}

/** Writes through one node, and reads through the next as soon as that is acknowledged. */
async function lookForStale(
  ports: readonly number[],
  outcome: Outcome,
  stop: { readonly asked: boolean },
): Promise<void> {
  const clients = ports.map((port) => new Redis({ port, lazyConnect: true }));
  await Promise.all(clients.map((client) => client.connect()));
  for (let look = 0; !stop.asked; look++) {
    const [writer, reader] = [clients[look % clients.length], clients[(look + 1) % clients.length]];
    await writer?.set(`looked:${look % 100}`, String(look));
    outcome.looks++;
    if ((await reader?.get(`looked:${look % 100}`)) !== String(look)) outcome.stale++;
    await pause(LOOK_MS);
  }
  for (const client of clients) client.disconnect();
}

function measured({ reads, writes }: Outcome): number[] {
  return [reads, writes].flatMap((figures) => [
    figures.averageMs,
    figures.percentileMs(99),
    figures.percentileMs(99.9),
  ]);
}

function reportOf(outcomes: readonly Outcome[], rate: number): string {
  const rows = outcomes.map((outcome) => [
    `${quorumText(outcome.quorum)} ${outcome.quorum.use}`,
    ...measured(outcome).map(msText),
    `${outcome.stale} of ${outcome.looks}`,
    `${outcome.alone.errors} of ${outcome.alone.latencies.totalCount}`,
  ]);
  return [
    `N, R and W: ${NODES} nodes, ${rate} requests a second in an open loop, half reads, through four of them. Latencies in ms. "Missed": reads through`,
    'another node that did not see a write although it had been acknowledged. "Errors": with the fifth node killed.',
    '',
    textTable(['(N,R,W)', 'read', 'p99', 'p99.9', 'write', 'p99', 'p99.9', 'missed', 'errors'], rows),
    '',
    'With R = 1 a primary reads without asking anybody, and with W = N it waits for the slowest. Where R + W > N no read may miss an',
    'acknowledged write, else the command fails. The paper names (3,2,2) as the usual choice, and R = 1 with W = N for services',
    'that read much and write little ("read engine", section 6); it has no figures for the others.',
  ].join('\n');
}

function chartOf(outcomes: readonly Outcome[]): string {
  const titles = {
    title: 'What N, R and W cost',
    subtitle: `${NODES} nodes of one machine, half reads, half writes`,
    across: '',
    up: 'ms (logarithmic)',
  };
  const groups = ['read average', 'read p99', 'read p99.9', 'write average', 'write p99', 'write p99.9'];
  const series = outcomes.map((outcome) => ({
    name: `${quorumText(outcome.quorum)} ${outcome.quorum.use}`,
    values: measured(outcome),
  }));
  return barChart(titles, groups, series);
}
