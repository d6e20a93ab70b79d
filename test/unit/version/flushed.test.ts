import test from 'ava';
import fc from 'fast-check';
import { decodeObject, encodeObject, objectFault } from '../../../cluster/version/codec.js';
import { joinBytes, objectLength } from '../../../cluster/version/encoded.js';
import { isFlushed, survivorsOf } from '../../../cluster/version/flushed.js';
import type { VersionedObject } from '../../../cluster/version/object.js';
import { anyCounter, anyWellFormed, reachableStates } from './objects.js';

const NOTE = Buffer.from('12345678');

/** What is meant: the siblings above the watermark, and nothing where there is none. */
function model({ clock, siblings }: VersionedObject, upTo: number): VersionedObject | undefined {
  const left = siblings.filter(({ dot }) => dot.counter > upTo);
  return left.length === 0 ? undefined : { clock, siblings: left };
}

function bytesOf(object: VersionedObject | undefined): Buffer | undefined {
  return object && encodeObject(object);
}

function joined(a: Buffer | undefined, b: Buffer | undefined): Buffer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const join = joinBytes(a, b);
  return join.subarray(0, objectLength(join));
}

/** Watermarks between the counters of an object, and on them. */
const anyUpTo = fc.oneof(anyCounter, fc.integer({ min: 1, max: 80 }));

test('a flush leaves the siblings above it, with the clock and what follows the object', (t) => {
  fc.assert(
    fc.property(anyWellFormed, anyUpTo, (object, upTo) => {
      if (object.siblings.length === 0) return;
      const bytes = Buffer.concat([encodeObject(object), NOTE]);
      const expected = bytesOf(model(object, upTo));
      const left = survivorsOf(bytes, upTo);
      t.is(isFlushed(bytes, upTo), expected === undefined);
      t.deepEqual(left, expected && Buffer.concat([expected, NOTE]));
      if (expected?.length === bytes.length - NOTE.length) t.is(left, bytes, 'nothing is copied where all is left');
      if (expected !== undefined) t.is(objectFault(expected), undefined);
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('it does not matter whether what is flushed is merged first or goes first, here, there, or in between', (t) => {
  fc.assert(
    fc.property(reachableStates, fc.nat(), fc.nat(), fc.nat(), (states, one, other, at) => {
      const objects = states.flatMap(({ object }) => (object === undefined ? [] : [object]));
      const a = objects[one % Math.max(1, objects.length)];
      const b = objects[other % Math.max(1, objects.length)];
      if (a === undefined || b === undefined) return;
      const counters = [...new Set([...a.clock.values(), ...b.clock.values()])].sort((x, y) => x - y);
      const upTo = counters[at % counters.length] ?? 0;
      const flush = (bytes: Buffer | undefined): Buffer | undefined => bytes && survivorsOf(bytes, upTo);
      const mergedFirst = flush(joined(encodeObject(a), encodeObject(b)));
      const both = joined(flush(encodeObject(a)), flush(encodeObject(b)));
      t.deepEqual(decoded(both)?.siblings, decoded(mergedFirst)?.siblings);
      const here = flush(joined(flush(encodeObject(a)), encodeObject(b)));
      t.deepEqual(decoded(here)?.siblings, decoded(mergedFirst)?.siblings);
      t.deepEqual(flush(both), both, 'a second time changes nothing');
    }),
    { numRuns: 1_500 },
  );
  t.pass();
});

test('the newest sibling of whatever a cluster comes to has the highest counter of its clock', (t) => {
  fc.assert(
    fc.property(reachableStates, (states) => {
      for (const { object } of states) {
        if (object !== undefined) t.is(object.siblings[0]?.dot.counter, Math.max(...object.clock.values()));
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

function decoded(bytes: Buffer | undefined): VersionedObject | undefined {
  return bytes && decodeObject(bytes);
}
