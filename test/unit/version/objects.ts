/**
 * Objects for property tests, of two sorts:
 *
 * - *reachable*: a few replicas of one key mint dots, put with contexts and merge in random order. Each state comes with
 *   its explicit history (the set of writes that it has seen, and those that it holds), which is what the version vector
 *   only abbreviates; a test can compare the two.
 * - *well-formed*: any object whose clock covers its siblings, whether or not a cluster could have got there.
 */
import fc from 'fast-check';
import { type ActorId, makeActor } from '../../../cluster/version/actor.js';
import { encodeCounter } from '../../../cluster/version/counter.js';
import {
  type Dot,
  hasSeen,
  join,
  newerDotFirst,
  put,
  type Sibling,
  type VersionedObject,
  type VersionVector,
} from '../../../cluster/version/object.js';

const LIVES = ['000000000000', '00000000007f', '000000000080', '7fffffffffff', 'ffffffffffff'];

/** Ids on both sides of the borders where a signed or a textual comparison would order differently from the bytes. */
export const ACTORS: readonly ActorId[] = [
  ...LIVES.map((life) => makeActor(Buffer.from(life, 'hex'), 0)),
  makeActor(Buffer.from('000000000080', 'hex'), 1),
  makeActor(Buffer.from('ffffffffffff', 'hex'), 0xffff),
];

/** Counters from 1 to the greatest that a hybrid logical clock reaches, with the 2^32 border well hit. */
export const anyCounter = fc.oneof(
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 2 ** 32 - 2, max: 2 ** 32 + 2 }),
  fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_000_000_005 }),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 2, max: Number.MAX_SAFE_INTEGER }),
);

const anyExpiryMs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 2 ** 45 }));
const anyValue = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));

export interface AnyWritten {
  readonly tombstone: boolean;
  readonly expiryMs: number;
  readonly value: Buffer;
}

export const anyWritten: fc.Arbitrary<AnyWritten> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ tombstone: fc.constant(false), expiryMs: anyExpiryMs, value: anyValue }) },
  { weight: 1, arbitrary: fc.constant({ tombstone: true, expiryMs: 0, value: Buffer.alloc(0) }) },
);

export const anyClock: fc.Arbitrary<VersionVector> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ACTORS), anyCounter), { selector: ([actor]) => actor })
  .map((entries) => new Map(entries));

/** What a dot stands for: two objects that hold the same dot hold the same value. */
export function siblingOf(dot: Dot): Sibling {
  const tombstone = dot.counter % 5 === 0;
  if (dot.counter % 7 === 1 && !tombstone) {
    const totals = new Map([[dot.actor, { added: BigInt(dot.counter), taken: 1n }]]);
    const counter = { epoch: undefined, scale: 0 as const, base: 0n, totals, expirySetAt: 0 };
    return { dot, tombstone, isCounter: true, expiryMs: 0, value: encodeCounter(counter) };
  }
  return {
    dot,
    tombstone,
    expiryMs: tombstone || dot.counter % 3 !== 0 ? 0 : dot.counter % 1000,
    value: tombstone ? Buffer.alloc(0) : Buffer.from(`${dot.actor.slice(-6)}:${dot.counter}`),
  };
}

export const anyWellFormed: fc.Arbitrary<VersionedObject> = anyClock.chain((clock) =>
  fc
    .tuple(...[...clock].map(([actor, highest]) => siblingsUnder(actor, highest)))
    .map((siblings) => ({ clock, siblings: siblings.flat().sort((a, b) => newerDotFirst(a.dot, b.dot)) })),
);

function siblingsUnder(actor: ActorId, highest: number): fc.Arbitrary<Sibling[]> {
  return fc
    .uniqueArray(fc.integer({ min: Math.max(1, highest - 3), max: highest }), { maxLength: 3 })
    .map((counters) => counters.map((counter) => siblingOf({ actor, counter })));
}

/** A state of one replica with its history spelt out. */
export interface History {
  readonly object: VersionedObject | undefined;
  /** Names of all writes that this state knows of, directly or through a context. */
  readonly seen: ReadonlySet<string>;
  /** Names of the writes that nothing in `seen` has superseded. */
  readonly held: ReadonlySet<string>;
}

