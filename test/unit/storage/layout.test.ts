import test from 'ava';
import fc from 'fast-check';
import type { Partition } from '../../../cluster/ring/slots.js';
import {
  kindRange,
  partitionRange,
  STORAGE_KIND,
  storageBound,
  storageKey,
  storedDb,
  storedKey,
} from '../../../cluster/storage/layout.js';

const keys = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const partitions = fc.nat({ max: 16_383 });
const dbs = fc.nat({ max: 15 });

test('on-disk kinds keep their numbers', (t) => {
  t.deepEqual(STORAGE_KIND, { data: 1, hint: 2, membership: 3, meta: 4, journal: 5, aside: 6, tree: 7 });
});

test('a storage key gives back its database and key', (t) => {
  fc.assert(
    fc.property(partitions, dbs, keys, (partition, db, key) => {
      const stored = storageKey(STORAGE_KIND.data, partition, db, key);
      t.is(storedDb(stored), db);
      t.is(storedKey(stored), key);
    }),
  );
  t.deepEqual([...storageKey(STORAGE_KIND.hint, 0x0102, 3, 'ÿk')], [2, 1, 2, 3, 255, 107]);
});

test('a partition, and a database within it, is one contiguous range of keys', (t) => {
  fc.assert(
    fc.property(partitions, dbs, keys, partitions, dbs, (partition, db, key, otherPartition, otherDb) => {
      const stored = storageKey(STORAGE_KIND.data, partition, db, key);
      const between = ({ from, to }: { from: Buffer; to: Buffer }) =>
        Buffer.compare(from, stored) <= 0 && Buffer.compare(stored, to) < 0;
      t.true(between(kindRange(STORAGE_KIND.data)));
      t.false(between(kindRange(STORAGE_KIND.meta)));
      t.is(between(partitionRange(STORAGE_KIND.data, otherPartition as Partition)), partition === otherPartition);
      t.is(
        between({
          from: storageBound(STORAGE_KIND.data, partition, otherDb),
          to: storageBound(STORAGE_KIND.data, partition, otherDb + 1),
        }),
        db === otherDb,
      );
    }),
  );
});
