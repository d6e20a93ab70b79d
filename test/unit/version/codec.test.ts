import test from 'ava';
import fc from 'fast-check';
import {
  decodeClock,
  decodeObject,
  encodeClock,
  encodeObject,
  FLAG_TOMBSTONE,
  OBJECT_HEADER_BYTES,
  objectFault,
} from '../../../cluster/version/codec.js';
import { join } from '../../../cluster/version/object.js';
import { readU64, writeU64 } from '../../../cluster/version/words.js';
import { ACTORS, anyClock, anyCounter, anyObjects, anyWellFormed, inOrder, siblingOf } from './objects.js';

const holdsFor = (property: fc.IRawProperty<unknown, false>): void => fc.assert(property, { numRuns: 400 });

test('an object survives being encoded and decoded', (t) => {
  holdsFor(
    fc.property(anyWellFormed, (object) => {
      const bytes = encodeObject(object);
      t.is(objectFault(bytes), undefined);
      const decoded = decodeObject(bytes);
      t.deepEqual(decoded.siblings, object.siblings);
      t.deepEqual(inOrder(decoded.clock), inOrder(object.clock));
    }),
  );
  t.pass();
});

test('the bytes do not depend on the order in which a clock was gathered', (t) => {
  holdsFor(
    fc.property(anyObjects(2), ([a, b]) => {
      if (a === undefined || b === undefined) return;
      t.deepEqual(encodeObject(join(a, b)), encodeObject(join(b, a)));
      const reversed = { clock: new Map([...a.clock].reverse()), siblings: a.siblings };
      t.deepEqual(encodeObject(reversed), encodeObject(a));
    }),
  );
  t.pass();
});

test('bytes that are found well-formed are canonical: decoding and encoding gives them back', (t) => {
  const flipped = fc.tuple(anyWellFormed, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([object, at, mask]) => {
    const bytes = encodeObject(object);
    const index = at % bytes.length;
    bytes[index] = bytes.readUInt8(index) ^ mask;
    return bytes;
  });
  fc.assert(
    fc.property(flipped, (bytes) => {
      if (objectFault(bytes) === undefined) t.deepEqual(encodeObject(decodeObject(bytes)), bytes);
    }),
    { numRuns: 4_000 },
  );
  t.pass();
});

test('an object cut off anywhere, or with a byte behind it, is refused with a reason', (t) => {
  holdsFor(
    fc.property(anyWellFormed, (object) => {
      const bytes = encodeObject(object);
      for (let length = 0; length < bytes.length; length++) {
        t.is(typeof objectFault(bytes.subarray(0, length)), 'string', `cut at ${length}`);
      }
      t.is(objectFault(Buffer.concat([bytes, Buffer.alloc(1)])), 'bytes follow the object');
    }),
  );
  t.pass();
});

test('random bytes never throw', (t) => {
  const random = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc.uint8Array({ minLength: 4, maxLength: 120 }).map((bytes) => {
      bytes[0] = 1;
      bytes[1] = (bytes[1] ?? 0) % 4;
      bytes[2] = (bytes[2] ?? 0) % 4;
      bytes[3] = 0;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(random, (bytes) => {
      const fault = objectFault(Buffer.from(bytes));
      if (fault === undefined) t.deepEqual(encodeObject(decodeObject(Buffer.from(bytes))), Buffer.from(bytes));
    }),
    { numRuns: 4_000 },
  );
  t.pass();
});

test('siblings or clock entries out of order are refused', (t) => {
  const [first, second] = ACTORS;
  if (first === undefined || second === undefined) return t.fail();
  const clock = new Map([
    [first, 9],
    [second, 9],
  ]);
  const older = siblingOf({ actor: first, counter: 7 });
  const newer = siblingOf({ actor: second, counter: 8 });
  t.is(objectFault(encodeObject({ clock, siblings: [newer, older] })), undefined);
  t.is(objectFault(encodeObject({ clock, siblings: [older, newer] })), 'siblings are out of order');
  t.is(objectFault(encodeObject({ clock, siblings: [older, older] })), 'siblings are out of order');
  const bytes = encodeObject({ clock, siblings: [] });
  bytes.copyWithin(OBJECT_HEADER_BYTES + 16, OBJECT_HEADER_BYTES, OBJECT_HEADER_BYTES + 16);
  t.is(objectFault(bytes), 'clock is out of order');
});

test('a sibling that its own clock has not seen is refused: merges would not agree on it', (t) => {
  const [first] = ACTORS;
  if (first === undefined) return t.fail();
  const siblings = [siblingOf({ actor: first, counter: 7 })];
  t.is(typeof objectFault(encodeObject({ clock: new Map(), siblings })), 'string');
  t.is(typeof objectFault(encodeObject({ clock: new Map([[first, 6]]), siblings })), 'string');
  t.is(objectFault(encodeObject({ clock: new Map([[first, 7]]), siblings })), undefined);
});

test('a counter, an expiry or a flag that this format does not know is refused', (t) => {
  const [actor] = ACTORS;
  if (actor === undefined) return t.fail();
  const bytes = encodeObject({ clock: new Map([[actor, 7]]), siblings: [siblingOf({ actor, counter: 7 })] });
  const siblingAt = OBJECT_HEADER_BYTES + 16;
  for (const at of [OBJECT_HEADER_BYTES + 8, siblingAt + 17]) {
    const unsafe = Buffer.from(bytes);
    unsafe.fill(0xff, at, at + 8);
    t.is(typeof objectFault(unsafe), 'string');
  }
  const flagged = Buffer.from(bytes);
  flagged[siblingAt + 16] = FLAG_TOMBSTONE | 2;
  t.is(typeof objectFault(flagged), 'string');
});

test('an object with more clock entries or siblings than its header can count is never encoded', (t) => {
  const clock = new Map(
    Array.from({ length: 256 }, (_, i) => [`${i.toString(16).padStart(16, '0')}` as (typeof ACTORS)[number], 1]),
  );
  t.throws(() => encodeObject({ clock, siblings: [] }).length);
});

test('64-bit numbers survive up to the greatest safe integer', (t) => {
  const bytes = Buffer.alloc(8);
  holdsFor(
    fc.property(anyCounter, (counter) => {
      writeU64(bytes, 0, counter);
      t.is(readU64(bytes, 0), counter);
      t.is(bytes.readBigUInt64LE(), BigInt(counter));
    }),
  );
});

test('a version vector survives being encoded and decoded; cut or grown it is refused', (t) => {
  holdsFor(
    fc.property(anyClock, (clock) => {
      const bytes = encodeClock(clock);
      t.deepEqual(inOrder(decodeClock(bytes)), inOrder(clock));
      for (let length = 0; length < bytes.length; length++) t.is(decodeClock(bytes.subarray(0, length)), undefined);
      t.is(decodeClock(Buffer.concat([bytes, Buffer.alloc(1)])), undefined);
    }),
  );
});

test('random bytes never make a version vector that throws', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const clock = decodeClock(Buffer.from(bytes));
      if (clock !== undefined) t.true(clock.size <= 3);
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});
