import test from 'ava';
import type { Partition } from '../../../cluster/ring/slots.js';
import { GossipNet, type GossipNode } from './gossip-net.js';
import { memberAt, PARTITIONS } from './histories.js';

const SEED = { host: '10.0.0.1', port: 17_000 };

/** Nodes 1 to `count`, which found a cluster. */
async function foundedCluster(count: number, zones: readonly string[] = ['']): Promise<GossipNet> {
  const net = new GossipNet();
  const members = Array.from({ length: count }, (_, k) => memberAt(k + 1, { zone: zones[k % zones.length] ?? '' }));
  for (const member of members) await net.add(member).start({ founders: members });
  return net;
}

/** Node `k` joins with node 1 as seed; resolves once all agree that it is a member. */
async function joined(net: GossipNet, k: number): Promise<GossipNode> {
  const node = net.add(memberAt(k));
  await node.start({ seeds: [SEED] });
  await net.timers.advance(2000);
  await net.agree();
  return node;
}

const rings = (net: GossipNet) =>
  new Set(net.nodes.flatMap(({ membership }) => (membership ? [membership.ring().owners.join()] : [])));

test('founders agree from the beginning, and say next to nothing while nothing happens', async (t) => {
  const net = await foundedCluster(5);
  await net.agree();
  await net.timers.advance(5000);
  net.bytes = 0;
  await net.timers.advance(10_000);
  t.true(net.bytes > 0 && net.bytes < 5 * 10 * 100);
  t.is(rings(net).size, 1);
  await net.stop();
});

test('a node joins with a seed, holds nothing, and all have the same ring', async (t) => {
  const net = await foundedCluster(3);
  const fourth = net.add(memberAt(4));
  await fourth.start({ seeds: [SEED] });
  t.is(fourth.open.state(), 'joining');
  t.is(fourth.open.members().length, 3);
  await net.timers.advance(3000);
  await net.agree();
  t.is(fourth.open.state(), 'member');
  t.is(rings(net).size, 1);
  for (const { open } of net.nodes) {
    t.is(open.members().length, 4);
    t.false(open.holds(fourth.id, 0 as Partition, 3));
    t.true(open.ring().owners.includes(fourth.id));
  }
  t.deepEqual(
    net.nodes.map((node) => node.audits().filter((event) => event === 'join').length),
    [1, 1, 1, 1],
  );
  await net.stop();
});

test('a node waits for its seed, and says so and why at once and each half minute', async (t) => {
  const net = new GossipNet();
  const first = net.add(memberAt(1));
  const second = net.add(memberAt(2));
  const starting = second.start({ seeds: [SEED] });
  const waits = () => second.log.lines.filter(({ message }) => message.startsWith('a seed gave no history'));
  await net.timers.advance(1);
  t.is(waits().length, 1);
  await net.timers.advance(35_000);
  t.is(second.membership, undefined);
  t.is(waits().length, 2);
  t.like(waits()[1]?.fields, { seed: `${SEED.host}:${SEED.port}`, reason: 'connection refused', waitedMs: 30_000 });
  await first.start({});
  await net.timers.until(starting);
  await net.timers.advance(2000);
  await net.agree();
  t.is(first.open.members().length, 2);
  await net.stop();
});

test('a seed that is named in another way than it names itself is dialled once more, and then known', async (t) => {
  const net = await foundedCluster(2);
  net.aliases.set('seed.example', SEED.host);
  const third = net.add(memberAt(3));
  await third.start({ seeds: [{ host: 'seed.example', port: SEED.port }] });
  await net.timers.advance(60_000);
  await net.agree();
  t.is(third.open.state(), 'member');
  t.is(net.contacts, 2);
  await net.stop();
});

test('what a node holds is known to all, and outlasts its process', async (t) => {
  const net = await foundedCluster(3);
  const fourth = await joined(net, 4);
  await net.timers.until(fourth.open.declare([{ partition: 7 as Partition, n: 3, holds: true }]));
  await net.agree();
  for (const { open } of net.nodes) {
    t.true(open.holds(fourth.id, 7 as Partition, 3));
    t.false(open.holds(fourth.id, 8 as Partition, 3));
  }
  fourth.crash();
  await fourth.start({ seeds: [SEED] });
  t.true(fourth.open.holds(fourth.id, 7 as Partition, 3));
  t.is(fourth.open.state(), 'member');
  await net.timers.until(fourth.open.declare([{ partition: 7 as Partition, n: 3, holds: false }]));
  await net.agree();
  for (const { open } of net.nodes) t.false(open.holds(fourth.id, 7 as Partition, 3));
  await net.stop();
});

