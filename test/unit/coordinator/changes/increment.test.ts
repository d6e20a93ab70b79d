import test from 'ava';
import fc from 'fast-check';
import { type Applying, applyChange, type Change } from '../../../../cluster/coordinator/changes/change.js';
import type { ActorId } from '../../../../cluster/version/actor.js';
import { decodeObject, encodeObject, objectFault } from '../../../../cluster/version/codec.js';
import { encodeCounter, epochOfFlush, NEVER_WRITTEN, TOTALS_MAX } from '../../../../cluster/version/counter.js';
import { foldSiblings, startingAt } from '../../../../cluster/version/counter-fold.js';
import { survivorsOf } from '../../../../cluster/version/flushed.js';
import { join, put, type VersionedObject } from '../../../../cluster/version/object.js';

const NOW_MS = 1_000_000;
const ACTORS = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(16) as ActorId);

/** Replicas of one key that increment, write and merge; each is an actor of its own. */
class Replicas {
  readonly objects: (VersionedObject | undefined)[] = ACTORS.map(() => undefined);
  nowMs = NOW_MS;
  #counter = 1_000_000_000;

  /** Applies a change at a replica, as its coordinator does. Answers what the client is told. */
  change(replica: number, change: Change, over: Partial<Applying> = {}): string {
    const object = this.objects[replica];
    const actor = ACTORS[replica] ?? ('' as never);
    const applying = { nowMs: this.nowMs, newestDecides: true, actor, absentEpoch: NEVER_WRITTEN, ...over };
    const outcome = applyChange(object === undefined ? null : encodeObject(object), change, applying);
    if (outcome.refusal !== undefined) return outcome.refusal;
    for (const written of outcome.written ?? []) {
      const dot = { actor, counter: ++this.#counter };
      this.objects[replica] = put(this.objects[replica], outcome.context, {
        ...written,
        dot,
        value: Buffer.from(written.value),
      });
    }
    return outcome.previous?.toString() ?? '';
  }

  incr(replica: number, by = 1, over: Partial<Applying> = {}): string {
    return this.change(replica, { kind: 'increment', by: { units: BigInt(by), scale: 0 }, isFloat: false }, over);
  }

  set(replica: number, value: string, expiryMs = 0): void {
    const always = { condition: 'always', keepExpiry: false, answersPrevious: false } as const;
    this.change(replica, { kind: 'set', ...always, value: Buffer.from(value), expiryMs, context: undefined });
  }

  del(replica: number): void {
    this.change(replica, { kind: 'delete', context: undefined });
  }

  expire(replica: number, expiryMs: number): void {
    this.change(replica, { kind: 'expire', condition: 0, expiryMs });
  }

  /** The replica hears of a flush. Answers the epoch of what is absent from then on. */
  flush(replica: number, upTo: number): Partial<Applying> {
    const object = this.objects[replica];
    const left = object && survivorsOf(encodeObject(object), upTo);
    this.objects[replica] = left && decodeObject(left);
    return { absentEpoch: epochOfFlush(upTo) };
  }

  /** Above all that was written so far. */
  mark(): number {
    this.#counter += 10;
    return this.#counter - 5;
  }

  merge(into: number, from: number): void {
    const theirs = this.objects[from];
    const ours = this.objects[into];
    if (theirs !== undefined) this.objects[into] = ours === undefined ? theirs : join(ours, theirs);
  }

  mergeAll(): void {
    for (const from of ACTORS.keys()) this.merge(0, from);
    for (const into of ACTORS.keys()) this.merge(into, 0);
  }

  /** What a read shows, with its expiry. */
  shown(replica: number): string | undefined {
    const object = this.objects[replica];
    if (object === undefined) return undefined;
    if (objectFault(encodeObject(object)) !== undefined) throw new Error(objectFault(encodeObject(object)));
    const [newest] = foldSiblings(object.siblings, this.nowMs);
    if (newest === undefined || newest.tombstone || (newest.expiryMs !== 0 && newest.expiryMs <= this.nowMs))
      return undefined;
    return `${newest.value}${newest.expiryMs === 0 ? '' : `@${newest.expiryMs}`}`;
  }
}

const anyStep = fc.record({
  kind: fc.constantFrom('incr' as const, 'incr' as const, 'merge' as const),
  replica: fc.nat(ACTORS.length - 1),
  other: fc.nat(ACTORS.length - 1),
  by: fc.integer({ min: -5, max: 9 }),
});

test('what is added at several replicas at once adds up, in whatever order they merge', (t) => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), fc.option(fc.integer(), { nil: undefined }), (steps, start) => {
      const replicas = new Replicas();
      if (start !== undefined) {
        replicas.set(0, `${start}`);
        replicas.mergeAll();
      }
      let sum = start ?? 0;
      let added = false;
      for (const { kind, replica, other, by } of steps) {
        if (kind === 'merge') replicas.merge(replica, other);
        else {
          replicas.incr(replica, by);
          sum += by;
          added = true;
        }
      }
      replicas.mergeAll();
      t.is(replicas.shown(0), added || start !== undefined ? `${sum}` : undefined);
    }),
  );
});

