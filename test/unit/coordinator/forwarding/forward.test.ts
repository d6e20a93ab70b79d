import test from 'ava';
import type { Change } from '../../../../cluster/coordinator/changes/change.js';
import {
  decodeRequest,
  encodeReply,
  type ForwardedRequest,
} from '../../../../cluster/coordinator/forwarding/forwarded.js';
import { VERSION_OF_ASKED } from '../../../../cluster/wire/versions.js';
import {
  actorNamed,
  counterAt,
  FORWARD_WITHIN_MS,
  HEDGE_DELAY_MS,
  objectWith,
  ScriptedNode,
  SLOT_OF_OTHERS,
  SLOT_OF_PEER,
  SLOT_OF_TWO_OTHERS,
} from '../scripted-node.js';

const DELETE: Change = { kind: 'delete', context: undefined };
const NOTHING = { failure: undefined, applied: false, previous: undefined, object: undefined };
const OBJECT = objectWith({ actor: actorNamed('a'), counter: 5, value: 'x' });

function orders(scripted: ScriptedNode): string[][] {
  return scripted.peers.map(({ order }) => order);
}

test('the answer of the coordinator is the answer, failures too', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  scripted.peer(2).forwards[0]?.reply(encodeReply({ ...NOTHING, object: OBJECT }));
  t.like(client.last(), { failure: undefined, values: ['x'] });
  const failure = { code: 'WriteQuorumNotMet', answered: 1, needed: 2, attempted: true } as const;
  client.put('k', 'v');
  scripted.peer(2).forwards[1]?.reply(encodeReply({ ...NOTHING, failure }));
  t.deepEqual(client.last().failure, failure);
  t.is(scripted.node.counters.forwarded, 2);
});

test('an operation whose coordinator fails is run again at the next primary, and the client sees no error', async (t) => {
  for (const reason of ['unreachable', 'timeout'] as const) {
    const scripted = await ScriptedNode.open({ nodes: 4 });
    const client = scripted.openClient(SLOT_OF_OTHERS);
    // Nobody is late meanwhile.
    for (const peer of scripted.peers) peer.p99GetUs = 10 * HEDGE_DELAY_MS * 1000;
    client.get('a');
    client.put('b', 'v');
    client.modify('c', DELETE);
    for (const sent of scripted.peer(2).forwards) sent.fail(reason);
    t.is(scripted.peer(1).forwards.length, 1, 'a write waits till the first coordinator would not begin it any more');
    await scripted.advance(FORWARD_WITHIN_MS + 5);
    t.deepEqual(orders(scripted), [[], ['forward', 'forward', 'forward'], ['forward', 'forward', 'forward']]);
    const again = scripted.peer(1).forwards.map(({ body }) => decodeRequest(body));
    t.deepEqual(
      again.map(({ kind, key }) => [kind, key]),
      [
        ['get', 'a'],
        ['put', 'b'],
        ['modify', 'c'],
      ],
    );
    t.like(again[2], { again: true }, 'a change is told that it may have taken effect');
    t.like(decodeRequest(scripted.peer(2).forwards[2]?.body ?? Buffer.alloc(0)), { again: false });
    for (const sent of scripted.peer(1).forwards) sent.reply(encodeReply({ ...NOTHING, applied: true }));
    t.deepEqual(
      client.outcomes.map((outcome) => outcome.failure),
      [undefined, undefined, undefined],
    );
    t.is(scripted.node.counters.run_again, 3);
  }
});

test('an operation that several coordinators have failed is given up, and says what is known of it', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('a');
  client.put('b', 'v');
  for (const index of [2, 1, 0]) {
    for (const sent of scripted.peer(index).forwards) sent.fail('timeout');
    await scripted.advance(FORWARD_WITHIN_MS + 5);
  }
  t.deepEqual(
    client.outcomes.map(({ failure }) => failure?.code),
    ['ReadQuorumNotMet', 'OutcomeUnknown'],
  );
});

