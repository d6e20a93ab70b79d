import test from 'ava';
import fc from 'fast-check';
import {
  type Applying,
  applyChange,
  type Change,
  EXPIRE_IF_GREATER,
  EXPIRE_IF_LESS,
  EXPIRE_IF_NONE,
  EXPIRE_IF_SOME,
} from '../../../../cluster/coordinator/changes/change.js';
import type { ActorId } from '../../../../cluster/version/actor.js';
import { encodeObject, type ObjectBytes } from '../../../../cluster/version/codec.js';
import { NEVER_WRITTEN } from '../../../../cluster/version/counter.js';
import { isLive, newerDotFirst, type Sibling, type VersionVector } from '../../../../cluster/version/object.js';

const NOW_MS = 1_000_000;
const applying = (newestDecides: boolean): Applying => ({
  nowMs: NOW_MS,
  newestDecides,
  actor: 'f'.repeat(16) as ActorId,
  absentEpoch: NEVER_WRITTEN,
});
const ACTORS = ['a', 'b', 'c'].map((digit) => digit.repeat(16) as ActorId);
const NOTHING_SEEN: VersionVector = new Map();

interface Held {
  readonly value?: string;
  readonly expiryMs?: number;
  /** Higher is newer. */
  readonly counter?: number;
}

/** A sibling each, by one actor each; no value: a tombstone. */
function objectOf(...held: readonly Held[]): ObjectBytes {
  const siblings = held
    .map(({ value, expiryMs = 0, counter }, i): Sibling => {
      const dot = { actor: ACTORS[i] ?? ('d'.repeat(16) as ActorId), counter: counter ?? 10 - i };
      return { dot, tombstone: value === undefined, expiryMs, value: Buffer.from(value ?? '') };
    })
    .sort((a, b) => newerDotFirst(a.dot, b.dot));
  return encodeObject({ clock: new Map(siblings.map(({ dot }) => [dot.actor, dot.counter])), siblings });
}

function set(over: Partial<Change & { kind: 'set' }> = {}): Change {
  const always = { condition: 'always', keepExpiry: false, expiryMs: 0, answersPrevious: false } as const;
  return { kind: 'set', ...always, value: Buffer.from('new'), context: undefined, ...over };
}

function expire(condition: number, expiryMs: number): Change {
  return { kind: 'expire', condition, expiryMs };
}

function outcomeOf(object: ObjectBytes | null, change: Change) {
  const { applied, previous, written, context } = applyChange(object, change, applying(false));
  return {
    applied,
    previous: previous?.toString(),
    context,
    written: written?.map(({ tombstone, expiryMs, value }) =>
      tombstone ? '†' : `${Buffer.from(value).toString()}${expiryMs === 0 ? '' : `@${expiryMs}`}`,
    ),
  };
}

const KEPT = { written: undefined, context: undefined } as const;

test('a set without condition writes its value and tells the newest before it', (t) => {
  t.deepEqual(outcomeOf(null, set()), { applied: true, previous: undefined, written: ['new'], context: undefined });
  const object = objectOf({ value: 'newest' }, { value: 'older' });
  t.deepEqual(outcomeOf(object, set({ expiryMs: 7 })), {
    applied: true,
    previous: 'newest',
    written: ['new@7'],
    context: undefined,
  });
});

test('a set hands its context on', (t) => {
  t.is(outcomeOf(objectOf({ value: 'x' }), set({ context: NOTHING_SEEN })).context, NOTHING_SEEN);
});

test('NX sets only where no live value is: tombstones and expired values do not count', (t) => {
  const change = set({ condition: 'absent' });
  for (const absent of [null, objectOf({}), objectOf({ value: 'x', expiryMs: NOW_MS })]) {
    t.like(outcomeOf(absent, change), { applied: true, previous: undefined, written: ['new'] });
  }
  t.deepEqual(outcomeOf(objectOf({ value: 'x', expiryMs: NOW_MS + 1 }), change), {
    ...KEPT,
    applied: false,
    previous: 'x',
  });
  // The newest sibling is a tombstone, but another one lives.
  t.like(outcomeOf(objectOf({}, { value: 'alive' }), change), { applied: false, previous: 'alive' });
});

