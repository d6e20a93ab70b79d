import test from 'ava';
import fc from 'fast-check';
import {
  contextAfterPut,
  covers,
  hasSeen,
  isLive,
  join,
  joinClocks,
  newerDotFirst,
  put,
  truncateClock,
  type VersionedObject,
} from '../../../cluster/version/object.js';
import {
  ACTORS,
  anyClock,
  anyObjects,
  anyWellFormed,
  clockCoversSiblings,
  inOrder,
  mergeHistories,
  nameOf,
  reachableObject,
  reachableStates,
  siblingOf,
} from './objects.js';

const holdsFor = (property: fc.IRawProperty<unknown, false>): void => fc.assert(property, { numRuns: 400 });

/** Comparable form: clocks in actor order. */
function plain({ clock, siblings }: VersionedObject) {
  return { clock: inOrder(clock), siblings };
}

test('a merge does not depend on the order of its two sides', (t) => {
  holdsFor(
    fc.property(anyObjects(2), ([a, b]) => {
      if (a === undefined || b === undefined) return;
      t.deepEqual(plain(join(a, b)), plain(join(b, a)));
    }),
  );
  t.pass();
});

test('a merge does not depend on how three objects are grouped', (t) => {
  holdsFor(
    fc.property(anyObjects(3), ([a, b, c]) => {
      if (a === undefined || b === undefined || c === undefined) return;
      t.deepEqual(plain(join(join(a, b), c)), plain(join(a, join(b, c))));
    }),
  );
  t.pass();
});

test('a merge with itself, or again with what was merged, changes nothing', (t) => {
  holdsFor(
    fc.property(anyObjects(2), ([a, b]) => {
      if (a === undefined || b === undefined) return;
      t.deepEqual(plain(join(a, a)), plain(a));
      const joined = join(a, b);
      t.deepEqual(plain(join(joined, b)), plain(joined));
    }),
  );
  t.pass();
});

test('a merge keeps the siblings newest first, each once, and within the clock', (t) => {
  holdsFor(
    fc.property(anyObjects(2), ([a, b]) => {
      if (a === undefined || b === undefined) return;
      const joined = join(a, b);
      t.true(clockCoversSiblings(joined));
      for (const [i, sibling] of joined.siblings.entries()) {
        const previous = joined.siblings[i - 1];
        if (previous !== undefined) t.true(newerDotFirst(previous.dot, sibling.dot) < 0);
      }
    }),
  );
  t.pass();
});

test('the version vector of every reachable object says exactly what its spelt-out history says', (t) => {
  holdsFor(
    fc.property(reachableStates, (states) => {
      const all = states.reduce(mergeHistories);
      for (const { object, seen, held } of [...states, all]) {
        t.deepEqual((object?.siblings ?? []).map(({ dot }) => nameOf(dot)).sort(), [...held].sort());
        for (const { dot } of all.object?.siblings ?? []) {
          t.is(hasSeen(object?.clock ?? new Map(), dot), seen.has(nameOf(dot)));
        }
      }
    }),
  );
  t.pass();
});

test('a put drops what its context has seen, keeps the rest and adds itself', (t) => {
  holdsFor(
    fc.property(
      fc.option(anyWellFormed, { nil: undefined }),
      anyClock,
      fc.constantFrom(...ACTORS),
      (current, context, actor) => {
        const highest = Math.max(0, ...(current?.clock.values() ?? []), ...context.values());
        const written = siblingOf({ actor, counter: highest + 1 });
        const after = put(current, context, written);
        const kept = (current?.siblings ?? []).filter(({ dot }) => !hasSeen(context, dot));
        t.deepEqual(after.siblings, [written, ...kept]);
        t.true(covers(after.clock, joinClocks(current?.clock ?? new Map(), context)));
        t.is(after.clock.get(actor), written.dot.counter);
        t.true(clockCoversSiblings(after));
      },
    ),
  );
  t.pass();
});

test('a put without a context replaces all that the replica holds', (t) => {
  holdsFor(
    fc.property(reachableObject, fc.constantFrom(...ACTORS), (current, actor) => {
      const written = siblingOf({ actor, counter: Math.max(0, ...current.clock.values()) + 1 });
      t.deepEqual(put(current, undefined, written).siblings, [written]);
    }),
  );
  t.pass();
});

