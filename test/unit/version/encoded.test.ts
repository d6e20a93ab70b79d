import test from 'ava';
import fc from 'fast-check';
import { actorBytes } from '../../../cluster/version/actor.js';
import { decodeObject, encodeObject, objectFault } from '../../../cluster/version/codec.js';
import {
  clockEntryCount,
  clockHasActor,
  encodeReplacing,
  highestCounter,
  joinBytes,
  newestLiveSibling,
  objectLength,
  sameObject,
  siblingCount,
  siblingsOffset,
  siblingValue,
  versionFingerprint,
} from '../../../cluster/version/encoded.js';
import { isLive, join, put, type Sibling, type VersionedObject } from '../../../cluster/version/object.js';
import { ACTORS, anyObjects, anyWellFormed, anyWritten, reachableObject, reachableStates } from './objects.js';

const TAIL = Buffer.from('tail bytes');
const anyObject = fc.oneof(reachableObject, anyWellFormed);
const anyTail = fc.constantFrom(Buffer.alloc(0), TAIL, Buffer.alloc(8, 0xff));
const holdsFor = (property: fc.IRawProperty<unknown, false>): void => fc.assert(property, { numRuns: 500 });

function withTail(object: VersionedObject, tail: Buffer): Buffer {
  return Buffer.concat([encodeObject(object), tail]);
}

function exact(bytes: Buffer): Buffer {
  return bytes.subarray(0, objectLength(bytes));
}

test('merging bytes gives the bytes of the merged model, whatever follows either side', (t) => {
  fc.assert(
    fc.property(anyObjects(2), anyTail, anyTail, ([a, b], tailA, tailB) => {
      if (a === undefined || b === undefined) return;
      const joined = exact(joinBytes(withTail(a, tailA), withTail(b, tailB)));
      t.deepEqual(joined, encodeObject(join(a, b)));
      t.is(objectFault(joined), undefined);
    }),
    { numRuns: 1_500 },
  );
  t.pass();
});

test('merging bytes answers the very buffer that already holds the result, the local one first', (t) => {
  holdsFor(
    fc.property(anyObjects(2), anyTail, ([a, b], tail) => {
      if (a === undefined || b === undefined) return;
      const local = withTail(a, tail);
      const incoming = encodeObject(b);
      const expected = encodeObject(join(a, b));
      const joined = joinBytes(local, incoming);
      if (expected.equals(encodeObject(a))) t.is(joined, local);
      else if (expected.equals(incoming)) t.is(joined, incoming);
      else t.true(joined !== local && joined !== incoming);
    }),
  );
  t.pass();
});

test('replacing in bytes gives the bytes of a put that has seen everything', (t) => {
  const current = fc.option(anyObject, { nil: undefined });
  holdsFor(
    fc.property(current, anyTail, fc.constantFrom(...ACTORS), anyWritten, (object, tail, actor, written) => {
      const highest = Math.max(0, ...(object?.clock.values() ?? []));
      if (highest === Number.MAX_SAFE_INTEGER) return;
      const counter = highest + 1;
      const before = object === undefined ? undefined : withTail(object, tail);
      const bytes = encodeReplacing(before, actorBytes(actor), counter, written);
      const model = encodeObject(put(object, undefined, { dot: { actor, counter }, ...written }));
      t.deepEqual(bytes, model);
    }),
  );
  t.pass();
});

test('what is read from the bytes is what the decoded object says', (t) => {
  holdsFor(
    fc.property(anyObject, anyTail, (object, tail) => {
      const bytes = withTail(object, tail);
      t.is(objectLength(bytes), bytes.length - tail.length);
      t.is(siblingCount(bytes), object.siblings.length);
      t.is(clockEntryCount(bytes), object.clock.size);
      t.is(highestCounter(bytes), Math.max(0, ...object.clock.values()));
      for (const actor of ACTORS) t.is(clockHasActor(bytes, actorBytes(actor)), object.clock.has(actor));
      if (object.siblings.length > 0)
        t.deepEqual(siblingValue(bytes, siblingsOffset(bytes)), readValue(object.siblings[0]));
    }),
  );
  t.pass();
});

test('the newest live sibling is the first that is neither deleted nor expired', (t) => {
  holdsFor(
    fc.property(anyObject, fc.integer({ min: 0, max: 12 }), anyTail, (object, nowMs, tail) => {
      const bytes = withTail(object, tail);
      const at = newestLiveSibling(bytes, nowMs);
      const expected = object.siblings.find((sibling) => isLive(sibling, nowMs));
      if (expected === undefined) return t.is(at, -1);
      return t.deepEqual(siblingValue(bytes, at), readValue(expected));
    }),
  );
  t.pass();
});

test('objects are the same exactly when their canonical bytes are, whatever follows them', (t) => {
  holdsFor(
    fc.property(anyObjects(2), anyTail, anyTail, ([a, b], tailA, tailB) => {
      if (a === undefined || b === undefined) return;
      t.true(sameObject(withTail(a, tailA), withTail(a, tailB)));
      t.is(sameObject(withTail(a, tailA), withTail(b, tailB)), encodeObject(a).equals(encodeObject(b)));
    }),
  );
  t.pass();
});

test('a fingerprint is the same for the same version and differs between the versions of a run', (t) => {
  holdsFor(
    fc.property(reachableStates, anyTail, (states, tail) => {
      const versions = new Map<number, Buffer>();
      for (const { object } of states) {
        if (object === undefined) continue;
        const bytes = withTail(object, tail);
        t.not(versionFingerprint(bytes), 0, 'zero stands for no object');
        const known = versions.get(versionFingerprint(bytes));
        t.true(known === undefined || sameObject(known, bytes));
        versions.set(versionFingerprint(bytes), bytes);
        t.is(versionFingerprint(encodeObject(decodeObject(bytes))), versionFingerprint(bytes));
      }
    }),
  );
  t.pass();
});

/** As clients read it: a counter begins with its text. */
function readValue(sibling: Sibling | undefined): Buffer | undefined {
  return sibling?.isCounter === true ? sibling.value.subarray(1, 1 + sibling.value.readUInt8(0)) : sibling?.value;
}