test('a founder holds on to what it was presumed to hold when it declares more', async (t) => {
  const net = await foundedCluster(4);
  const [first] = net.nodes;
  if (first === undefined) return t.fail();
  const held = () =>
    Array.from({ length: PARTITIONS }, (_, partition) => first.open.holds(first.id, partition as Partition, 3));
  const before = held();
  const more = before.indexOf(false);
  await net.timers.until(first.open.declare([{ partition: more as Partition, n: 3, holds: true }]));
  t.deepEqual(held(), before.with(more, true));
  await net.stop();
});

test('a node leaves, is off the ring at once and a node still, until it is gone', async (t) => {
  const net = await foundedCluster(4);
  const [first, , , fourth] = net.nodes;
  if (first === undefined || fourth === undefined) return t.fail();
  t.is(await net.timers.until(fourth.open.leave()), undefined);
  await net.agree();
  t.is(fourth.open.state(), 'leaving');
  t.is(first.open.members().length, 3);
  t.is(first.open.nodes().at(-1)?.id, fourth.id);
  t.true(first.open.holds(fourth.id, fourthsPartition(first, fourth), 4));
  await net.timers.until(fourth.open.gone());
  t.is(fourth.open.state(), 'gone');
  fourth.crash();
  await net.agree();
  t.is(first.open.nodes().length, 3);
  await t.throwsAsync(fourth.start({ founders: net.nodes.map(({ member }) => member) }), {
    message: /has left its cluster/,
  });
  fourth.loseDisk();
  await fourth.start({ seeds: [SEED] });
  await net.timers.advance(3000);
  await net.agree();
  t.is(first.open.members().length, 4);
  t.false(first.open.holds(fourth.id, 0 as Partition, 3));
  await net.stop();
});

function fourthsPartition(first: GossipNode, fourth: GossipNode): Partition {
  const all = Array.from({ length: PARTITIONS }, (_, partition) => partition as Partition);
  return all.find((partition) => first.open.holds(fourth.id, partition, 4)) ?? (0 as Partition);
}

test('the last member can not leave', async (t) => {
  const net = await foundedCluster(1);
  const [only] = net.nodes;
  t.is(await only?.open.leave(), 'the last member can not leave');
  await net.stop();
});

test('a dead node is forgotten, an unknown one, this one and one that is up are not', async (t) => {
  const net = await foundedCluster(3);
  const [first, second, third] = net.nodes;
  if (first === undefined || second === undefined || third === undefined) return t.fail();
  t.is(await first.open.forget(third.id), 'the node is up: let it leave (DYNAMO LEAVE, asked of itself)');
  t.is(await first.open.forget(first.id), 'a node can not forget itself');
  t.is(await first.open.forget(memberAt(9).id), 'the cluster knows no such node');
  third.crash();
  t.is(await net.timers.until(first.open.forget(third.id)), undefined);
  await net.agree();
  t.is(second.open.members().length, 2);
  t.true(first.audits().includes('forget') && second.audits().includes('forget'));
  // Its folder knows nothing of that, until others tell it.
  const founders = net.nodes.map(({ member }) => member);
  await third.start({ founders });
  t.is(third.open.state(), 'member');
  await net.timers.advance(3000);
  await net.agree();
  t.is(third.open.state(), 'forgotten');
  t.true(third.audits().includes('forgotten'));
  third.crash();
  await t.throwsAsync(third.start({ founders }), { message: /was forgotten, or replaced/ });
  await net.stop();
});

test('a node takes the place of a dead one, and exactly its tokens', async (t) => {
  const net = await foundedCluster(4);
  const [first, , third] = net.nodes;
  if (first === undefined || third === undefined) return t.fail();
  const before = first.open.ring().owners;
  const heir = net.add(memberAt(9));
  await heir.start({ seeds: [SEED], replace: third.id });
  await net.timers.advance(3000);
  t.is(heir.open.state(), 'joining');
  t.true(heir.log.lines.some(({ fields }) => String(fields.reason).startsWith('the node to replace is up')));
  third.crash();
  await net.timers.advance(3000);
  await net.agree();
  t.is(heir.open.state(), 'member');
  t.deepEqual(
    first.open.ring().owners,
    before.map((id) => (id === third.id ? heir.id : id)),
  );
  await net.stop();
});

