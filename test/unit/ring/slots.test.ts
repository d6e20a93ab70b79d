import test from 'ava';
import * as fc from 'fast-check';
import {
  partitionCountFault,
  partitionOf,
  SLOT_COUNT,
  type Slot,
  slotOf,
  slotsOf,
} from '../../../cluster/ring/slots.js';

/** As `redis-cli CLUSTER KEYSLOT` of Redis 7.0 answers. */
const SLOTS_OF_REDIS: readonly (readonly [string, number])[] = [
  ['', 0],
  ['a', 15495],
  ['foo', 12182],
  ['bar', 5061],
  ['123456789', 12739],
  ['{user1000}.following', 3443],
  ['{user1000}.followers', 3443],
  ['foo{}{bar}', 8363],
  ['foo{{bar}}zap', 4015],
  ['foo{bar}{zap}', 5061],
  ['{}', 15257],
  ['{}x', 10595],
  ['a{', 14311],
  ['a}b{c', 13587],
  ['{a', 10276],
  ['}{x}', 16287],
  ['x{}', 2608],
  ['x{}y{z}', 15453],
  ['é{ü}', 11923],
];

test('a key has the slot that Redis Cluster gives it', (t) => {
  for (const [key, slot] of SLOTS_OF_REDIS) t.is(slotOf(Buffer.from(key, 'latin1')), slot as Slot, JSON.stringify(key));
});

test('keys with the same hash tag share a slot', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 1 }), fc.uint8Array(), (before, tag, after) => {
      fc.pre(!before.includes(0x7b) && !tag.includes(0x7d));
      const key = Buffer.concat([before, Buffer.from('{'), tag, Buffer.from('}'), after]);
      t.is(slotOf(key), slotOf(Buffer.concat([Buffer.from('{'), tag, Buffer.from('}')])));
    }),
  );
});

test('each slot belongs to the one partition whose range has it', (t) => {
  for (let bits = 0; bits <= 14; bits++) {
    const partitionCount = 2 ** bits;
    for (let slot = 0; slot < SLOT_COUNT; slot += 37) {
      const partition = partitionOf(slot as Slot, partitionCount);
      const { first, last } = slotsOf(partition, partitionCount);
      t.true(
        partition < partitionCount && first <= slot && slot <= last && last - first + 1 === SLOT_COUNT / partitionCount,
      );
    }
  }
});

test('a number of partitions that is no power of two up to 16384 is refused with a reason', (t) => {
  t.is(partitionCountFault(1), undefined);
  t.is(partitionCountFault(256), undefined);
  t.is(partitionCountFault(SLOT_COUNT), undefined);
  t.is(partitionCountFault(100), 'must be a power of two');
  for (const count of [0, -1, 1.5, 32768, Number.NaN]) {
    t.is(partitionCountFault(count), 'must be a whole number from 1 to 16384');
  }
});
