import test from 'ava';
import { Partners } from '../../../cluster/membership/gossip.js';
import { Prng } from '../../simulation/prng.js';
import type { GossipNode } from './gossip-net.js';
import { GossipNet } from './gossip-net.js';
import { memberAt } from './histories.js';

const ROUND_MS = 1000;

test('a hundred nodes agree within fifteen rounds of a change, and then say little', async (t) => {
  const net = new GossipNet();
  const members = Array.from({ length: 100 }, (_, k) => memberAt(k + 1, { zone: `zone ${k % 3}` }));
  for (const member of members) await net.add(member).start({ founders: members });
  await net.agree(120_000);
  const [first] = net.nodes;
  await net.timers.until(first?.open.leave() ?? Promise.resolve(''));
  const curve: number[] = [];
  while (!net.agrees()) {
    await net.timers.advance(ROUND_MS);
    curve.push(net.nodes.filter(({ open }) => open.nodes() !== undefined && knowsOfLeave(open, first)).length);
    if (curve.length > 15) break;
  }
  t.log(`nodes that know of the change, round by round: ${curve.join(' ')}`);
  t.true(curve.length <= 15);
  await net.timers.advance(3000);
  net.bytes = 0;
  await net.timers.advance(10_000);
  t.log(`bytes a second and node while nothing happens: ${net.bytes / 100 / 10}`);
  t.true(net.bytes / 100 / 10 < 200);
  await net.stop();
});

function knowsOfLeave(open: GossipNode['open'], first: GossipNode | undefined): boolean {
  return open.members().every(({ id }) => id !== first?.id);
}

test('most partners are of the own zone, and some are not', (t) => {
  const nodes = Array.from({ length: 10 }, (_, k) => memberAt(k + 1, { zone: k < 5 ? 'east' : 'west' }));
  const [self] = nodes;
  if (self === undefined) return t.fail();
  const random = new Prng(1);
  const counts = new Map<string, number>();
  for (let k = 0; k < 1000; k++) {
    const chosen = new Partners(random).choose(self, nodes, () => true);
    const partner = nodes.find(({ id }) => id === chosen);
    counts.set(partner?.zone ?? '', (counts.get(partner?.zone ?? '') ?? 0) + 1);
    t.not(partner, self);
  }
  t.true((counts.get('east') ?? 0) > 600 && (counts.get('west') ?? 0) > 200);
  t.is(
    new Partners(random).choose(self, [self], () => true),
    undefined,
  );
  t.is(
    new Partners(random).choose(self, nodes, () => false),
    undefined,
  );
  const far = nodes.filter(({ id, zone }) => id === self.id || zone === 'west');
  t.not(
    new Partners(random).choose(self, far, () => true),
    undefined,
  );
});