test('XX sets only where a live value is', (t) => {
  const change = set({ condition: 'present' });
  for (const absent of [null, objectOf({}), objectOf({ value: 'x', expiryMs: NOW_MS })]) {
    t.deepEqual(outcomeOf(absent, change), { ...KEPT, applied: false, previous: undefined });
  }
  t.like(outcomeOf(objectOf({}, { value: 'alive' }), change), {
    applied: true,
    previous: 'alive',
    written: ['new'],
  });
});

test('KEEPTTL keeps the expiry of the newest live value, and none where there is no such value', (t) => {
  const change = set({ keepExpiry: true, expiryMs: 5 });
  const soon = NOW_MS + 5000;
  t.deepEqual(outcomeOf(objectOf({ value: 'x', expiryMs: soon }, { value: 'y' }), change).written, [`new@${soon}`]);
  t.deepEqual(outcomeOf(objectOf({ value: 'x' }, { value: 'y', expiryMs: soon }), change).written, ['new']);
  t.deepEqual(outcomeOf(objectOf({ value: 'x', expiryMs: NOW_MS - 1 }), change).written, ['new']);
  t.deepEqual(outcomeOf(null, change).written, ['new']);
});

test('a delete writes a tombstone where something lives', (t) => {
  const change: Change = { kind: 'delete', context: undefined };
  t.deepEqual(outcomeOf(objectOf({ value: 'x' }, { value: 'y' }), change), {
    applied: true,
    previous: 'x',
    written: ['†'],
    context: undefined,
  });
  for (const absent of [null, objectOf({}), objectOf({ value: 'x', expiryMs: NOW_MS })]) {
    t.deepEqual(outcomeOf(absent, change), { ...KEPT, applied: false, previous: undefined });
  }
});

test('a delete with a context takes effect only where it has seen a live sibling', (t) => {
  const object = objectOf({ value: 'x', counter: 9 }, { value: 'y', counter: 8 });
  const [a, b, c] = ACTORS as [ActorId, ActorId, ActorId];
  const seenOne: VersionVector = new Map([[b, 8]]);
  t.deepEqual(outcomeOf(object, { kind: 'delete', context: seenOne }), {
    applied: true,
    previous: 'x',
    written: ['†'],
    context: seenOne,
  });
  for (const context of [NOTHING_SEEN, new Map([[a, 8]]), new Map([[c, 99]])]) {
    t.deepEqual(outcomeOf(object, { kind: 'delete', context }), { ...KEPT, applied: false, previous: 'x' });
  }
  const dead = objectOf({ counter: 9 }, { value: 'y', counter: 8, expiryMs: NOW_MS });
  t.is(outcomeOf(dead, { kind: 'delete', context: new Map([...seenOne, [a, 9]]) }).applied, false);
});