test('what a coordinator refuses for want of others is tried elsewhere; it says so if that is in vain', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { sloppy: false } });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const failure = { code: 'WriteQuorumNotMet', answered: 1, needed: 2, attempted: false } as const;
  client.put('k', 'v');
  scripted.peer(2).forwards[0]?.reply(encodeReply({ ...NOTHING, failure }));
  scripted.peer(1).forwards[0]?.reply(encodeReply(NOTHING));
  t.is(client.last().failure, undefined);
  client.put('k', 'v');
  for (const [index, at] of [
    [2, 1],
    [1, 1],
    [0, 0],
  ] as const) {
    scripted.peer(index).forwards[at]?.reply(encodeReply({ ...NOTHING, failure }));
  }
  t.deepEqual(client.last().failure, failure);
});

test('each run of a change says when it was asked for: after all that the client was told before', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const sentTo = (peer: number, place: number): ForwardedRequest =>
    decodeRequest(scripted.peer(peer).forwards[place]?.body ?? Buffer.alloc(0));
  const done = counterAt(scripted.world, 900);
  client.modify('k', DELETE);
  const object = objectWith({ actor: actorNamed('a'), counter: done, tombstone: true });
  scripted.peer(2).forwards[0]?.reply(encodeReply({ ...NOTHING, applied: true, object }));
  client.modify('k', DELETE);
  const first = sentTo(2, 1);
  t.true(first.kind === 'modify' && first.asked > done);
  scripted.peer(2).forwards[1]?.fail('timeout');
  await scripted.advance(FORWARD_WITHIN_MS + 5);
  t.deepEqual(sentTo(1, 0), { ...first, again: true });
});

test('a coordinator of an older version is not told when a change was asked for', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  scripted.peer(2).protocolVersion = VERSION_OF_ASKED - 1;
  client.modify('k', DELETE);
  t.like(decodeRequest(scripted.peer(2).forwards[0]?.body ?? Buffer.alloc(0)), { kind: 'modify', asked: 0 });
});

test('where a run may have taken effect, a later refusal does not deny it', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { sloppy: false } });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const failure = { code: 'WriteQuorumNotMet', answered: 1, needed: 2, attempted: false } as const;
  client.put('k', 'v');
  scripted.peer(2).forwards[0]?.fail('timeout');
  await scripted.advance(FORWARD_WITHIN_MS + 5);
  for (const index of [1, 0]) scripted.peer(index).forwards[0]?.reply(encodeReply({ ...NOTHING, failure }));
  t.is(client.last().failure?.code, 'OutcomeUnknown');
});

test('where a run may have taken effect, a refusal by this node itself does not deny it either', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  for (const index of [0, 1]) scripted.peer(index).up = false;
  client.put('k', 'v');
  scripted.peer(2).up = false;
  scripted.peer(2).forwards[0]?.fail('unreachable');
  await scripted.advance(FORWARD_WITHIN_MS + 5);
  t.is(client.last().failure?.code, 'OutcomeUnknown');
});

test('an operation goes to another node where the store of its coordinator fails, and names the store if all do', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { sloppy: false } });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  const failure = { code: 'StoreFailed', reason: 'bad block' } as const;
  client.put('k', 'v');
  scripted.peer(2).forwards[0]?.reply(encodeReply({ ...NOTHING, failure }));
  scripted.peer(1).forwards[0]?.reply(encodeReply(NOTHING));
  t.is(client.last().failure, undefined);
  client.modify('other', DELETE);
  scripted.peer(2).forwards[1]?.reply(encodeReply({ ...NOTHING, failure }));
  t.like(decodeRequest(scripted.peer(1).forwards[1]?.body ?? Buffer.alloc(0)), { again: true });
  scripted.peer(1).forwards[1]?.reply(encodeReply({ ...NOTHING, failure }));
  scripted.peer(0).forwards[0]?.reply(encodeReply({ ...NOTHING, failure }));
  t.deepEqual(client.last().failure, failure);
});