test('of two nodes that replace the same dead one the first gets its tokens, and the other joins beside it', async (t) => {
  const net = await foundedCluster(4);
  const [first, , third] = net.nodes;
  if (first === undefined || third === undefined) return t.fail();
  const before = first.open.ring().owners;
  third.crash();
  await net.timers.advance(3000);
  const heirs = [net.add(memberAt(8)), net.add(memberAt(9))];
  // Neither hears of the other before it has said what it is.
  for (const [side, heir] of heirs.entries()) {
    net.sides.set(heir.id, side);
    net.sides.set(memberAt(2 + 2 * side).id, side);
  }
  for (const [side, heir] of heirs.entries()) {
    await heir.start({ seeds: [{ host: `10.0.0.${2 + 2 * side}`, port: 17_000 }], replace: third.id });
  }
  await net.timers.advance(5000);
  net.sides.clear();
  await net.timers.advance(5000);
  await net.agree();
  t.deepEqual(
    heirs.map(({ open }) => open.state()),
    ['member', 'member'],
  );
  const members = first.open.members().map(({ id }) => id);
  t.is(members.length, 5);
  t.false(members.includes(third.id));
  const kept = heirs.filter(({ id }) =>
    first.open.ring().owners.some((owner, at) => owner === id && before[at] === third.id),
  );
  t.true(kept.length > 0);
  t.true(first.log.lines.some(({ fields, message }) => fields.what === 'replace' && /joins beside it/.test(message)));
  await net.stop();
});

test('a node that is to replace one that nobody knows waits for its seed to hear of it, and does not start', async (t) => {
  const net = await foundedCluster(2);
  const heir = net.add(memberAt(4));
  const replace = memberAt(5).id;
  const refused = t.throwsAsync(heir.start({ seeds: [SEED], replace }), { message: /knows no node .*CLUSTER NODES/ });
  await net.timers.advance(61_000);
  await refused;
  const starting = heir.start({ seeds: [SEED], replace });
  await net.timers.advance(5_000);
  t.is(heir.membership, undefined);
  const dead = await joined(net, 5);
  dead.crash();
  await net.timers.until(starting);
  await net.timers.advance(3_000);
  await net.agree();
  t.false(heir.open.members().some(({ id }) => id === replace));
  await net.stop();
});

test('nodes join on both sides of a cut, and all agree once it is over', async (t) => {
  const net = await foundedCluster(4);
  const other = { host: '10.0.0.4', port: 17_000 };
  for (const k of [3, 4, 6]) net.sides.set(memberAt(k).id, 1);
  await net.add(memberAt(5)).start({ seeds: [SEED] });
  await net.add(memberAt(6)).start({ seeds: [other] });
  await net.timers.advance(10_000);
  t.deepEqual(
    net.nodes.map(({ open }) => open.members().length),
    [5, 5, 5, 5, 5, 5],
  );
  t.is(rings(net).size, 2);
  net.sides.clear();
  await net.agree();
  t.is(rings(net).size, 1);
  t.deepEqual(new Set(net.nodes.map(({ open }) => open.members().length)), new Set([6]));
  await net.stop();
});

test('two clusters do not unite: both sides refuse, once in their logs', async (t) => {
  const net = await foundedCluster(2);
  const strangers = [memberAt(11), memberAt(12)];
  const [third, fourth] = strangers.map((member) => net.add(member));
  await third?.start({ founders: strangers });
  await fourth?.start({ founders: strangers });
  const [first] = net.nodes;
  const address = { host: '10.0.0.11', port: 7000, peerPort: 17_000 };
  for (let k = 0; k < 3; k++) {
    t.regex(String(await net.timers.until(first?.open.meet(address) ?? Promise.resolve(''))), /different clusters/);
  }
  t.is(first?.open.members().length, 2);
  t.is(third?.open.members().length, 2);
  t.deepEqual(first?.audits(), ['gossip refused', 'meet refused']);
  t.deepEqual(third?.audits(), ['gossip refused']);
  await net.stop();
});

test('a new and empty node that is met takes over the history, and joins', async (t) => {
  const net = await foundedCluster(3);
  const lone = net.add(memberAt(7));
  await lone.start({});
  t.is(lone.open.state(), 'member');
  const address = { host: '10.0.0.7', port: 7000, peerPort: 17_000 };
  t.is(await net.timers.until(net.nodes[0]?.open.meet(address) ?? Promise.resolve('')), undefined);
  await net.timers.advance(3000);
  await net.agree();
  t.deepEqual(new Set(net.nodes.map(({ open }) => open.members().length)), new Set([4]));
  t.false(lone.open.holds(lone.id, 0 as Partition, 3));
  lone.crash();
  await lone.start({});
  t.is(lone.open.members().length, 4);
  await net.stop();
});

