import test from 'ava';
import type { Change } from '../../../cluster/coordinator/change.js';
import { encodeReply } from '../../../cluster/coordinator/forwarded.js';
import { actorNamed, objectWith, ScriptedNode, SLOT_OF_OTHERS, SLOT_OF_PEER } from './scripted-node.js';

const DELETE: Change = { kind: 'delete', context: undefined };
const OBJECT = objectWith({ actor: actorNamed('a'), counter: 5, value: 'x' });

function orders(scripted: ScriptedNode): string[][] {
  return scripted.peers.map(({ order }) => order);
}

test('the answer of the coordinator is the answer, failures too', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  const nothing = { failure: undefined, applied: false, previous: undefined, object: undefined };
  scripted.peer(2).forwards[0]?.reply(encodeReply({ ...nothing, object: OBJECT }));
  t.like(client.last(), { failure: undefined, values: ['x'] });
  const failure = { code: 'ReadQuorumNotMet', answered: 1, needed: 2 } as const;
  client.get('k');
  scripted.peer(2).forwards[1]?.reply(encodeReply({ ...nothing, failure }));
  t.deepEqual(client.last().failure, failure);
  t.is(scripted.node.counters.forwarded, 2);
});

test('a get whose coordinator fails is handed to the next primary, and to no fallback', async (t) => {
  for (const reason of ['unreachable', 'timeout', 'refused'] as const) {
    const scripted = await ScriptedNode.open({ nodes: 4 });
    const client = scripted.openClient(SLOT_OF_OTHERS);
    client.get('k');
    for (const index of [2, 1, 0]) scripted.peer(index).forwards[0]?.fail(reason);
    t.deepEqual(orders(scripted), [['forward'], ['forward'], ['forward']]);
    t.is(client.outcomes.length, 1);
    t.deepEqual(client.last().failure, { code: 'ReadQuorumNotMet', answered: 0, needed: 2 });
  }
});

test('a write whose coordinator fails is not repeated: whether it took effect is unknown', async (t) => {
  for (const reason of ['unreachable', 'timeout'] as const) {
    const scripted = await ScriptedNode.open({ nodes: 4 });
    const client = scripted.openClient(SLOT_OF_OTHERS);
    client.put('k', 'v');
    client.modify('other', DELETE);
    for (const sent of scripted.peer(2).forwards) sent.fail(reason);
    t.deepEqual(orders(scripted), [[], [], ['forward', 'forward']]);
    t.deepEqual(
      client.outcomes.map(({ failure }) => failure?.code),
      ['OutcomeUnknown', 'OutcomeUnknown'],
    );
  }
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

test('without a reachable primary nothing is sent and nothing was written', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
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
