import test from 'ava';
import { GossipNet } from './gossip-net.js';
import { idAt, memberAt } from './histories.js';

const TWO = [memberAt(1), memberAt(2)];
const SEED = { host: '10.0.0.1', port: 17_000 };
const OTHER = { message: /the data folder is that of the node [0-9a-f]{40}, and this one is/ };

async function twoFounders(): Promise<GossipNet> {
  const net = new GossipNet();
  for (const member of TWO) await net.add(member).start({ founders: TWO });
  await net.agree();
  return net;
}

test('nodes whose folders were exchanged are refused', async (t) => {
  const net = await twoFounders();
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) return t.fail();
  first.crash();
  second.crash();
  [first.disk, second.disk] = [second.disk, first.disk];
  await t.throwsAsync(first.start({ founders: TWO }), OTHER);
  await t.throwsAsync(second.start({ founders: TWO }), OTHER);
  first.crash();
  second.crash();
  [first.disk, second.disk] = [second.disk, first.disk];
  await first.start({ founders: TWO });
  await second.start({ founders: TWO });
  await net.agree();
  await net.stop();
});

test('a member that is started under another address on its folder is refused, and nobody joins', async (t) => {
  const net = await twoFounders();
  const third = net.add(memberAt(3));
  await third.start({ seeds: [SEED] });
  await net.timers.advance(3000);
  await net.agree();
  third.crash();
  const moved = net.add(memberAt(4));
  moved.disk = third.disk;
  await t.throwsAsync(moved.start({ seeds: [SEED] }), OTHER);
  await t.throwsAsync(moved.start({}), OTHER);
  moved.crash();
  await net.timers.advance(3000);
  t.is(net.nodes[0]?.open.members().length, 3);
  await third.start({ seeds: [SEED] });
  t.is(third.open.state(), 'member');
  await net.stop();
});

test('a cluster to which nothing has happened yet may be started at other addresses as a whole', async (t) => {
  const net = await twoFounders();
  const moved = [memberAt(7), memberAt(8)];
  for (const [k, old] of [...net.nodes].entries()) {
    old.crash();
    const node = net.add(moved[k] ?? memberAt(9));
    node.disk = old.disk;
    await node.start({ founders: moved });
    t.deepEqual(
      node.open
        .members()
        .map(({ id }) => id)
        .sort(),
      [idAt(7), idAt(8)].sort(),
    );
    node.crash();
    await node.start({ founders: moved });
  }
  await net.agree();
  await net.stop();
});

test('a founder that has left says so when it is started again on an empty folder, and meets nobody', async (t) => {
  const net = await twoFounders();
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) return t.fail();
  t.is(await net.timers.until(second.open.leave()), undefined);
  await net.agree();
  await net.timers.until(second.open.gone());
  await net.agree();
  t.false(second.audits().includes('gone') && second.log.lines.some(({ message }) => message.includes('before')));
  second.loseDisk();
  await second.start({ founders: TWO });
  await net.timers.advance(3000);
  await net.agree();
  t.is(second.open.state(), 'gone');
  t.true(second.log.lines.some(({ message }) => message.startsWith('this node has left its cluster before')));
  t.regex(String(await net.timers.until(second.open.meet(first.member))), /no member any more/);
  await net.stop();
});