// As the EXPIRE page of Redis 7.0 puts it; GT and LT take a key without expiry for one that never ends.
const LATER = NOW_MS + 2000;
const CURRENT = NOW_MS + 1000;
const SOONER = NOW_MS + 500;
const EXPIRE_ROWS: readonly (readonly [string, number, number, number, boolean])[] = [
  ['always, on a key without expiry', 0, 0, CURRENT, true],
  ['always, on a key with one', 0, CURRENT, LATER, true],
  ['NX without expiry', EXPIRE_IF_NONE, 0, CURRENT, true],
  ['NX with one', EXPIRE_IF_NONE, CURRENT, LATER, false],
  ['XX without expiry', EXPIRE_IF_SOME, 0, CURRENT, false],
  ['XX with one', EXPIRE_IF_SOME, CURRENT, SOONER, true],
  ['GT without expiry', EXPIRE_IF_GREATER, 0, LATER, false],
  ['GT later', EXPIRE_IF_GREATER, CURRENT, LATER, true],
  ['GT equal', EXPIRE_IF_GREATER, CURRENT, CURRENT, false],
  ['GT sooner', EXPIRE_IF_GREATER, CURRENT, SOONER, false],
  ['LT without expiry', EXPIRE_IF_LESS, 0, LATER, true],
  ['LT later', EXPIRE_IF_LESS, CURRENT, LATER, false],
  ['LT equal', EXPIRE_IF_LESS, CURRENT, CURRENT, false],
  ['LT sooner', EXPIRE_IF_LESS, CURRENT, SOONER, true],
  ['XX GT without expiry', EXPIRE_IF_SOME | EXPIRE_IF_GREATER, 0, LATER, false],
  ['XX GT later', EXPIRE_IF_SOME | EXPIRE_IF_GREATER, CURRENT, LATER, true],
  ['XX GT sooner', EXPIRE_IF_SOME | EXPIRE_IF_GREATER, CURRENT, SOONER, false],
  ['XX LT without expiry', EXPIRE_IF_SOME | EXPIRE_IF_LESS, 0, SOONER, false],
  ['XX LT sooner', EXPIRE_IF_SOME | EXPIRE_IF_LESS, CURRENT, SOONER, true],
  ['XX LT later', EXPIRE_IF_SOME | EXPIRE_IF_LESS, CURRENT, LATER, false],
];

for (const [name, condition, currentMs, expiryMs, applied] of EXPIRE_ROWS) {
  test(`an expiry ${applied ? 'is set' : 'stays'}: ${name}`, (t) => {
    const outcome = outcomeOf(objectOf({ value: 'x', expiryMs: currentMs }), expire(condition, expiryMs));
    const written = applied ? [`x@${expiryMs}`] : undefined;
    t.deepEqual(outcome, { applied, previous: 'x', written, context: undefined });
  });
}

test('an expiry in the past deletes, but only where its condition holds', (t) => {
  const object = objectOf({ value: 'x', expiryMs: CURRENT }, { value: 'y' });
  for (const past of [NOW_MS, 1]) {
    t.deepEqual(outcomeOf(object, expire(0, past)).written, ['†']);
    t.deepEqual(outcomeOf(object, expire(EXPIRE_IF_LESS, past)).written, ['†']);
    t.is(outcomeOf(object, expire(EXPIRE_IF_GREATER, past)).applied, false);
    t.is(outcomeOf(object, expire(EXPIRE_IF_NONE, past)).applied, false);
  }
});

test('PERSIST takes away an expiry, and does nothing where there is none', (t) => {
  t.deepEqual(outcomeOf(objectOf({ value: 'x', expiryMs: CURRENT }), expire(0, 0)).written, ['x']);
  t.deepEqual(outcomeOf(objectOf({ value: 'x' }), expire(0, 0)), { ...KEPT, applied: false, previous: 'x' });
});

test('there is no expiry to change where nothing lives', (t) => {
  for (const absent of [null, objectOf({}), objectOf({ value: 'x', expiryMs: NOW_MS })]) {
    for (const expiryMs of [0, LATER, 1]) t.is(outcomeOf(absent, expire(0, expiryMs)).applied, false);
  }
});

test('all live siblings get a new expiry, the newest written last so that it stays the newest', (t) => {
  const object = objectOf({ value: 'newest' }, {}, { value: 'gone', expiryMs: NOW_MS }, { value: 'oldest' });
  t.deepEqual(outcomeOf(object, expire(0, LATER)).written, [`oldest@${LATER}`, `newest@${LATER}`]);
});

