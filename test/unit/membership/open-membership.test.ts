import test from 'ava';
import { refuseAlone } from '../../../cluster/membership/open-membership.js';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import { GossipNet } from './gossip-net.js';
import { memberAt, PARTITIONS } from './histories.js';

const FORMAT_ROW = storageKey(STORAGE_KIND.membership, 0, 0, 'format').toString('latin1');
const TWO = [memberAt(1), memberAt(2)];
const THREE = [...TWO, memberAt(3)];

test('a membership that a later version has written is refused with a clear message', async (t) => {
  const net = new GossipNet();
  const node = net.add(memberAt(1));
  await node.start({ founders: TWO });
  node.crash();
  node.disk?.rows.set(FORMAT_ROW, Buffer.of(2, 0));
  await t.throwsAsync(node.start({ founders: TWO }), {
    message: 'the membership in the data folder has format 2; this version reads up to 1: start the newer one',
  });
});

test('a damaged row is as one that is not there, and is heard again from others', async (t) => {
  const net = new GossipNet();
  for (const member of THREE) await net.add(member).start({ founders: THREE });
  await net.agree();
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) return t.fail();
  t.is(await net.timers.until(second.open.leave()), undefined);
  await net.agree();
  first.crash();
  const event = [...(first.disk?.rows.keys() ?? [])].filter((key) => key.slice(4).startsWith('e')).at(-1);
  first.disk?.rows.set(event ?? '', Buffer.alloc(0));
  await first.start({ founders: THREE });
  t.true(first.log.lines.some(({ message }) => message === 'a row of the membership is damaged'));
  await net.timers.advance(3000);
  await net.agree();
  t.is(first.open.members().length, 2);
  await net.stop();
});

test('other founders in the configuration win until something has happened, and then the history does', async (t) => {
  const net = new GossipNet();
  for (const member of TWO) await net.add(member).start({ founders: TWO });
  const [first, second] = net.nodes;
  if (first === undefined || second === undefined) return t.fail();
  first.crash();
  await first.start({ founders: THREE });
  t.is(first.open.members().length, 3);
  second.crash();
  await second.start({ founders: THREE });
  await net.agree();
  t.is(await net.timers.until(second.open.leave()), undefined);
  await net.timers.advance(3000);
  first.crash();
  await first.start({ founders: TWO });
  t.deepEqual(
    first.open.members().map(({ id }) => id),
    THREE.map(({ id }) => id)
      .filter((id) => id !== second.id)
      .sort(),
  );
  await net.stop();
});

test('a founder that is started again without its peers goes on as one of its cluster', async (t) => {
  const net = new GossipNet();
  for (const member of THREE) await net.add(member).start({ founders: THREE });
  const [first] = net.nodes;
  if (first === undefined) return t.fail();
  first.crash();
  await first.start({});
  t.is(first.open.members().length, 3);
  t.is(first.open.state(), 'member');
  await net.stop();
});

test('the folder of a node that was in a cluster is refused by one that stands alone', async (t) => {
  const net = new GossipNet();
  const [first, second] = TWO.map((member) => net.add(member));
  if (first === undefined || second === undefined) return t.fail();
  const standsAlone = async () => {
    first.crash();
    const store = new MemoryStore(net.timers, first.disk ? { disk: first.disk } : {});
    await net.timers.until(refuseAlone(first.log, store, PARTITIONS));
  };
  await first.start({});
  await t.notThrowsAsync(standsAlone(), 'nobody else was ever part of it');
  await first.start({});
  await second.start({ seeds: [{ host: first.member.host, port: first.member.peerPort }] });
  await net.agree();
  await net.timers.advance(3000);
  t.is(first.open.members().length, 2);
  await t.throwsAsync(standsAlone(), { message: /a cluster that 2 nodes have been part of.*'cluster-secret-file'/ });
  await net.stop();
});
