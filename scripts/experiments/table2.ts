/** Dynamo's table 2: a client that knows the ring and asks a primary itself, against one that asks any node. */
import slotOfKey from 'cluster-key-slot';
import { textTable } from '../bench/text-table.js';
import { ask } from '../processes/ask.js';
import { barChart } from './chart.js';
import { type Ground, MeasuredCluster, quorumText } from './cluster.js';
import { Clients, Figures, msText, runLoad } from './open-load.js';
import type { Plan } from './plan.js';
import { Dice, KEYS, keyAt, readOf, writeOf } from './requests.js';
import type { Result } from './result.js';

/** More than N: a node that a client happens to ask often has no copy of the key. */
const NODES = 5;
const QUORUM = { n: 3, r: 2, w: 2 };
const CONNECTIONS = 8;
/** The two ways take turns, so that what else the machine does meets both. */
const TURN_S = 0.5;

interface Way {
  readonly name: string;
  readonly reads: Figures;
  readonly writes: Figures;
  /** In ms, of the paper: p99.9 of reads and writes, averages of reads and writes. */
  readonly paper: readonly [number, number, number, number];
}

export async function table2(ground: Ground, { seconds, rate }: Plan): Promise<Result> {
  const cluster = await MeasuredCluster.start(ground, 'table2', NODES, QUORUM);
  const masters = await mastersOf(cluster.ports[0] ?? 0);
  const clients = await Clients.open(cluster.ports, CONNECTIONS);
  const dice = new Dice(2);
  const server: Way = {
    name: 'server-driven',
    reads: new Figures(),
    writes: new Figures(),
    paper: [68.9, 68.5, 3.9, 4.02],
  };
  const client: Way = {
    name: 'client-driven',
    reads: new Figures(),
    writes: new Figures(),
    paper: [30.4, 30.4, 1.55, 1.9],
  };
  const next = (way: Way) => {
    const key = keyAt(dice.below(KEYS));
    const isRead = dice.below(2) === 0;
    const request = isRead ? readOf(key) : writeOf(key);
    const any = dice.of(cluster.ports);
    const port = way === client ? (masters[slotOfKey(key)] ?? any) : any;
    return { request, port, figures: isRead ? way.reads : way.writes };
  };
  const warmUp: Way = { ...server, reads: new Figures(), writes: new Figures() };
  await runLoad(clients, rate, Math.min(2, seconds), () => next(warmUp));
  await runLoad(clients, rate, seconds * 2, (secondsIn) =>
    next(Math.floor(secondsIn / TURN_S) % 2 === 0 ? server : client),
  );
  clients.close();
  await cluster.stop();
  return { report: reportOf([server, client], rate), svg: chartOf([server, client]), faults: [] };
}

/** By slot: the port of the node that `CLUSTER SLOTS` calls its master. */
async function mastersOf(port: number): Promise<number[]> {
  const masters: number[] = [];
  for (const range of (await ask(port, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][]) {
    const [first, last, [, master]] = range;
    for (let slot = first; slot <= last; slot++) masters[slot] = master;
  }
  return masters;
}

function reportOf(ways: readonly Way[], rate: number): string {
  const rows = ways.flatMap(({ name, reads, writes, paper }) => [
    [name, ...measured(reads, writes).map(msText), String(reads.errors + writes.errors)],
    ['  paper', ...paper.map(String), ''],
  ]);
  const share = Math.round((1 - QUORUM.n / NODES) * 100);
  return [
    `Table 2: ${NODES} nodes, ${quorumText(QUORUM)}, ${rate} requests a second in an open loop, half reads. Server-driven: any node is asked,`,
    `and forwards the ${share} % of the requests whose key it has no copy of. Client-driven: the client has asked for CLUSTER SLOTS,`,
    'and sends each request to the first primary of its key. Latencies in ms.',
    '',
    textTable(['', 'p99.9 reads', 'p99.9 writes', 'average reads', 'average writes', 'errors'], rows),
    '',
    "The paper's server-driven clients pass a load balancer besides, and its nodes stand in several data centres: a hop that is saved",
    'is worth more there than on one machine.',
  ].join('\n');
}

function measured(reads: Figures, writes: Figures): number[] {
  return [reads.percentileMs(99.9), writes.percentileMs(99.9), reads.averageMs, writes.averageMs];
}

function chartOf(ways: readonly Way[]): string {
  const titles = {
    title: 'Client-driven and server-driven coordination (Dynamo, table 2)',
    subtitle: `${NODES} nodes, ${quorumText(QUORUM)}; hollow: the paper's`,
    across: '',
    up: 'ms (logarithmic)',
  };
  const series = ways.flatMap(({ name, reads, writes, paper }) => [
    { name, values: measured(reads, writes) },
    { name: `${name}, paper`, values: paper, isDashed: true },
  ]);
  return barChart(titles, ['p99.9 reads', 'p99.9 writes', 'average reads', 'average writes'], series);
}
