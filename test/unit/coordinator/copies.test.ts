import test from 'ava';
import { type Copy, copiesOf, unionOf } from '../../../cluster/coordinator/copies.js';
import { foreignObject } from '../replica/opened-replica.js';
import { partitionOfSlot, ScriptedNode, SLOT_OF_OWN } from './scripted-node.js';

const A = `${'0a'.repeat(6)}0000`;
const B = `${'0b'.repeat(6)}0000`;

function textOf({ role, held }: Copy): string {
  if (held === undefined || typeof held === 'string') return `${role} ${held ?? 'nothing'}`;
  return `${role} ${held.siblings.map(({ value }) => value.toString()).join()}`;
}

test('each node of the list tells what it holds, and who can not be asked is named', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 4 });
  scripted.hold('key', foreignObject(A, 5, 'mine'));
  const [first, second, third] = scripted.peers;
  if (first !== undefined) first.up = false;
  const asked = copiesOf(scripted.node, 0, SLOT_OF_OWN, 'key');
  second?.gets[0]?.reply(foreignObject(B, 6, 'theirs'));
  third?.gets[0]?.reply(undefined);
  const copies = await asked;
  t.deepEqual(copies.map(textOf).toSorted(), [
    'fallback nothing',
    'primary mine',
    'primary theirs',
    'primary unreachable',
  ]);
  t.deepEqual(
    unionOf(copies)?.siblings.map(({ value }) => value.toString()),
    ['theirs', 'mine'],
  );
  t.is(second?.puts.length, 0, 'nothing is repaired by it');
});

test('a key that is not in memory is read from the store, and one that nobody holds has no union', async (t) => {
  const before = await ScriptedNode.open({ nodes: 1 });
  before.hold('key', foreignObject(A, 5, 'stored'));
  const disk = await before.opened.stop();
  const scripted = await ScriptedNode.open({ nodes: 1, cold: true, disk });
  const read = copiesOf(scripted.node, 0, SLOT_OF_OWN, 'key');
  await scripted.advance(100);
  t.deepEqual((await read).map(textOf), ['primary stored']);
  const absent = copiesOf(scripted.node, 0, SLOT_OF_OWN, 'absent');
  await scripted.advance(100);
  t.is(unionOf(await absent), undefined);
});

test('a copy that the node does not vouch for is not shown', async (t) => {
  const scripted = await ScriptedNode.open({ nodes: 1 });
  scripted.hold('key', foreignObject(A, 5, 'old'));
  scripted.node.replica.setServes(partitionOfSlot(SLOT_OF_OWN), false);
  t.deepEqual((await copiesOf(scripted.node, 0, SLOT_OF_OWN, 'key')).map(textOf), ['primary refused']);
});
