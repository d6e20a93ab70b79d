/**
 * The model: what an object means. Everything here is pure and works on decoded objects; `encoded.ts` does the common
 * cases on the bytes and must agree with this file (a property test holds them together).
 */
import type { ActorId } from './actor.js';

/** The name of one write. `counter` is a hybrid logical time: ms since 1970 × 1000 + logical. */
export interface Dot {
  readonly actor: ActorId;
  readonly counter: number;
}

/** actor → highest counter seen: the causal history of an object. */
export type VersionVector = ReadonlyMap<ActorId, number>;

/** One value that no other write has superseded. */
export interface Sibling {
  readonly dot: Dot;
  /** A tombstone says that the key was deleted; its `value` is empty. */
  readonly tombstone: boolean;
  /** Whether `value` is a counter (`counter.ts`). */
  readonly isCounter?: boolean;
  /** Absolute expiry in ms since 1970; 0: never. */
  readonly expiryMs: number;
  readonly value: Buffer;
}

/** What is stored and replicated for a key. Siblings are ordered newest first. */
export interface VersionedObject {
  readonly clock: VersionVector;
  readonly siblings: readonly Sibling[];
}

/** Newest first: by counter, and between equal counters by actor, so that every node orders alike. */
export function newerDotFirst(a: Dot, b: Dot): number {
  if (a.counter !== b.counter) return b.counter - a.counter;
  return a.actor < b.actor ? 1 : a.actor > b.actor ? -1 : 0;
}

/** Whether the history `clock` includes the write `dot`. */
export function hasSeen(clock: VersionVector, dot: Dot): boolean {
  return (clock.get(dot.actor) ?? 0) >= dot.counter;
}

/** Whether `clock` includes all of `other`. */
export function covers(clock: VersionVector, other: VersionVector): boolean {
  for (const [actor, counter] of other) if ((clock.get(actor) ?? 0) < counter) return false;
  return true;
}

/** The least history that includes both. */
export function joinClocks(a: VersionVector, b: VersionVector): Map<ActorId, number> {
  const joined = new Map(a);
  for (const [actor, counter] of b) joined.set(actor, Math.max(joined.get(actor) ?? 0, counter));
  return joined;
}

/**
 * Merges what two replicas hold: all siblings of both, less those that one side has seen and no longer holds (it knows
 * of a write that superseded them). Commutative, associative, idempotent.
 */
export function join(a: VersionedObject, b: VersionedObject): VersionedObject {
  const siblings = a.siblings.filter((sibling) => holds(b, sibling.dot) || !hasSeen(b.clock, sibling.dot));
  for (const sibling of b.siblings) {
    if (!holds(a, sibling.dot) && !hasSeen(a.clock, sibling.dot)) siblings.push(sibling);
  }
  siblings.sort((x, y) => newerDotFirst(x.dot, y.dot));
  return { clock: joinClocks(a.clock, b.clock), siblings };
}

/**
 * A coordinator's write: drops the siblings that `context` has seen and adds `written`.
 *
 * `context` undefined means "all that this replica has seen" (a plain `SET`).
 */
export function put(
  current: VersionedObject | undefined,
  context: VersionVector | undefined,
  written: Sibling,
): VersionedObject {
  const seen = context ?? current?.clock ?? new Map();
  const siblings = (current?.siblings ?? []).filter((sibling) => !hasSeen(seen, sibling.dot));
  siblings.push(written);
  siblings.sort((x, y) => newerDotFirst(x.dot, y.dot));
  const clock = joinClocks(current?.clock ?? new Map(), seen);
  clock.set(written.dot.actor, Math.max(clock.get(written.dot.actor) ?? 0, written.dot.counter));
  return { clock, siblings };
}

/**
 * What a client has seen once its write with `context` has left `object` behind, the newest sibling being its own: that one
 * as well, and no more. The clock of `object` says more: it includes siblings of other clients, which a next write by that
 * context would drop unread. Where even the own dot can't be included without one of those (a version vector includes all
 * that an actor wrote before), it stays out, and the next write leaves two siblings of this client for a reader to merge.
 */
export function contextAfterPut(context: VersionVector, object: VersionedObject): VersionVector {
  const [own, ...others] = object.siblings;
  if (own === undefined) return context;
  const seen = new Map(context).set(own.dot.actor, own.dot.counter);
  const isTooMuch = others.some(({ dot, tombstone }) => !tombstone && hasSeen(seen, dot) && !hasSeen(context, dot));
  return isTooMuch ? context : seen;
}

/**
 * Caps the clock at `entriesMax` pairs (Dynamo §4.4: about 10): drops the oldest, first those whose actor is no
 * longer in the cluster. Entries that name a sibling's dot stay. Only a coordinated put may do this, never a merge
 * (two replicas that prune while merging hand the pruned entries back to each other for ever, riak_core#613).
 */
export function truncateClock(
  object: VersionedObject,
  entriesMax: number,
  isMember: (actor: ActorId) => boolean,
): VersionedObject {
  if (object.clock.size <= entriesMax) return object;
  const named = new Set(object.siblings.map((sibling) => sibling.dot.actor));
  const droppable = [...object.clock]
    .filter(([actor]) => !named.has(actor))
    .sort(
      ([actorA, a], [actorB, b]) =>
        Number(isMember(actorA)) - Number(isMember(actorB)) || a - b || (actorA < actorB ? -1 : 1),
    );
  const clock = new Map(object.clock);
  for (const [actor] of droppable.slice(0, object.clock.size - entriesMax)) clock.delete(actor);
  return { clock, siblings: object.siblings };
}

/** Whether a read at `nowMs` shows this sibling to a client. */
export function isLive(sibling: Sibling, nowMs: number): boolean {
  return !sibling.tombstone && (sibling.expiryMs === 0 || sibling.expiryMs > nowMs);
}

function holds(object: VersionedObject, dot: Dot): boolean {
  return object.siblings.some((sibling) => sibling.dot.counter === dot.counter && sibling.dot.actor === dot.actor);
}