test('a write begins a new epoch: what was added before it, or without knowing of it, does not count', (t) => {
  const replicas = new Replicas();
  t.is(replicas.incr(0, 5), '5');
  replicas.merge(1, 0);
  replicas.set(1, '100');
  replicas.incr(0, 1);
  replicas.mergeAll();
  t.is(replicas.shown(0), '100');
  t.is(replicas.incr(2, 1), '101');
  replicas.del(3);
  replicas.mergeAll();
  t.is(replicas.shown(0), undefined);
  replicas.incr(0, 2);
  replicas.incr(1, 3);
  replicas.mergeAll();
  t.is(replicas.shown(0), '5');
});

test('a change of the expiry does not begin an epoch, and the last one holds', (t) => {
  const replicas = new Replicas();
  replicas.set(0, '10');
  replicas.mergeAll();
  replicas.expire(0, NOW_MS + 500);
  replicas.incr(1, 1);
  replicas.incr(2, 2);
  replicas.mergeAll();
  t.is(replicas.shown(0), `13@${NOW_MS + 500}`);
  replicas.nowMs += 1;
  replicas.expire(1, NOW_MS + 900);
  replicas.incr(0, 1);
  replicas.mergeAll();
  t.is(replicas.shown(0), `14@${NOW_MS + 900}`);
});

test('what is counted on a value that had expired when it was written belongs to the time after it', (t) => {
  const replicas = new Replicas();
  const upTo = replicas.mark();
  const flushed = replicas.flush(0, upTo);
  replicas.set(0, 'v', 1);
  t.is(replicas.incr(0, 5, flushed), '5');
  replicas.flush(0, upTo);
  t.is(replicas.shown(0), '5');
});

test('a value that has expired is counted from by all replicas alike', (t) => {
  const replicas = new Replicas();
  replicas.set(0, '10', NOW_MS + 5);
  replicas.mergeAll();
  replicas.incr(1, 7);
  replicas.nowMs += 5;
  t.is(replicas.incr(0, 1), '1');
  t.is(replicas.incr(2, 2), '2');
  replicas.mergeAll();
  t.is(replicas.shown(0), '3');
});

test('what is added where nobody knows the key is added to what it turns out to be', (t) => {
  const blind = { absentEpoch: undefined };
  for (const [before, after] of [
    ['100', '107'],
    ['text', 'text'],
  ] as const) {
    const replicas = new Replicas();
    replicas.set(0, before);
    replicas.incr(3, 3, blind);
    replicas.incr(3, 4, blind);
    t.is(replicas.shown(3), '7');
    replicas.mergeAll();
    t.is(replicas.shown(0), after);
  }
  const replicas = new Replicas();
  replicas.incr(0, 1);
  replicas.incr(2, 5, blind);
  replicas.incr(3, 7, blind);
  replicas.mergeAll();
  t.is(replicas.shown(0), '13');
  t.is(replicas.incr(1, 1), '14');
});