test("a next put by what a client has seen after its put drops no value of others' that it has not read", (t) => {
  holdsFor(
    fc.property(
      fc.option(anyWellFormed, { nil: undefined }),
      anyClock,
      fc.constantFrom(...ACTORS),
      fc.constantFrom(...ACTORS),
      (current, context, firstActor, secondActor) => {
        const highest = Math.max(0, ...(current?.clock.values() ?? []), ...context.values());
        const first = put(current, context, siblingOf({ actor: firstActor, counter: highest + 1 }));
        const next = siblingOf({ actor: secondActor, counter: highest + 2 });
        const second = put(first, contextAfterPut(context, first), next);
        const unread = first.siblings.slice(1).filter(({ tombstone }) => !tombstone);
        for (const sibling of unread) t.true(second.siblings.includes(sibling));
      },
    ),
  );
  t.pass();
});

test('what a client has seen after its put includes that put where nothing of its actor stands beside it', (t) => {
  const [actor, other] = ACTORS;
  if (actor === undefined || other === undefined) throw new Error('two actors are needed');
  const context = new Map([[other, 5]]);
  const current = put(undefined, new Map(), siblingOf({ actor: other, counter: 6 }));
  const after = put(current, context, siblingOf({ actor, counter: 7 }));
  t.is(after.siblings.length, 2);
  t.deepEqual(
    inOrder(contextAfterPut(context, after)),
    inOrder(
      new Map([
        [other, 5],
        [actor, 7],
      ]),
    ),
  );
  const ofSameActor = put(after, context, siblingOf({ actor, counter: 8 }));
  t.is(contextAfterPut(context, ofSameActor), context);
});

test('a put with an empty context overwrites nothing', (t) => {
  holdsFor(
    fc.property(reachableObject, fc.constantFrom(...ACTORS), (current, actor) => {
      const written = siblingOf({ actor, counter: Math.max(0, ...current.clock.values()) + 1 });
      t.deepEqual(put(current, new Map(), written).siblings, [written, ...current.siblings]);
    }),
  );
  t.pass();
});

test('an object that a put superseded stays superseded after a merge', (t) => {
  holdsFor(
    fc.property(reachableObject, fc.constantFrom(...ACTORS), (current, actor) => {
      const written = siblingOf({ actor, counter: Math.max(0, ...current.clock.values()) + 1 });
      const after = put(current, undefined, written);
      t.deepEqual(plain(join(after, current)), plain(after));
    }),
  );
  t.pass();
});

test('truncation keeps siblings and their entries, drops former members first and then the oldest', (t) => {
  holdsFor(
    fc.property(anyWellFormed, fc.nat(8), fc.subarray([...ACTORS]), (object, entriesMax, members) => {
      const isMember = (actor: string): boolean => members.some((member) => member === actor);
      const { clock, siblings } = truncateClock(object, entriesMax, isMember);
      const named = new Set(object.siblings.map(({ dot }) => dot.actor));
      t.deepEqual(siblings, object.siblings);
      t.true(clockCoversSiblings({ clock, siblings }));
      t.is(clock.size, Math.min(object.clock.size, Math.max(entriesMax, named.size)));
      for (const [dropped, droppedCounter] of object.clock) {
        if (clock.has(dropped)) continue;
        for (const [kept, keptCounter] of clock) {
          if (named.has(kept)) continue;
          t.true(isMember(kept) || !isMember(dropped), 'a member went before a former member');
          if (isMember(kept) === isMember(dropped)) t.true(keptCounter >= droppedCounter, 'a newer entry went first');
        }
      }
    }),
  );
  t.pass();
});

test('a sibling is live unless it is a tombstone or its expiry has come', (t) => {
  const [actor] = ACTORS;
  if (actor === undefined) return t.fail();
  const sibling = { dot: { actor, counter: 1 }, tombstone: false, expiryMs: 0, value: Buffer.from('v') };
  t.true(isLive(sibling, 1_000));
  t.false(isLive({ ...sibling, tombstone: true }, 1_000));
  t.true(isLive({ ...sibling, expiryMs: 1_001 }, 1_000));
  t.false(isLive({ ...sibling, expiryMs: 1_000 }, 1_000));
});
