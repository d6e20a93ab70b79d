import test from 'ava';
import type { Applying } from '../../../../cluster/coordinator/changes/change.js';
import { applyChange, type Change } from '../../../../cluster/coordinator/changes/change.js';
import { applyAgain as applyAgainSince } from '../../../../cluster/coordinator/changes/change-again.js';
import type { StringOperation } from '../../../../cluster/coordinator/changes/string-change.js';
import type { ActorId } from '../../../../cluster/version/actor.js';
import { NEVER_WRITTEN } from '../../../../cluster/version/counter.js';
import type { Written } from '../../../../cluster/version/encoded.js';
import { actorNamed, objectWith } from '../scripted-node.js';

const NOW_MS = 1_000_000;
const applying = (newestDecides: boolean): Applying => ({
  nowMs: NOW_MS,
  newestDecides,
  actor: 'f'.repeat(16) as ActorId,
  absentEpoch: NEVER_WRITTEN,
});
/** The counter of what is held in these tests. */
const COUNTER = 5;
const applyAgain = (...[object, change, means]: Parameters<typeof applyChange>) =>
  applyAgainSince(object, change, means, COUNTER - 1);
const LATER = NOW_MS + 5_000;
const NOTHING_SEEN = new Map();

function set(over: Partial<Change & { kind: 'set' }> = {}): Change {
  const plain = { keepExpiry: false, expiryMs: 0, answersPrevious: false, context: undefined } as const;
  return { kind: 'set', condition: 'always', value: Buffer.from('mine'), ...plain, ...over };
}

function held(value: string | undefined, expiryMs = 0): Buffer {
  const dot = { actor: actorNamed('a'), counter: COUNTER };
  return value === undefined ? objectWith({ ...dot, tombstone: true }) : objectWith({ ...dot, value, expiryMs });
}

function texts(written: readonly Written[] | undefined): string[] | undefined {
  return written?.map(({ tombstone, expiryMs, value }) => (tombstone ? '†' : `${value}@${expiryMs}`));
}

test('a value that the first run has left counts as its own, whatever the condition, and is written once more', (t) => {
  for (const condition of ['always', 'absent', 'present'] as const) {
    const outcome = applyAgain(held('mine'), set({ condition }), applying(false));
    t.like(outcome, { applied: true, previous: undefined });
    t.deepEqual(texts(outcome?.written), ['mine@0'], condition);
  }
});

test('another value, or the same with another expiry, is not its own', (t) => {
  for (const object of [held('theirs'), held('mine', LATER), null, held(undefined)]) {
    for (const condition of ['always', 'absent', 'present'] as const) {
      const change = set({ condition });
      t.deepEqual(applyAgain(object, change, applying(false)), applyChange(object, change, applying(false)));
    }
  }
  t.false(applyAgain(held('theirs'), set({ condition: 'absent' }), applying(false))?.applied);
});

test('an expiry that is kept stays as it is', (t) => {
  const outcome = applyAgain(held('mine', LATER), set({ keepExpiry: true }), applying(false));
  t.deepEqual(texts(outcome?.written), [`mine@${LATER}`]);
});

test('a client that asks for the value before gets it only where it can be told', (t) => {
  const asks = { answersPrevious: true } as const;
  t.is(applyAgain(held('mine'), set(asks), applying(false)), undefined);
  t.is(applyAgain(held('mine'), set({ ...asks, condition: 'present' }), applying(false)), undefined);
  t.like(applyAgain(held('theirs'), set(asks), applying(false)), { applied: true, previous: Buffer.from('theirs') });
  t.like(applyAgain(held('mine'), set({ ...asks, condition: 'absent' }), applying(false)), {
    applied: true,
    previous: undefined,
  });
});

test('a tombstone counts as the own deletion, an absent key does not', (t) => {
  for (const context of [undefined, NOTHING_SEEN]) {
    const outcome = applyAgain(held(undefined), { kind: 'delete', context }, applying(false));
    t.true(outcome?.applied);
    t.deepEqual(texts(outcome?.written), ['†']);
    t.like(applyAgain(null, { kind: 'delete', context }, applying(false)), { applied: false, written: undefined });
  }
  t.like(applyAgain(held('theirs'), { kind: 'delete', context: undefined }, applying(false)), { applied: true });
});

test('what was there before anybody asked for the change is not its own doing', (t) => {
  const past: Change = { kind: 'expire', condition: 0, expiryMs: NOW_MS - 1 };
  const deletion: Change = { kind: 'delete', context: undefined };
  const cases: [Buffer, Change][] = [
    [held('mine'), set({ condition: 'absent' })],
    [held(undefined), deletion],
    [held(undefined), { ...deletion, context: NOTHING_SEEN }],
    [held(undefined), past],
  ];
  for (const [object, change] of cases) {
    t.true(applyAgain(object, change, applying(false))?.applied, change.kind);
    t.like(applyAgainSince(object, change, applying(false), COUNTER), { applied: false, written: undefined });
  }
});

test('an expiry that is there already counts as the own one', (t) => {
  const EXPIRE_IF_NONE = 1;
  const change: Change = { kind: 'expire', condition: EXPIRE_IF_NONE, expiryMs: LATER };
  t.deepEqual(texts(applyAgain(held('x', LATER), change, applying(false))?.written), [`x@${LATER}`]);
  t.false(applyAgain(held('x', LATER + 1), change, applying(false))?.applied);
  const persist: Change = { kind: 'expire', condition: 0, expiryMs: 0 };
  t.true(applyAgain(held('x'), persist, applying(false))?.applied);
  const past: Change = { kind: 'expire', condition: 0, expiryMs: NOW_MS - 1 };
  t.true(applyAgain(held(undefined), past, applying(false))?.applied);
  t.false(applyAgain(null, past, applying(false))?.applied);
  t.deepEqual(texts(applyAgain(held('x'), past, applying(false))?.written), ['†']);
});

test('what computes is not done a second time, whatever is there', (t) => {
  const operations: StringOperation[] = [
    { kind: 'append', value: Buffer.from('y'), bytesMax: 10 },
    { kind: 'setrange', offset: 1, value: Buffer.from('y') },
    { kind: 'setbit', offset: 3, bit: 1 },
    { kind: 'getdel' },
    { kind: 'bitfield', steps: [] },
  ];
  for (const operation of operations) {
    for (const object of [null, held('xy')]) {
      t.is(applyAgain(object, { kind: 'compute', operation }, applying(false)), undefined, operation.kind);
    }
  }
});