test('without a reachable primary the first reachable fallback coordinates, here this node itself', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { w: 1, r: 1 } });
  for (const peer of scripted.peers) peer.up = false;
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  t.is(client.last().failure, undefined);
  client.get('k');
  t.deepEqual(client.last().values, ['v']);
  client.modify('k', DELETE);
  t.like(client.last(), { failure: undefined, applied: true });
  t.deepEqual(orders(scripted), [[], [], []]);
});

test('of several fallbacks the first that can be reached is asked, and the next where that one knows better', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { n: 1, w: 1, r: 1 } });
  scripted.peer(1).up = false;
  const client = scripted.openClient(SLOT_OF_TWO_OTHERS);
  client.put('k', 'v');
  t.deepEqual(orders(scripted), [[], [], ['forward']]);
  scripted.peer(2).forwards[0]?.fail('refused');
  t.is(client.last().failure, undefined);
  t.deepEqual(scripted.heldValues('k', SLOT_OF_TWO_OTHERS), ['v']);
});

test('what this node has taken in the place of primaries goes to a primary that is back ahead of what it is asked', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { w: 1, r: 1 } });
  for (const peer of scripted.peers) peer.up = false;
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  scripted.peer(1).up = true;
  client.get('k');
  client.get('other');
  t.deepEqual(orders(scripted), [[], ['put', 'forward', 'forward'], []]);
  t.deepEqual(scripted.peer(1).puts[0]?.values(), ['v']);
});

test('a copy so old that its deletion may be forgotten is not sent ahead', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, strayCopyMaxMs: 1000 });
  scripted.hold('k', objectWith({ actor: actorNamed('a'), counter: 5, value: 'deleted long ago' }), SLOT_OF_OTHERS);
  scripted.openClient(SLOT_OF_OTHERS).get('k');
  t.deepEqual(orders(scripted), [[], [], ['forward']]);
});

test('a write that was refused, later or within the call, is handed to the next primary', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  scripted.peer(1).refusals = 1;
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  scripted.peer(2).forwards[0]?.fail('refused');
  t.deepEqual(orders(scripted), [['forward'], [], ['forward']]);
  t.deepEqual(client.ended(), []);
});

test('without a reachable primary nothing is sent and nothing was written where none may stand in', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { sloppy: false } });
  for (const peer of scripted.peers) peer.up = false;
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  t.deepEqual(client.last().failure, { code: 'ReadQuorumNotMet', answered: 0, needed: 2 });
  client.put('k', 'v');
  t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 0, needed: 2, attempted: false });
  client.modify('k', DELETE);
  t.deepEqual(client.last().failure, { code: 'WriteQuorumNotMet', answered: 0, needed: 2, attempted: false });
  t.is(client.outcomes.length, 3);
});

test('an answer that is none leaves the outcome unknown, and is logged', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  scripted.peer(2).forwards[0]?.reply(Buffer.from([0, 1, 1, 255, 255, 255, 255]));
  t.is(client.last().failure?.code, 'OutcomeUnknown');
  t.is(scripted.world.log.errors().length, 1);
  client.get('k', 'the key is free again');
  t.is(scripted.peer(2).forwards.length, 2);
});

test('a change that the first primary refuses is coordinated here, where this node is the next', async (t) => {
  const scripted = await ScriptedNode.open();
  const client = scripted.openClient(SLOT_OF_PEER);
  client.modify('k', DELETE);
  client.get('k', 'held back');
  scripted.peer(0).forwards[0]?.fail('refused');
  t.deepEqual(client.ended(), []);
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  t.like(client.outcomes[0], { name: 'modify k', failure: undefined, applied: false });
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
  t.deepEqual(client.ended(), ['modify k', 'held back']);
});

