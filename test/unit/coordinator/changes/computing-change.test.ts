/** Changes that compute, where nodes go away meanwhile: none of them is done twice. */
import test from 'ava';
import type { Change } from '../../../../cluster/coordinator/changes/change.js';
import { decodeRequest, encodeReply } from '../../../../cluster/coordinator/forwarding/forwarded.js';
import {
  actorNamed,
  FORWARD_WITHIN_MS,
  objectWith,
  ScriptedNode,
  SLOT_OF_OTHERS,
  SLOT_OF_OWN,
  SLOT_OF_PEER,
} from '../scripted-node.js';

const APPEND: Change = { kind: 'compute', operation: { kind: 'append', value: Buffer.from('!'), bytesMax: 100 } };
const GETDEL: Change = { kind: 'compute', operation: { kind: 'getdel' } };
const HELD = objectWith({ actor: actorNamed('a'), counter: 5, value: 'held' });

function replyToGets(scripted: ScriptedNode): void {
  for (const peer of scripted.peers) for (const asked of peer.gets) if (!asked.isAnswered) asked.replySame();
}

test('changes of one key that come at once are done one after the other', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', HELD);
  const clients = [scripted.openClient(), scripted.openClient(), scripted.openClient()];
  for (const client of clients) client.modify('k', APPEND);
  for (const _ of clients) replyToGets(scripted);
  for (const peer of scripted.peers) for (const sent of peer.puts) sent.reply();
  t.deepEqual(
    clients.map((client) => client.last().previous),
    ['5', '6', '7'],
  );
  t.deepEqual(scripted.heldValues('k', SLOT_OF_OWN), ['held!!!']);
});

test('the answer of a change that ran at another node is the answer', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.modify('k', APPEND);
  const [sent] = scripted.peer(2).forwards;
  t.like(decodeRequest(sent?.body ?? Buffer.alloc(0)), { key: 'k', change: APPEND, again: false });
  const answer = { failure: undefined, applied: true, previous: Buffer.from('9'), object: undefined };
  sent?.reply(encodeReply(answer));
  t.like(client.last(), { failure: undefined, applied: true, previous: '9' });
});

for (const [name, change] of Object.entries({ APPEND, GETDEL })) {
  test(`${name} that may have run where the coordinator went away is not done again, and says that it can't be told`, async (t) => {
    const scripted = await ScriptedNode.open();
    scripted.hold('k', HELD, SLOT_OF_PEER);
    const client = scripted.openClient(SLOT_OF_PEER);
    client.modify('k', change);
    scripted.peer(0).forwards[0]?.fail('timeout');
    await scripted.advance(FORWARD_WITHIN_MS + 5);
    replyToGets(scripted);
    t.is(client.last().failure?.code, 'OutcomeUnknown');
    t.deepEqual(scripted.heldValues('k', SLOT_OF_PEER), ['held']);
    for (const peer of scripted.peers) t.is(peer.puts.length, 0);
  });

  test(`${name} that the coordinator refused to begin is done by the next`, async (t) => {
    const scripted = await ScriptedNode.open();
    scripted.hold('k', HELD, SLOT_OF_PEER);
    const client = scripted.openClient(SLOT_OF_PEER);
    client.modify('k', change);
    scripted.peer(0).forwards[0]?.fail('refused');
    replyToGets(scripted);
    for (const peer of scripted.peers) for (const sent of peer.puts) sent.reply();
    t.like(client.last(), { failure: undefined, applied: true, previous: name === 'APPEND' ? '5' : 'held' });
    t.deepEqual(scripted.heldValues('k', SLOT_OF_PEER), name === 'APPEND' ? ['held!'] : ['†']);
  });
}

test('APPEND that a coordinator could not begin for want of others is done by the next', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.modify('k', APPEND);
  const nothing = { applied: false, previous: undefined, object: undefined };
  const failure = { code: 'ReadQuorumNotMet', answered: 1, needed: 2 } as const;
  scripted.peer(2).forwards[0]?.reply(encodeReply({ ...nothing, failure }));
  t.like(decodeRequest(scripted.peer(1).forwards[0]?.body ?? Buffer.alloc(0)), { change: APPEND, again: false });
});

test('what is not allowed for its length is refused with a reason, and nothing is written', async (t) => {
  const scripted = await ScriptedNode.open();
  scripted.hold('k', HELD);
  const client = scripted.openClient();
  client.modify('k', { kind: 'compute', operation: { kind: 'append', value: Buffer.from('!'), bytesMax: 4 } });
  replyToGets(scripted);
  const reason = 'value would be 5 bytes long; at most 4 are allowed';
  t.deepEqual(client.last().failure, { code: 'NotApplicable', reason });
  t.deepEqual(scripted.heldValues('k'), ['held']);
  for (const peer of scripted.peers) t.is(peer.puts.length, 0);
});
