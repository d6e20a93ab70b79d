import test from 'ava';
import fc from 'fast-check';
import { CLOCK_ENTRIES_LEFT_MAX } from '../../../cluster/coordinator/limits.js';
import {
  encodeSuccessor,
  isPlainReplacement,
  type Minting,
  type Successor,
} from '../../../cluster/coordinator/successor.js';
import { type ActorId, actorBytes } from '../../../cluster/version/actor.js';
import { decodeObject, encodeObject, objectFault } from '../../../cluster/version/codec.js';
import { hasSeen, put, truncateClock, type VersionedObject } from '../../../cluster/version/object.js';
import { ACTORS, type AnyWritten, anyClock, anyWritten, inOrder, reachableObject } from '../version/objects.js';

const FIRST_COUNTER = 5_000_000_000_000;
const NEW_ACTOR = 'ee'.repeat(8) as ActorId;

const anyActor = fc.constantFrom(NEW_ACTOR, ...ACTORS);
const anyMembers = fc.subarray([...ACTORS]).map((members) => new Set<ActorId>(members));
const anyCurrent = fc.option(reachableObject);
const anyContext = fc.option(anyClock, { nil: undefined });
const anyValues = fc.array(anyWritten, { minLength: 1, maxLength: 3 });

function mintingFor(actor: ActorId, clockEntriesMax: number, members: ReadonlySet<ActorId>): Minting {
  let counter = FIRST_COUNTER;
  return {
    actor: actorBytes(actor),
    mint: () => counter++,
    clockEntriesMax,
    isMember: (id) => members.has(id),
  };
}

/** What the model makes of the same put: the first value takes the context, the others stand beside it. */
function modelPut(
  current: VersionedObject | null,
  context: ReadonlyMap<ActorId, number> | undefined,
  written: readonly AnyWritten[],
  actor: ActorId,
): VersionedObject {
  let object = current ?? undefined;
  written.forEach((value, i) => {
    object = put(object, i === 0 ? context : new Map(), { dot: { actor, counter: FIRST_COUNTER + i }, ...value });
  });
  return object ?? { clock: new Map(), siblings: [] };
}

function comparable(object: VersionedObject): unknown {
  return { ...object, clock: inOrder(object.clock) };
}

// Counters of reachable objects are small, so no context can have seen what is minted here.
const anySmallContext = anyContext.map(
  (clock) => clock && new Map([...clock].filter(([, counter]) => counter < FIRST_COUNTER)),
);

test('a put comes to what the model says, on either path', (t) => {
  fc.assert(
    fc.property(
      anyCurrent,
      anySmallContext,
      anyValues,
      anyActor,
      fc.integer({ min: 1, max: 9 }),
      anyMembers,
      (current, context, written, actor, clockEntriesMax, members) => {
        const encoded = current && encodeObject(current);
        const minting = mintingFor(actor, clockEntriesMax, members);
        const { record, truncated } = encodeSuccessor(encoded, context, written, minting);
        const uncut = modelPut(current, context, written, actor);
        const expected = truncateClock(uncut, clockEntriesMax, minting.isMember);
        if (record === undefined) {
          t.true(expected.clock.size > CLOCK_ENTRIES_LEFT_MAX && expected.clock.size > (current?.clock.size ?? 0));
          return;
        }
        t.is(objectFault(record), undefined);
        t.deepEqual(comparable(decodeObject(record)), comparable(expected));
        t.is(truncated, expected.clock.size < uncut.clock.size);
      },
    ),
    { numRuns: 500 },
  );
});

test('a put leaves no more clock entries than allowed, but for those that name a sibling', (t) => {
  fc.assert(
    fc.property(anyCurrent, anySmallContext, anyValues, anyActor, fc.integer({ min: 1, max: 4 }), (...drawn) => {
      const [current, context, written, actor, clockEntriesMax] = drawn;
      const encoded = current && encodeObject(current);
      const { record } = encodeSuccessor(encoded, context, written, mintingFor(actor, clockEntriesMax, new Set()));
      if (record === undefined) return;
      const { clock, siblings } = decodeObject(record);
      t.true(clock.size <= Math.max(clockEntriesMax, new Set(siblings.map(({ dot }) => dot.actor)).size));
      for (const { dot } of siblings) t.true(hasSeen(clock, dot));
    }),
  );
});