const anyHeld: fc.Arbitrary<Held> = fc.record(
  { value: fc.string({ maxLength: 3 }), expiryMs: fc.constantFrom(0, NOW_MS - 1, NOW_MS, NOW_MS + 1, LATER) },
  { requiredKeys: [] },
);
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    condition: fc.constantFrom('always' as const, 'absent' as const, 'present' as const),
    keepExpiry: fc.boolean(),
    expiryMs: fc.constantFrom(0, LATER),
    value: fc.constant(Buffer.from('new')),
    context: fc.constantFrom(undefined, NOTHING_SEEN),
    answersPrevious: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('delete' as const), context: fc.constantFrom(undefined, NOTHING_SEEN) }),
  fc.record({
    kind: fc.constant('expire' as const),
    condition: fc.nat(15),
    expiryMs: fc.constantFrom(0, 1, NOW_MS, SOONER, LATER),
  }),
);

test('whatever the change: it applies exactly where it writes, and tells the newest live value', (t) => {
  fc.assert(
    fc.property(fc.option(fc.array(anyHeld, { minLength: 1, maxLength: 4 })), anyChange, (held, change) => {
      const object = held === null ? null : objectOf(...held);
      const before = object === null ? undefined : Buffer.from(object);
      const { applied, previous, written } = applyChange(object, change, applying(false));
      t.is(applied, written !== undefined);
      t.not(written?.length, 0);
      const live = (held ?? []).filter(({ value, expiryMs = 0 }) =>
        isLive(
          {
            dot: { actor: ACTORS[0] as ActorId, counter: 1 },
            tombstone: value === undefined,
            expiryMs,
            value: Buffer.of(),
          },
          NOW_MS,
        ),
      );
      t.is(previous?.toString(), live[0]?.value);
      if (object !== null && before !== undefined) t.true(object.equals(before), 'the object is left as it was');
    }),
  );
});

test('where the newest decides, one that is dead hides what it was written beside, but for who has seen that', (t) => {
  for (const dead of [{}, { value: 'x', expiryMs: NOW_MS }]) {
    const object = objectOf(dead, { value: 'hidden' });
    const outcome = (change: Change) => applyChange(object, change, applying(true));
    t.true(outcome(set({ condition: 'absent' })).applied);
    t.false(outcome(set({ condition: 'present' })).applied);
    t.is(outcome(set({ answersPrevious: true })).previous, undefined);
    t.false(outcome({ kind: 'delete', context: undefined }).applied);
    t.true(outcome({ kind: 'delete', context: new Map(ACTORS.map((actor) => [actor, 99])) }).applied);
    t.false(outcome(expire(0, NOW_MS + 9)).applied);
  }
  const both = applyChange(objectOf({ value: 'newest' }, { value: 'older' }), expire(0, NOW_MS + 9), applying(true));
  t.deepEqual(
    both.written?.map(({ value }) => Buffer.from(value).toString()),
    ['newest'],
  );
});

test('a change that computes answers what came of it, keeps the expiry and is refused with a reason', (t) => {
  const append = (bytesMax: number): Change => ({
    kind: 'compute',
    operation: { kind: 'append', value: Buffer.from('yz'), bytesMax },
  });
  t.like(outcomeOf(null, append(2)), { applied: true, previous: '2', written: ['yz'] });
  const held = objectOf({ value: 'x', expiryMs: NOW_MS + 1 }, { value: 'older' });
  t.like(outcomeOf(held, append(3)), {
    applied: true,
    previous: '3',
    written: [`xyz@${NOW_MS + 1}`],
    context: undefined,
  });
  t.like(applyChange(held, append(2), applying(false)), {
    applied: false,
    written: undefined,
    refusal: 'value would be 3 bytes long; at most 2 are allowed',
  });
});

test('what a computing change deletes is gone with all its siblings', (t) => {
  const getDel: Change = { kind: 'compute', operation: { kind: 'getdel' } };
  const held = objectOf({ value: 'newest', expiryMs: NOW_MS + 1 }, { value: 'older' });
  t.deepEqual(outcomeOf(held, getDel), { applied: true, previous: 'newest', written: ['†'], context: undefined });
  for (const absent of [null, objectOf({}), objectOf({ value: 'x', expiryMs: NOW_MS })]) {
    t.deepEqual(outcomeOf(absent, getDel), { applied: false, previous: undefined, ...KEPT });
  }
});
