import test from 'ava';
import { nextPrimary, primaryToTry, rankOf, TRY_AGAIN_US } from '../../../cluster/coordinator/replica-choice.js';
import type { FakePeer } from './fake-peer.js';
import { actorNamed, HEDGE_DELAY_MS, objectWith, partitionOfSlot, ScriptedNode, SLOT_OF_OWN } from './scripted-node.js';

const OLD = objectWith({ actor: actorNamed('a'), counter: 5, value: 'old' });

/** Gets that each peer was sent. */
function asked({ peers }: ScriptedNode): number[] {
  return peers.map(({ gets }) => gets.length);
}

function slow(peer: FakePeer, us: number, lastAskedUs: number): void {
  peer.getUs = us;
  peer.lastAskedUs = lastAskedUs;
}

test('the faster replica is asked, and the slower one once the queue of the faster is longer', async (t) => {
  const scripted = await ScriptedNode.open();
  const placement = scripted.node.routes.placement(partitionOfSlot(SLOT_OF_OWN), 3);
  const [near, far] = [scripted.peer(1), scripted.peer(0)];
  near.getUs = 2_000;
  far.getUs = 30_000;
  const choice = () => placement.targets[nextPrimary(placement, 0, 0)]?.id;
  t.is(choice(), near.id);
  near.busyWith = 1;
  t.is(choice(), near.id);
  near.busyWith = 2;
  t.is(choice(), far.id);
  far.busyWith = 1;
  t.is(choice(), near.id);
});

test('the gets of one turn ask the same replica: they do not wait for each other', async (t) => {
  const scripted = await ScriptedNode.open();
  const placement = scripted.node.routes.placement(partitionOfSlot(SLOT_OF_OWN), 3);
  const choice = () => placement.targets[nextPrimary(placement, 0, 0)]?.id;
  const [first, second] = scripted.peers;
  for (const peer of scripted.peers) {
    for (const other of scripted.peers) Object.assign(other, { busyWith: 1, askedInTurn: 0 });
    Object.assign(peer, { busyWith: 20, askedInTurn: 20 });
    t.is(choice(), peer.id);
  }
  // The next turn.
  Object.assign(second ?? {}, { askedInTurn: 0 });
  t.is(choice(), first?.id);
});

test('answers under a millisecond are equally fast: the shorter queue decides', (t) => {
  t.is(rankOf(0, 3), rankOf(900, 3));
  t.true(rankOf(900, 2) < rankOf(100, 3));
  t.true(rankOf(5_000, 0) > rankOf(900, 0));
});

test('a replica that was slow is tried again after a while, by a get that waits for another', async (t) => {
  const scripted = await ScriptedNode.open();
  const [fast, was] = [scripted.peer(0), scripted.peer(1)];
  fast.getUs = 300;
  scripted.hold('k', OLD);
  const client = scripted.openClient();
  await scripted.advance(1_000);
  slow(was, 200_000, scripted.world.clock.monotonicUs());
  client.get('k');
  t.deepEqual(asked(scripted), [1, 0]);
  fast.gets[0]?.replySame();
  await scripted.advance(TRY_AGAIN_US / 1000 + 1);
  client.get('k');
  t.deepEqual(asked(scripted), [2, 1]);
  fast.gets[1]?.replySame();
  t.is(client.outcomes.length, 2);
  slow(was, 300, scripted.world.clock.monotonicUs());
  was.gets[0]?.replySame();
  // It is as fast as the other now: whoever has less to do is asked.
  fast.busyWith = 1;
  client.get('k');
  t.deepEqual(asked(scripted), [2, 2]);
  t.is(scripted.node.counters.hedged_reads, 0);
});

test('a get that tries a slow replica besides is answered by whichever answers first', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', OLD);
  await scripted.advance(1_000);
  slow(scripted.peer(1), 50_000, 0);
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(asked(scripted), [1, 1]);
  scripted.peer(1).gets[0]?.replySame();
  t.deepEqual(client.ended(), ['get k']);
  scripted.peer(0).gets[0]?.fail('timeout');
  t.is(client.outcomes.length, 1);
});

test('a replica that is tried and fails at once costs nothing', async (t) => {
  const scripted = await ScriptedNode.open();
  await scripted.advance(1_000);
  slow(scripted.peer(1), 50_000, 0);
  scripted.peer(1).refusals = 1;
  const client = scripted.openClient();
  client.get('k');
  t.deepEqual(asked(scripted), [1, 0]);
  scripted.peer(0).gets[0]?.replySame();
  t.is(client.last().failure, undefined);
});

test('nobody is tried among equals, and no slow one before its time or that can not be reached', async (t) => {
  const scripted = await ScriptedNode.open();
  const placement = scripted.node.routes.placement(partitionOfSlot(SLOT_OF_OWN), 3);
  const place = placement.targets.findIndex(({ id }) => id === scripted.peer(0).id);
  const [first, second] = [scripted.peer(0), scripted.peer(1)];
  const tried = (nowUs: number) => primaryToTry(placement, 1 << place, nowUs);
  const later = 10 * TRY_AGAIN_US;
  first.getUs = 20_000;
  second.getUs = 30_000;
  t.is(tried(later), -1);
  first.getUs = 300;
  t.is(placement.targets[tried(later)]?.id, second.id);
  second.lastAskedUs = later - TRY_AGAIN_US / 2;
  t.is(tried(later), -1);
  second.lastAskedUs = 0;
  second.up = false;
  t.is(tried(later), -1);
});

test('each replica is given its own time', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.peer(0).p99GetUs = HEDGE_DELAY_MS * 2_000;
  const client = scripted.openClient();
  client.get('k');
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(asked(scripted), [1, 0]);
  await scripted.advance(HEDGE_DELAY_MS);
  t.deepEqual(asked(scripted), [1, 1]);
  t.is(scripted.node.counters.hedged_reads, 1);
});