test('a flush takes what is added to a flushed value without knowing of it, and what comes after it adds up', (t) => {
  const replicas = new Replicas();
  replicas.incr(0, 100);
  replicas.mergeAll();
  const upTo = replicas.mark();
  const aware = replicas.flush(0, upTo);
  t.is(replicas.incr(0, 1, aware), '1');
  replicas.flush(1, upTo);
  t.is(replicas.incr(1, 2, aware), '2');
  t.is(replicas.incr(2, 7), '107');
  for (const replica of ACTORS.keys()) replicas.flush(replica, upTo);
  replicas.mergeAll();
  t.is(replicas.shown(0), '3');
});

test('a number that is added to stays a string to all other commands', (t) => {
  const replicas = new Replicas();
  replicas.incr(0, 12);
  const append: Change = { kind: 'compute', operation: { kind: 'append', value: Buffer.from('3'), bytesMax: 9 } };
  t.is(replicas.change(0, append), '3');
  t.is(replicas.shown(0), '123');
  t.is(replicas.incr(0, 1), '124');
  const get: Change = {
    kind: 'set',
    condition: 'present',
    keepExpiry: true,
    expiryMs: 0,
    value: Buffer.from('x'),
    context: undefined,
    answersPrevious: true,
  };
  t.is(replicas.change(0, get), '124');
});

test('what Redis refuses to add is refused in its words', (t) => {
  const replicas = new Replicas();
  for (const value of ['', 'x', '1.5', ' 1', '9223372036854775808']) {
    replicas.set(0, value);
    t.is(replicas.incr(0), 'value is not an integer or out of range');
  }
  replicas.set(0, '9223372036854775807');
  t.is(replicas.incr(0), 'increment or decrement would overflow');
  replicas.set(0, '-9223372036854775808');
  t.is(replicas.incr(0, -1), 'increment or decrement would overflow');
  const float = (by: bigint): Change => ({ kind: 'increment', by: { units: by, scale: 17 }, isFloat: true });
  replicas.set(0, 'x');
  t.is(replicas.change(0, float(1n)), 'value is not a valid float');
  replicas.set(0, '1e200');
  t.is(replicas.change(0, float(1n)), 'increment would produce NaN or Infinity');
  replicas.set(0, '3.0');
  t.is(replicas.change(0, float(25n * 10n ** 15n)), '3.25');
  t.is(replicas.incr(0), 'value is not an integer or out of range');
  t.is(replicas.change(0, float(75n * 10n ** 15n)), '4');
  t.is(replicas.incr(0), '5');
});

test('a counter of too many actors begins a new epoch with the same value', (t) => {
  const totals = new Map<ActorId, { added: bigint; taken: bigint }>();
  for (let i = 0; i < TOTALS_MAX; i++)
    totals.set(i.toString(16).padStart(16, '0') as ActorId, { added: 1n, taken: 0n });
  const value = encodeCounter({ ...startingAt(NEVER_WRITTEN), totals });
  const replicas = new Replicas();
  const dot = { actor: ACTORS[0] ?? ('' as never), counter: 5 };
  replicas.objects[0] = {
    clock: new Map([[dot.actor, 5]]),
    siblings: [{ dot, tombstone: false, isCounter: true, expiryMs: 0, value }],
  };
  t.is(replicas.incr(0), `${TOTALS_MAX + 1}`);
  t.is(replicas.shown(0), `${TOTALS_MAX + 1}`);
  t.not(replicas.objects[0]?.siblings[0]?.isCounter, true);
});

test('a number that is longer than a counter can be keeps its digits when its expiry is changed', (t) => {
  for (const value of ['7'.repeat(201), '7'.repeat(300), `-1${'0'.repeat(230)}`, '3'.repeat(1000)]) {
    const replicas = new Replicas();
    replicas.set(0, value);
    replicas.expire(0, NOW_MS + 5);
    t.is(replicas.shown(0), `${value}@${NOW_MS + 5}`);
    replicas.incr(1, 1, { newestDecides: false });
    replicas.mergeAll();
    replicas.expire(0, NOW_MS + 9);
    t.true(replicas.shown(0)?.endsWith(`@${NOW_MS + 9}`));
  }
});
