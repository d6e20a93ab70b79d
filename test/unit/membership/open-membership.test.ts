import test from 'ava';
import { STORAGE_KIND, storageKey } from '../../../cluster/storage/layout.js';
import { GossipNet } from './gossip-net.js';
import { memberAt } from './histories.js';

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
