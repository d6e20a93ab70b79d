import test from 'ava';
import { heldWrites } from '../../../cluster/coordinator/held-writes.js';
import { LastWrites } from '../../../cluster/coordinator/last-writes.js';
import { LAST_WRITES_MAX } from '../../../cluster/coordinator/limits.js';
import { slotOf } from '../../../cluster/ring/slots.js';
import { partitionOfSlot, ScriptedNode, SLOT_OF_OWN } from './scripted-node.js';

const NEVER_OVER = () => false;
const HURRIED = { replicas: 2, timeoutMs: 100, isOver: NEVER_OVER };

/** A key of the first partition, which the node under test coordinates. */
const KEY = Array.from({ length: 100 }, (_, number) => `k${number}`).find(
  (name) => partitionOfSlot(slotOf(Buffer.from(name))) === partitionOfSlot(SLOT_OF_OWN),
);

/** A node whose session has written the key, as both others have acknowledged. */
async function written() {
  const scripted = await ScriptedNode.open({ keyspace: { r: 1 } });
  const client = scripted.openClient(slotOf(Buffer.from(KEY ?? '')));
  client.put(KEY ?? '', 'v');
  for (const peer of scripted.peers) peer.puts[0]?.reply();
  const wait = (replicas: number, timeoutMs: number, isOver = NEVER_OVER) => {
    const ended: { count?: unknown } = {};
    void heldWrites(scripted.node, client.session, { replicas, timeoutMs, isOver }).then((count) => {
      ended.count = count;
    });
    return ended;
  };
  return { scripted, wait };
}

test('as soon as enough others hold what was written, their number is answered', async (t) => {
  const { scripted, wait } = await written();
  const ended = wait(2, 0);
  await scripted.advance(1);
  const [first, second] = scripted.peers.map(({ gets }) => gets[0]);
  first?.replySame();
  second?.reply(undefined);
  await scripted.advance(1);
  t.is(ended.count, undefined);
  await scripted.advance(1_000);
  t.is(scripted.peer(0).gets.length, 1, 'who holds it is not asked again');
  scripted
    .peer(1)
    .gets.at(-1)
    ?.reply(scripted.held(KEY ?? '') ?? undefined);
  await scripted.advance(1);
  t.is(ended.count, 2);
});

test('when the time is over, those that hold it by then are counted', async (t) => {
  const { scripted, wait } = await written();
  const ended = wait(2, 100);
  await scripted.advance(1);
  scripted.peer(0).up = false;
  scripted.peer(0).gets[0]?.fail('unreachable');
  scripted.peer(1).gets[0]?.replySame();
  await scripted.advance(90);
  t.is(ended.count, undefined);
  await scripted.advance(30);
  t.is(ended.count, 1);
});

test('a client that is gone is waited for no longer', async (t) => {
  const { scripted, wait } = await written();
  const ended = wait(2, 0, () => true);
  await scripted.advance(1);
  for (const { gets } of scripted.peers) gets[0]?.reply(undefined);
  await scripted.advance(1);
  t.is(ended.count, 0);
});

test('where nothing was written, the other replicas that can be reached are counted', async (t) => {
  const scripted = await ScriptedNode.open();
  const { session } = scripted.openClient();
  t.is(await heldWrites(scripted.node, session, HURRIED), 2);
  scripted.peer(1).up = false;
  t.is(await scripted.world.timers.until(heldWrites(scripted.node, session, HURRIED)), 1);
});

test('the last keys that were written are remembered, each once, and no others', (t) => {
  const last = new LastWrites();
  for (let number = 0; number < 2 * LAST_WRITES_MAX; number++) {
    last.note(0, `k${number}`);
    last.note(0, `k${number}`);
  }
  const keys = last.all().map(({ key }) => key);
  t.is(new Set(keys).size, LAST_WRITES_MAX);
  t.true(keys.includes(`k${LAST_WRITES_MAX}`) && keys.includes(`k${2 * LAST_WRITES_MAX - 1}`));
  last.note(1, `k${LAST_WRITES_MAX + 1}`);
  t.is(last.all().filter(({ key }) => key === `k${LAST_WRITES_MAX + 1}`).length, 2, 'two databases');
});
