/** How many versions reads see (Dynamo, section 6.3): clients read carts, merge them, and write them with their context. */
import { Redis } from 'ioredis';
import { textTable } from '../bench/text-table.js';
import { pause } from '../processes/wait.js';
import { addItem, readCart } from './cart.js';
import { barChart } from './chart.js';
import { type Ground, MeasuredCluster, quorumText } from './cluster.js';
import type { Plan } from './plan.js';
import { Dice } from './requests.js';
import type { Result } from './result.js';

const NODES = 3;
const QUORUM = { n: 3, r: 2, w: 2 };
const CLIENTS = 24;
/** One turn in so many the client thinks for a while between its read and its write. */
const THINKS_ONE_IN = 10;
const THINK_MS = 50;
/** Reads that saw one, two, three, and four or more versions, in per cent. */
const PAPER = [99.94, 0.00057, 0.00047, 0.00009] as const;
const CLASSES = ['one', 'two', 'three', 'four or more'] as const;

interface Setting {
  readonly name: string;
  readonly carts: number;
  /** One turn in so many goes to the cart of another client; undefined: all clients use all carts. */
  readonly foreignOneIn: number | undefined;
}

const SETTINGS: readonly Setting[] = [
  { name: 'own carts', carts: 1_200, foreignOneIn: 500 },
  { name: 'shared carts', carts: 100, foreignOneIn: undefined },
];

interface Outcome {
  readonly name: string;
  /** Reads by how many versions they saw: 0 to 4, and more as 4. */
  readonly seen: number[];
  readonly written: Map<string, string[]>;
  failed: number;
  lost: number;
}

export async function versions(ground: Ground, { seconds, rate }: Plan): Promise<Result> {
  const cluster = await MeasuredCluster.start(ground, 'versions', NODES, QUORUM);
  const clients = cluster.ports.map((port) => new Redis({ port, lazyConnect: true }));
  await Promise.all(clients.map((client) => client.connect()));
  const outcomes: Outcome[] = [];
  for (const setting of SETTINGS) outcomes.push(await shop(clients, setting, seconds, rate));
  for (const client of clients) client.disconnect();
  await cluster.stop();
  const faults = outcomes.flatMap(({ name, lost }) =>
    lost > 0 ? [`${name}: ${lost} items that were written are gone`] : [],
  );
  return { report: reportOf(outcomes), svg: chartOf(outcomes), faults };
}

/** Lets clients shop for a while, and then looks for every item whose write was acknowledged. */
async function shop(clients: readonly Redis[], setting: Setting, seconds: number, rate: number): Promise<Outcome> {
  const outcome: Outcome = { name: setting.name, seen: [0, 0, 0, 0, 0], written: new Map(), failed: 0, lost: 0 };
  // A turn is a read and a write.
  const paceMs = (CLIENTS * 2 * 1000) / rate;
  const endMs = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const dice = new Dice(1 + client * 7919);
      for (let turn = 0; performance.now() < endMs; turn++) {
        const startMs = performance.now();
        await takeTurn(clients, `${setting.name}:${cartOf(setting, client, dice)}`, `${client}.${turn}`, dice, outcome);
        await pause(Math.max(0, startMs + paceMs - performance.now()));
      }
    }),
  );
  const [first] = clients;
  for (const [key, items] of outcome.written) {
    const held = first === undefined ? undefined : (await readCart(first, key)).items;
    outcome.lost += items.filter((item) => held?.has(item) !== true).length;
  }
  return outcome;
}

function cartOf({ carts, foreignOneIn }: Setting, client: number, dice: Dice): number {
  const any = dice.below(carts);
  if (foreignOneIn === undefined || dice.below(foreignOneIn) === 0) return any;
  return any - (any % CLIENTS) + client;
}

/** Reads through one node, and writes through another. */
async function takeTurn(
  clients: readonly Redis[],
  key: string,
  item: string,
  dice: Dice,
  outcome: Outcome,
): Promise<void> {
  try {
    const seen = await readCart(dice.of(clients), key);
    const count = Math.min(seen.versions, 4);
    outcome.seen[count] = (outcome.seen[count] ?? 0) + 1;
    if (dice.below(THINKS_ONE_IN) === 0) await pause(dice.below(THINK_MS));
    await addItem(dice.of(clients), key, seen, item);
    const written = outcome.written.get(key) ?? [];
    outcome.written.set(key, written);
    written.push(item);
  } catch {
    outcome.failed++;
  }
}

/** Of the reads that saw any version, how many per cent saw one, two, three, and more. */
export function shares(seen: readonly number[]): number[] {
  const found = seen.slice(1);
  const all = found.reduce((sum, count) => sum + count, 0);
  return found.map((count) => (all === 0 ? 0 : (count * 100) / all));
}

function reportOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, seen, written, failed, lost }) => [
    name,
    ...shares(seen).map((share) => `${share.toPrecision(4)} %`),
    String([...written.values()].reduce((sum, items) => sum + items.length, 0)),
    String(failed),
    String(lost),
  ]);
  const paper = ['paper', ...PAPER.map((share) => `${share} %`), '', '', ''];
  return [
    `Versions seen by reads: ${NODES} nodes, ${quorumText(QUORUM)}, ${CLIENTS} clients. Each reads a cart through one node, merges its versions, adds an`,
    `item and writes it with the context through another; one turn in ${THINKS_ONE_IN} it thinks for up to ${THINK_MS} ms between the two.`,
    'Own carts: one turn in 500 goes to the cart of somebody else. Shared carts: all clients fill the same 100.',
    '',
    textTable(['reads that saw', ...CLASSES, 'items', 'failed', 'lost'], [...rows, paper]),
    '',
    "Versions come from concurrent writers alone: nothing fails here. The paper's figures are of the shopping cart in 24 hours; it finds",
    'that more versions come from more concurrent writers, mostly robots, and not from failures. Nothing that was written is lost.',
  ].join('\n');
}

function chartOf(outcomes: readonly Outcome[]): string {
  const titles = {
    title: 'Versions seen by reads (Dynamo, section 6.3)',
    subtitle: `${NODES} nodes, ${quorumText(QUORUM)}, ${CLIENTS} concurrent writers; hollow: the paper's`,
    across: 'versions',
    up: '% of reads (logarithmic)',
  };
  const series = outcomes.map(({ name, seen }) => ({
    name,
    values: shares(seen).map((share) => (share === 0 ? undefined : share)),
  }));
  return barChart(titles, CLASSES, [...series, { name: 'paper', values: PAPER, isDashed: true }]);
}
