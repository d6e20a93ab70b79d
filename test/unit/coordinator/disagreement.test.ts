/**
 * Nodes that hear of a change one after the other take different nodes for the primaries. Of five nodes the list of SLOT_OF_OWN
 * is: the node under test, then peers 0 to 3; of SLOT_OF_OTHERS with four nodes the node under test is the last.
 */
import test from 'ava';
import { acceptsForwarded, coordinate } from '../../../cluster/coordinator/coordinate.js';
import { actorNamed, objectWith, partitionOfSlot, ScriptedNode, SLOT_OF_OTHERS, SLOT_OF_OWN } from './scripted-node.js';

const NEW = objectWith({ actor: actorNamed('a'), counter: 9, value: 'new' });

function refuseForwards(scripted: ScriptedNode): void {
  for (const peer of scripted.peers) for (const forward of peer.forwards.splice(0)) forward.fail('refused');
}

function asked(scripted: ScriptedNode, what: string): number[] {
  return scripted.peers.flatMap(({ order }, index) => (order.at(-1) === what ? [index] : []));
}

test('a holder that retires runs what others forward to it, which take it for a primary still; a receiver does not', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 5, keyspace: { n: 1, r: 1, w: 1 } });
  const accepts = (): boolean => acceptsForwarded(scripted.node, partitionOfSlot(SLOT_OF_OTHERS), 'k');
  const { id } = scripted.membership.self;
  const ring = scripted.membership.ring();
  const [first] = ring.preferenceList(partitionOfSlot(SLOT_OF_OTHERS));
  if (first === undefined) throw new Error('a list without nodes');
  t.false(accepts(), 'it holds nothing');
  scripted.membership.change({ holders: () => [first, id] });
  t.true(accepts());
  scripted.heldBy(1);
  t.false(acceptsForwarded(scripted.node, partitionOfSlot(SLOT_OF_OWN), 'k'), 'it is the receiver');
});

test('a get that holders decline is read from the primaries: the copy of a fallback counts for none of them', async (t) => {
  for (const [n, r] of [
    [1, 1],
    [3, 2],
  ] as const) {
    const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { n, r, w: n } });
    const client = scripted.openClient(SLOT_OF_OTHERS);
    client.get('k');
    for (let i = 0; i < 4 && client.ended().length === 0; i++) refuseForwards(scripted);
    const primaries = asked(scripted, 'get');
    t.is(primaries.length, r, `N = ${n}`);
    t.deepEqual(client.ended(), []);
    for (const index of primaries) scripted.peer(index).gets[0]?.reply(NEW);
    t.deepEqual(client.last().values, ['new']);
  }
});

test('the copy of a fallback counts while a primary can not be reached', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.get('k');
  scripted.peer(0).up = false;
  for (let i = 0; i < 4 && asked(scripted, 'get').length === 0; i++) refuseForwards(scripted);
  t.is(asked(scripted, 'get').length, 1);
});

test('a put that holders decline needs W of the primaries, beside the copy of the fallback that runs it', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  const client = scripted.openClient(SLOT_OF_OTHERS);
  client.put('k', 'v');
  for (let i = 0; i < 4 && asked(scripted, 'put').length === 0; i++) refuseForwards(scripted);
  const primaries = asked(scripted, 'put');
  t.is(primaries.length, 3);
  const [a, b] = primaries.map((index) => scripted.peer(index));
  a?.puts[0]?.reply();
  t.deepEqual(client.ended(), [], 'the own copy and one primary');
  b?.puts[0]?.reply();
  t.is(client.last().failure, undefined);
});

test('a put that a retiring holder runs ends with W primaries and its own copy, and leaves no hint', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4, keyspace: { sloppy: false } });
  const others = scripted.peers.map(({ id }) => id);
  scripted.membership.change({ holders: () => [...others, scripted.membership.self.id] });
  const written = { tombstone: false, expiryMs: 0, value: Buffer.from('v') };
  let ended = false;
  coordinate(
    scripted.node,
    { kind: 'put', db: 0, slot: SLOT_OF_OTHERS, key: 'k', context: undefined, written, asked: 0 },
    ({ failure }) => {
      t.is(failure, undefined);
      ended = true;
    },
  );
  scripted.peer(0).puts[0]?.reply();
  t.false(ended, 'it needs W of the primaries: the own copy is the one more');
  scripted.peer(1).puts[0]?.reply();
  t.true(ended);
  t.deepEqual(scripted.hints.kept, []);
});
