import test from 'ava';
import { Entry } from '../../../cluster/replica/entry.js';
import { ExpiryFigures } from '../../../cluster/replica/expiry-figures.js';
import { EXPIRY_SAMPLE_STEPS } from '../../../cluster/replica/limits.js';
import { RECORD_NOTE_BYTES, standingOf } from '../../../cluster/replica/record.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { encodeObject } from '../../../cluster/version/codec.js';

const NOW_MS = 1_000_000;

function recordOf(expiryMs: number, counter = 1): Buffer {
  const dot = { actor: '0011223344556677' as ActorId, counter };
  const object = encodeObject({
    clock: new Map([[dot.actor, counter]]),
    siblings: [{ dot, tombstone: false, expiryMs, value: Buffer.from('v') }],
  });
  return Buffer.concat([object, Buffer.alloc(RECORD_NOTE_BYTES)]);
}

function entryOf(index: number, expiryMs: number): Entry {
  const entry = new Entry(0 as Partition, 0, `k${index}`);
  const record = recordOf(expiryMs);
  entry.replaceRecord(record);
  entry.standing = standingOf(record);
  return entry;
}

test('a key counts as expired when its record leaves after its time, and not again with a merge of the same value', (t) => {
  const figures = new ExpiryFigures(
    () => NOW_MS,
    () => [],
  );
  figures.leaves(recordOf(NOW_MS + 1), recordOf(0, 2));
  figures.leaves(recordOf(NOW_MS - 1), recordOf(NOW_MS - 1, 2));
  t.is(figures.expired, 0);
  figures.leaves(recordOf(NOW_MS), recordOf(0, 2));
  figures.leaves(recordOf(NOW_MS), undefined);
  t.is(figures.expired, 2);
  figures.reset();
  t.is(figures.expired, 0);
});

test('the average time to live comes of samples of the keys that have one', (t) => {
  const entries = [entryOf(0, 0), entryOf(1, NOW_MS + 1000), entryOf(2, NOW_MS + 3000), entryOf(3, NOW_MS - 5)];
  const figures = new ExpiryFigures(
    () => NOW_MS,
    (db) => (db === 0 ? entries : []),
  );
  t.is(figures.averageTtlMs(0), 2000);
  t.is(figures.averageTtlMs(0), 2000);
  t.is(figures.averageTtlMs(1), 0);
});

test('a sample looks at a few keys, and the next one goes on where it ended', (t) => {
  let looked = 0;
  function* many(): Generator<Entry> {
    for (let index = 0; index < 2 * EXPIRY_SAMPLE_STEPS; index++) {
      looked++;
      yield entryOf(index, index < EXPIRY_SAMPLE_STEPS ? 0 : NOW_MS + 700);
    }
  }
  const figures = new ExpiryFigures(() => NOW_MS, many);
  t.is(figures.averageTtlMs(0), 0);
  t.is(looked, EXPIRY_SAMPLE_STEPS);
  t.is(figures.averageTtlMs(0), 700);
  t.is(looked, 2 * EXPIRY_SAMPLE_STEPS);
});
