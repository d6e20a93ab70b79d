/** `CLUSTER MEET` among nodes that are all new: whoever is told whom to meet, and in which order, they end as one cluster. */
import test from 'ava';
import { GossipNet, type GossipNode } from './gossip-net.js';
import { memberAt } from './histories.js';

const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
] as const;

interface Three {
  readonly net: GossipNet;
  readonly first: GossipNode;
  readonly second: GossipNode;
  readonly third: GossipNode;
}

/** Three nodes that stand alone and are empty; `order` says whose id is which of the three. */
async function threeAlone(order: (typeof ORDERS)[number]): Promise<Three> {
  const net = new GossipNet();
  const first = net.add(memberAt(order[0]));
  const second = net.add(memberAt(order[1]));
  const third = net.add(memberAt(order[2]));
  for (const node of net.nodes) await node.start({});
  return { net, first, second, third };
}

const meets = (asker: GossipNode, asked: GossipNode) => asker.open.meet(asked.member);

async function areOne(net: GossipNet): Promise<readonly number[]> {
  await net.timers.advance(5000);
  await net.agree();
  const sizes = net.nodes.map(({ open }) => open.members().length);
  await net.stop();
  return sizes;
}

test('a node that meets two new ones in one breath is in one cluster with both', async (t) => {
  for (const order of ORDERS) {
    const { net, first, second, third } = await threeAlone(order);
    t.is(await net.timers.until(meets(first, second)), undefined);
    t.is(await net.timers.until(meets(first, third)), undefined);
    t.deepEqual(await areOne(net), [3, 3, 3], String(order));
  }
});

test('new nodes that are told to meet one after the other, in a chain, are one cluster', async (t) => {
  for (const order of ORDERS) {
    const { net, first, second, third } = await threeAlone(order);
    t.is(await net.timers.until(meets(first, second)), undefined);
    t.is(await net.timers.until(meets(second, third)), undefined);
    t.deepEqual(await areOne(net), [3, 3, 3], String(order));
  }
});

test('new nodes that meet each other all at once are one cluster, once those that were refused have met again', async (t) => {
  for (const order of ORDERS) {
    const { net, first, second, third } = await threeAlone(order);
    const pairs = [
      [first, second],
      [second, third],
      [third, first],
    ] as const;
    const faults = await net.timers.until(Promise.all(pairs.map(([asker, asked]) => meets(asker, asked))));
    await net.timers.advance(20_000);
    for (const [k, [asker, asked]] of pairs.entries()) {
      if (faults[k] !== undefined) t.is(await net.timers.until(meets(asker, asked)), undefined);
      await net.timers.advance(3000);
    }
    t.deepEqual(await areOne(net), [3, 3, 3], String(order));
  }
});

test('a node that another joins by its seeds does not go over to a third that it meets meanwhile', async (t) => {
  for (const order of ORDERS) {
    const { net, first, second, third } = await threeAlone(order);
    second.loseDisk();
    const { host, peerPort } = first.member;
    await second.start({ seeds: [{ host, port: peerPort }] });
    t.is(await net.timers.until(meets(first, third)), undefined);
    t.deepEqual(await areOne(net), [3, 3, 3], String(order));
  }
});

test('a node that another was to join, and did not, may join others again after a while', async (t) => {
  const { net, first, second } = await threeAlone([1, 2, 3]);
  // Of the two the one with the larger id takes over the history of the other, and dies before it can say so.
  const [lender, borrower] = first.id < second.id ? [first, second] : [second, first];
  t.is(await net.timers.until(meets(lender, borrower)), undefined);
  borrower.loseDisk();
  await net.timers.advance(20_000);
  const fourth = net.add(memberAt(4));
  await fourth.start({});
  await net.timers.until(fourth.writeKey());
  t.is(await net.timers.until(meets(fourth, lender)), undefined);
  await net.timers.advance(3000);
  t.is(lender.open.members().length, 2);
  await net.stop();
});