test('of two new and empty nodes one joins the other, whoever asks', async (t) => {
  for (const [asker, asked] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const net = new GossipNet();
    await net.add(memberAt(1)).start({});
    await net.add(memberAt(2)).start({});
    const address = { host: `10.0.0.${asked}`, port: 7000, peerPort: 17_000 };
    t.is(await net.timers.until(net.nodes[asker - 1]?.open.meet(address) ?? Promise.resolve('')), undefined);
    await net.timers.advance(3000);
    await net.agree();
    t.deepEqual(
      net.nodes.map(({ open }) => open.members().length),
      [2, 2],
    );
    await net.stop();
  }
});

test('a lone node that holds a key joins nobody', async (t) => {
  const net = await foundedCluster(3);
  const lone = net.add(memberAt(7));
  await lone.start({});
  await lone.writeKey();
  const address = { host: '10.0.0.7', port: 7000, peerPort: 17_000 };
  t.regex(
    String(await net.timers.until(net.nodes[0]?.open.meet(address) ?? Promise.resolve(''))),
    /different clusters/,
  );
  lone.disk = undefined;
  const other = net.add(memberAt(8));
  await other.start({});
  await other.writeKey();
  other.crash();
  for (const name of other.disk?.rows.keys() ?? []) if (name.charCodeAt(0) === 3) other.disk?.rows.delete(name);
  await t.throwsAsync(other.start({ seeds: [SEED] }), { message: /holds keys and belongs to no cluster/ });
  await net.stop();
});

test('a founder whose disk was lost holds nothing until it has fetched it again', async (t) => {
  const net = await foundedCluster(3);
  await net.agree();
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) return t.fail();
  t.true(first.open.holds(second.id, 0 as Partition, 3));
  second.loseDisk();
  await second.start({ founders: net.nodes.map(({ member }) => member) });
  await net.timers.advance(3000);
  await net.agree();
  t.true(second.audits().includes('disk lost'));
  for (const { open } of net.nodes) t.false(open.holds(second.id, 0 as Partition, 3));
  await net.timers.until(second.open.declare([{ partition: 0 as Partition, n: 3, holds: true }]));
  await net.agree();
  for (const { open } of net.nodes) t.true(open.holds(second.id, 0 as Partition, 3));
  await net.stop();
});

test('a node that had joined and lost its disk is a member still, and holds nothing', async (t) => {
  const net = await foundedCluster(3);
  const fourth = await joined(net, 4);
  await net.timers.until(fourth.open.declare([{ partition: 0 as Partition, n: 3, holds: true }]));
  await net.agree();
  fourth.loseDisk();
  await fourth.start({ seeds: [SEED] });
  t.is(fourth.open.state(), 'member');
  await net.agree();
  for (const { open } of net.nodes) t.false(open.holds(fourth.id, 0 as Partition, 3));
  await net.stop();
});

test('an older copy of a disk claims nothing that was given up since', async (t) => {
  const net = await foundedCluster(3);
  const fourth = await joined(net, 4);
  await net.timers.until(fourth.open.declare([{ partition: 0 as Partition, n: 3, holds: true }]));
  fourth.crash();
  const copy = fourth.disk && { rows: new Map(fourth.disk.rows), unsynced: [], synced: new Map(fourth.disk.rows) };
  await fourth.start({ seeds: [SEED] });
  await net.timers.until(fourth.open.declare([{ partition: 0 as Partition, n: 3, holds: false }]));
  await net.agree();
  fourth.crash();
  fourth.disk = copy;
  await fourth.start({ seeds: [SEED] });
  await net.timers.advance(3000);
  await net.agree();
  for (const { open } of net.nodes) t.false(open.holds(fourth.id, 0 as Partition, 3));
  await net.stop();
});

test('nobody comes or goes while a node that can be reached knows no gossip', async (t) => {
  const net = await foundedCluster(3);
  const [first, , third] = net.nodes;
  if (first === undefined || third === undefined) return t.fail();
  net.deaf.add(third.id);
  t.regex(String(await first.open.leave()), /upgrade it first/);
  const fourth = net.add(memberAt(4));
  await fourth.start({ seeds: [SEED] });
  await net.timers.advance(5000);
  t.is(fourth.open.state(), 'joining');
  net.deaf.clear();
  await net.timers.advance(3000);
  await net.agree();
  t.is(fourth.open.state(), 'member');
  await net.stop();
});

test('another zone or weight in the configuration is told to all', async (t) => {
  const net = await foundedCluster(3);
  const fourth = await joined(net, 4);
  fourth.crash();
  await fourth.start({ self: { ...fourth.member, zone: 'east', weight: 2 } });
  await net.timers.advance(3000);
  await net.agree();
  const known = net.nodes[0]?.open.members().find(({ id }) => id === fourth.id);
  t.is(known?.zone, 'east');
  t.is(known?.weight, 2);
  await net.stop();
});