function recordOf({ record }: Successor): Buffer {
  if (record === undefined) throw new Error('the put was refused');
  return record;
}

test('siblings of more actors than a clock may be left with are refused, and one write that merges them passes', (t) => {
  const actors = Array.from({ length: CLOCK_ENTRIES_LEFT_MAX }, (_, i) => `${i}`.padStart(16, '0') as ActorId);
  let current: Buffer | null = null;
  for (const actor of actors) {
    current = recordOf(encodeSuccessor(current, new Map(), [ONE], mintingFor(actor, 10, new Set())));
  }
  const minting = mintingFor(NEW_ACTOR, 10, new Set());
  t.is(encodeSuccessor(current, new Map(), [ONE], minting).record, undefined);
  const merged = decodeObject(recordOf(encodeSuccessor(current, undefined, [ONE], minting)));
  t.is(merged.siblings.length, 1);
  t.is(merged.clock.size, 10);
});

const ONE: AnyWritten = { tombstone: false, expiryMs: 0, value: Buffer.from('x') };

function objectOfClock(...entries: readonly (readonly [ActorId, number])[]): Buffer {
  return encodeObject({ clock: new Map(entries), siblings: [] });
}

test('the entries that go are the oldest, first those of actors that have left', (t) => {
  const [a, b, c, d] = ACTORS as [ActorId, ActorId, ActorId, ActorId];
  const current = objectOfClock([a, 1], [b, 2], [c, 3], [d, 4]);
  const remaining = (clockEntriesMax: number): ActorId[] => {
    const minting = mintingFor(NEW_ACTOR, clockEntriesMax, new Set([a, c]));
    return [...decodeObject(recordOf(encodeSuccessor(current, undefined, [ONE], minting))).clock.keys()].sort();
  };
  t.deepEqual(remaining(5), [a, b, c, d, NEW_ACTOR].sort());
  t.deepEqual(remaining(4), [a, c, d, NEW_ACTOR].sort());
  t.deepEqual(remaining(3), [a, c, NEW_ACTOR].sort());
  t.deepEqual(remaining(2), [c, NEW_ACTOR].sort());
  t.deepEqual(remaining(1), [NEW_ACTOR]);
});

test('a clock that merges have made too long is cut though the actor is in it', (t) => {
  const [a, b, c, d] = ACTORS as [ActorId, ActorId, ActorId, ActorId];
  const current = objectOfClock([a, 1], [b, 2], [c, 3], [d, 4]);
  const { record, truncated } = encodeSuccessor(current, undefined, [ONE], mintingFor(a, 2, new Set(ACTORS)));
  t.true(truncated);
  t.deepEqual([...decodeObject(recordOf({ record, truncated })).clock.keys()].sort(), [a, d].sort());
});

test('only one value that replaces everything, without a clock to cut, is a plain replacement', (t) => {
  const [a, b] = ACTORS as [ActorId, ActorId];
  const two = objectOfClock([a, 1], [b, 2]);
  t.true(isPlainReplacement(null, undefined, [ONE], actorBytes(a), 1));
  t.true(isPlainReplacement(two, undefined, [ONE], actorBytes(a), 2));
  t.true(isPlainReplacement(two, undefined, [ONE], actorBytes(NEW_ACTOR), 3));
  t.false(isPlainReplacement(two, undefined, [ONE], actorBytes(NEW_ACTOR), 2));
  t.false(isPlainReplacement(two, undefined, [ONE], actorBytes(a), 1));
  t.false(isPlainReplacement(two, new Map(), [ONE], actorBytes(a), 9));
  t.false(isPlainReplacement(two, undefined, [ONE, ONE], actorBytes(a), 9));
});