test('a change whose first primary goes away while the key is loaded is coordinated here', async (t) => {
  const scripted = await ScriptedNode.open({ cold: true });
  const client = scripted.openClient(SLOT_OF_PEER);
  client.modify('k', DELETE);
  scripted.peer(0).up = false;
  await scripted.advance(10);
  scripted.peer(1).gets[0]?.replySame();
  await scripted.advance(10);
  t.like(client.last(), { name: 'modify k', failure: undefined, applied: false });
  t.is(client.outcomes.length, 1);
});

test('a get whose coordinator is late is run by another primary too, and whichever answers first answers it', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(orders(scripted), [[], [], ['forward']], 'the coordinator waits for a replica itself');
  await scripted.advance(HEDGE_DELAY_MS);
  t.deepEqual(orders(scripted), [[], ['forward'], ['forward']]);
  t.is(scripted.node.counters.hedged_reads, 1);
  scripted.peer(1).forwards[0]?.reply(encodeReply({ ...NOTHING, object: OBJECT }));
  t.deepEqual(client.last().values, ['x']);
  scripted.peer(2).forwards[0]?.reply(encodeReply(NOTHING));
  await scripted.advance(500);
  t.is(client.outcomes.length, 1);
  t.deepEqual(orders(scripted), [[], ['forward'], ['forward']]);
});

test('a coordinator that is asked because another declined has all of its own time', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  scripted.openClient(SLOT_OF_OTHERS).get('k');
  await scripted.advance(HEDGE_DELAY_MS);
  scripted.peer(2).forwards[0]?.fail('refused');
  await scripted.advance(HEDGE_DELAY_MS + 10);
  t.deepEqual(orders(scripted), [[], ['forward'], ['forward']]);
  await scripted.advance(HEDGE_DELAY_MS);
  t.deepEqual(orders(scripted), [['forward'], ['forward'], ['forward']]);
  t.is(scripted.node.counters.hedged_reads, 1);
});

test('a late coordinator that fails leaves the get to the other, and both failing to the next', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  await scripted.advance(2 * HEDGE_DELAY_MS + 10);
  scripted.peer(2).forwards[0]?.fail('timeout');
  t.deepEqual(orders(scripted), [[], ['forward'], ['forward']]);
  t.is(client.outcomes.length, 0);
  scripted.peer(1).forwards[0]?.fail('timeout');
  t.deepEqual(orders(scripted), [['forward'], ['forward'], ['forward']]);
  scripted.peer(0).forwards[0]?.reply(encodeReply({ ...NOTHING, object: OBJECT }));
  t.deepEqual(client.last().values, ['x']);
});

test('neither writes, nor gets that may miss a write at another node, are run by two at once', async (t) => {
  for (const keyspace of [{}, { r: 1, w: 1 }]) {
    const scripted = await ScriptedNode.open({ nodes: 4, keyspace });
    const client = scripted.openClient(SLOT_OF_OTHERS);
    client.put('a', 'v');
    client.modify('b', DELETE);
    if ('r' in keyspace) client.get('c');
    await scripted.advance(10 * HEDGE_DELAY_MS);
    t.deepEqual(scripted.peers.map(({ forwards }) => forwards.length).slice(0, 2), [0, 0]);
    t.is(scripted.node.counters.hedged_reads, 0);
  }
});

test('a get goes to a faster primary while the first of the list is slow; a change does not', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  scripted.peer(2).getUs = 100_000;
  client.get('a');
  client.modify('b', DELETE);
  t.deepEqual(orders(scripted), [[], ['forward'], ['forward']]);
  t.deepEqual(
    scripted.peers.map(({ forwards: [sent] }) => sent && decodeRequest(sent.body).kind),
    [undefined, 'get', 'modify'],
  );
  scripted.peer(2).getUs = 300;
  client.get('c');
  t.is(scripted.peer(2).forwards.length, 2);
});
