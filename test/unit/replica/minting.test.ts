import test from 'ava';
import { fillNote, noteOf } from '../../../cluster/replica/record.js';
import { LOG, RECORD_NOTE_BYTES } from '../../../cluster/replica/replica.js';
import { ManualWorld } from '../storage/manual-world.js';
import { foreignObject, OpenedReplica } from './opened-replica.js';

const ELSEWHERE = 'ff00000000000001';

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}

test('a note of this life is kept, one of another life is replaced by the current actor', (t) => {
  const current = Buffer.from('aabbccddeeff0005', 'hex');
  const record = Buffer.alloc(20);
  const note = (actor: string) => Buffer.concat([Buffer.alloc(3), Buffer.from(actor, 'hex')]);
  fillNote(record, undefined, current);
  t.is(hex(noteOf(record)), 'aabbccddeeff0005');
  fillNote(record, note('aabbccddeeff0002'), current);
  t.is(hex(noteOf(record)), 'aabbccddeeff0002', 'held since an earlier epoch of this life');
  for (const other of ['00bbccddeeff0002', 'aabbccddeefe0002', 'aabbccddee000005']) {
    fillNote(record, note(other), current);
    t.is(hex(noteOf(record)), 'aabbccddeeff0005');
  }
});

test('a key is minted for under the actor that has held it without a gap', async (t) => {
  const world = new ManualWorld();
  const first = await OpenedReplica.openWarm(world);
  const { actor } = first.identity;
  t.is(first.replica.mintingActor(null), first.identity.actorBytes);
  t.is(first.putKnown('k', 'v').actor, actor);
  first.merge('merged', foreignObject(ELSEWHERE, 1, 'v'));
  const merged = first.peek('merged') ?? Buffer.alloc(8);
  t.is(hex(merged.subarray(-RECORD_NOTE_BYTES)), actor, 'held from the merge on');

  const second = await OpenedReplica.openWarm(world, { disk: await first.stop() });
  t.not(second.identity.actor, actor);
  t.is(second.putKnown('k', 'x').actor, second.identity.actor, 'the folder may be an earlier copy');
  second.merge('merged', foreignObject(ELSEWHERE, 2, 'w'), LOG);
  t.is(hex((second.peek('merged') ?? Buffer.alloc(8)).subarray(-RECORD_NOTE_BYTES)), second.identity.actor);
});

test('a note of an earlier epoch of this life names the actor to mint under', async (t) => {
  const opened = await OpenedReplica.openWarm(new ManualWorld());
  const earlier = Buffer.from(opened.identity.actorBytes);
  earlier.writeUInt16BE(0xfffe, 6);
  const record = Buffer.concat([foreignObject(ELSEWHERE, 1, 'v'), earlier]);
  t.is(hex(opened.replica.mintingActor(record)), hex(earlier));
});
