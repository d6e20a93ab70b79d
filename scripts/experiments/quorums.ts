/** N, R and W against each other (Dynamo, sections 4.5 and 6): what reads and writes cost, and what a reader may miss. */
import { Redis } from 'ioredis';
import { textTable } from '../bench/text-table.js';
import { pause } from '../processes/wait.js';
import { barChart } from './chart.js';
import { type Ground, MeasuredCluster, type Quorum, quorumText } from './cluster.js';
import { Clients, Figures, msText, runLoad } from './open-load.js';
import type { Plan } from './plan.js';
import { Dice, KEYS, keyAt, readOf, writeOf } from './requests.js';
import type { Result } from './result.js';

const NODES = 5;
const CONNECTIONS = 8;
/** How often it is looked whether another node reads what has just been acknowledged. */
const LOOK_MS = 5;
const QUORUMS = [
  { n: 3, r: 2, w: 2, use: 'usual' },
  { n: 3, r: 1, w: 3, use: 'read engine' },
  { n: 3, r: 1, w: 1, use: 'fastest' },
  { n: 5, r: 3, w: 3, use: 'more copies' },
] as const;

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
  const outcomes = QUORUMS.map((quorum) => new Outcome(quorum));
  const keyspaces = QUORUMS.flatMap(({ n, r, w }) => ['--keyspace', `${prefixOf({ n, r, w })} n=${n} r=${r} w=${w}`]);
  const cluster = await MeasuredCluster.start(ground, 'quorums', NODES, { n: 3, r: 2, w: 2 }, keyspaces);
  const staying = cluster.ports.slice(0, -1);
  const clients = await Clients.open(staying, CONNECTIONS);
  const dice = new Dice(3);
  let turn = 0;
  // The keyspaces take turns, so that what else the machine does meets all of them.
  const load = (forSeconds: number, figuresOf: (outcome: Outcome, isRead: boolean) => Figures): Promise<void> =>
    runLoad(clients, rate, forSeconds, () => {
      const outcome = outcomes[turn++ % outcomes.length] ?? new Outcome(QUORUMS[0]);
      const key = keyAt(dice.below(KEYS), prefixOf(outcome.quorum));
      const isRead = dice.below(2) === 0;
      return {
        request: isRead ? readOf(key) : writeOf(key),
        port: dice.of(staying),
        figures: figuresOf(outcome, isRead),
      };
    });
  const warmUp = new Figures();
  await load(Math.min(2, seconds), () => warmUp);
  const stop = { asked: false };
  const looking = lookForStale(staying, outcomes, stop);
  await load(seconds * 2, ({ reads, writes }, isRead) => (isRead ? reads : writes));
  stop.asked = true;
  await looking;
  await cluster.nodes.at(-1)?.kill();
  await load(seconds / 2, ({ alone }) => alone);
  clients.close();
  await cluster.stop();
  const faults = outcomes
    .filter(({ quorum, stale }) => stale > 0 && quorum.r + quorum.w > quorum.n)
    .map(({ quorum, stale }) => `${quorumText(quorum)}: ${stale} reads missed a write that was acknowledged`);
  return { report: reportOf(outcomes, rate), svg: chartOf(outcomes), faults };
}

/** The keyspace that has these N, R and W. */
function prefixOf({ n, r, w }: Quorum): string {
  return `n${n}r${r}w${w}:`;
}

/** Writes through one node, and reads through the next as soon as that is acknowledged. */
async function lookForStale(
  ports: readonly number[],
  outcomes: readonly Outcome[],
  stop: { readonly asked: boolean },
): Promise<void> {
  const clients = ports.map((port) => new Redis({ port, lazyConnect: true }));
  await Promise.all(clients.map((client) => client.connect()));
  for (let look = 0; !stop.asked; look++) {
    const [writer, reader] = [clients[look % clients.length], clients[(look + 1) % clients.length]];
    for (const outcome of outcomes) {
      const key = `${prefixOf(outcome.quorum)}looked:${look % 100}`;
      await writer?.set(key, String(look));
      outcome.looks++;
      if ((await reader?.get(key)) !== String(look)) outcome.stale++;
    }
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
    `N, R and W: ${NODES} nodes, a keyspace for each row; ${rate} requests a second in all in an open loop, half reads, through four of`,
    'them. Latencies in ms. "Missed": reads through another node that did not see a write although it had been acknowledged.',
    '"Errors": with the fifth node killed.',
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