interface Step {
  readonly replica: number;
  readonly other: number;
  readonly kind: 'put-all' | 'put-none' | 'put-read' | 'merge';
  readonly tick: number;
}

const REPLICAS = 4;
const EMPTY: History = { object: undefined, seen: new Set(), held: new Set() };

const anyStep: fc.Arbitrary<Step> = fc.record({
  replica: fc.nat(REPLICAS - 1),
  other: fc.nat(),
  kind: fc.constantFrom('put-all', 'put-none', 'put-read', 'merge', 'merge'),
  tick: fc.integer({ min: 0, max: 3 }),
});

export function nameOf(dot: Dot): string {
  return `${dot.actor}:${dot.counter}`;
}

/** All states that a random run of four replicas goes through, oldest first. */
export const reachableStates: fc.Arbitrary<readonly History[]> = fc
  .array(anyStep, { minLength: 1, maxLength: 30 })
  .map(runReplicas);

export const reachableObject: fc.Arbitrary<VersionedObject> = reachableStates.chain((states) =>
  fc.constantFrom(...objectsOf(states)),
);

/** `count` objects of one run: they share a past, as the replicas of a key do. */
function relatedObjects(count: number): fc.Arbitrary<VersionedObject[]> {
  return reachableStates.chain((states) =>
    fc.array(fc.constantFrom(...objectsOf(states)), { minLength: count, maxLength: count }),
  );
}

/** Either sort, `count` of them. */
export function anyObjects(count: number): fc.Arbitrary<VersionedObject[]> {
  return fc.oneof(relatedObjects(count), fc.array(anyWellFormed, { minLength: count, maxLength: count }));
}

function objectsOf(states: readonly History[]): VersionedObject[] {
  return [
    { clock: new Map(), siblings: [] },
    ...states.flatMap(({ object }) => (object === undefined ? [] : [object])),
  ];
}

function runReplicas(steps: readonly Step[]): History[] {
  const replicas: History[] = new Array<History>(REPLICAS).fill(EMPTY);
  const states: History[] = [EMPTY];
  let now = 1_000;
  for (const step of steps) {
    const before = replicas[step.replica] ?? EMPTY;
    const other = states[step.other % states.length] ?? EMPTY;
    const actor = ACTORS[step.replica] ?? ACTORS[0];
    if (actor === undefined) continue;
    now += step.tick;
    const after =
      step.kind === 'merge' ? mergeHistories(before, other) : putHistory(before, other, step.kind, actor, now);
    replicas[step.replica] = after;
    states.push(after);
  }
  return states;
}

function putHistory(before: History, read: History, kind: Step['kind'], actor: ActorId, now: number): History {
  const past = kind === 'put-all' ? before : kind === 'put-none' ? EMPTY : read;
  const context = kind === 'put-all' ? undefined : (past.object?.clock ?? new Map());
  const counter = Math.max(now, 1 + highest(before.object?.clock), 1 + highest(context));
  const dot = { actor, counter };
  return {
    object: put(before.object, context, siblingOf(dot)),
    seen: new Set([...before.seen, ...past.seen, nameOf(dot)]),
    held: new Set([...[...before.held].filter((name) => !past.seen.has(name)), nameOf(dot)]),
  };
}

export function mergeHistories(a: History, b: History): History {
  const empty: VersionedObject = { clock: new Map(), siblings: [] };
  const held = [...a.held].filter((name) => b.held.has(name) || !b.seen.has(name));
  held.push(...[...b.held].filter((name) => !a.seen.has(name)));
  return {
    object: a.object === undefined && b.object === undefined ? undefined : join(a.object ?? empty, b.object ?? empty),
    seen: new Set([...a.seen, ...b.seen]),
    held: new Set(held),
  };
}

function highest(clock: VersionVector | undefined): number {
  return Math.max(0, ...(clock?.values() ?? []));
}

/** Whether each sibling's dot is in the clock: what every object must keep to. */
export function clockCoversSiblings({ clock, siblings }: VersionedObject): boolean {
  return siblings.every((sibling) => hasSeen(clock, sibling.dot));
}

/** Comparable form of a version vector: its entries in actor order. */
export function inOrder(clock: VersionVector | undefined): [ActorId, number][] | undefined {
  return clock === undefined ? undefined : [...clock].sort(([a], [b]) => (a < b ? -1 : 1));
}
