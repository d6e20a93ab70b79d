/** How news spreads in clusters of the real membership code, alone: no wire, no data. */
import test from 'ava';
import { GossipNet } from '../unit/membership/gossip-net.js';
import { memberAt } from '../unit/membership/histories.js';
import { BUSY_MS } from './busy.js';

const NODES = 100;
const SEEDS = 6;
const ROUND_MS = 1_000;
const ROUNDS_MAX = 15;
const REST_ROUNDS = 10;

/** Other members draw otherwise: `seed` says which they are. */
async function founded(nodes: number, seed: number): Promise<GossipNet> {
  const net = new GossipNet();
  const members = Array.from({ length: nodes }, (_, k) => memberAt(seed * NODES + k + 1, { zone: `zone ${k % 3}` }));
  for (const member of members) await net.add(member).start({ founders: members });
  await net.agree(120_000);
  return net;
}

/** The first node leaves: how many nodes know, by round. */
async function curveOf(seed: number): Promise<number[]> {
  const net = await founded(NODES, seed);
  const [first] = net.nodes;
  if (first === undefined) throw new Error('a net needs a node');
  await net.timers.until(first.open.leave());
  const curve: number[] = [];
  while (curve.length < ROUNDS_MAX && (curve.at(-1) ?? 0) < NODES) {
    await net.timers.advance(ROUND_MS);
    curve.push(net.nodes.filter(({ open }) => open.members().every(({ id }) => id !== first.id)).length);
  }
  await net.stop();
  return curve;
}

test.serial('a hundred nodes agree within fifteen rounds of a change, whatever the seed', async (t) => {
  t.timeout(BUSY_MS);
  const curves: number[][] = [];
  for (let seed = 1; seed <= SEEDS; seed++) curves.push(await curveOf(seed));
  const rounds = Math.max(...curves.map((curve) => curve.length));
  for (let round = 0; round < rounds; round++) {
    const known = curves.map((curve) => curve[round] ?? NODES);
    const mean = known.reduce((sum, count) => sum + count, 0) / SEEDS;
    t.log(`round ${round + 1}: ${Math.round(mean)} % of the nodes know, in the slowest run ${Math.min(...known)} %`);
  }
  t.true(curves.every((curve) => curve.at(-1) === NODES));
});

test.serial('what a node at rest sends does not grow with the cluster', async (t) => {
  t.timeout(BUSY_MS);
  const bytes: number[] = [];
  for (const nodes of [10, 100]) {
    const net = await founded(nodes, 1);
    await net.timers.advance(5 * ROUND_MS);
    net.bytes = 0;
    await net.timers.advance(REST_ROUNDS * ROUND_MS);
    const each = net.bytes / nodes / REST_ROUNDS;
    t.log(`${nodes} nodes: ${each.toFixed(1)} bytes a node and round`);
    bytes.push(each);
    await net.stop();
  }
  const [small = 0, large = 0] = bytes;
  t.true(large < 1.1 * small && small > 0);
});
