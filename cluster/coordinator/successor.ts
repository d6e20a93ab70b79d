import type { ActorId } from '../version/actor.js';
import { readActor } from '../version/actor.js';
import { decodeObject, encodeObject, type ObjectBytes } from '../version/codec.js';
import { clockEntryCount, clockHasActor, encodeReplacing, joinBytes, type Written } from '../version/encoded.js';
import { put, truncateClock, type VersionedObject, type VersionVector } from '../version/object.js';
import type { Coordination } from './coordination.js';
import { CLOCK_ENTRIES_LEFT_MAX } from './limits.js';

const SEEN_NOTHING: VersionVector = new Map();

/** A record that a put made, and whether its clock had to be cut. */
export interface Successor {
  /** undefined: the siblings are of so many actors that the put must be refused. */
  readonly record: Buffer | undefined;
  readonly truncated: boolean;
}

/** Where the dots and the limits of a put come from. */
export interface Minting {
  /** 8 bytes: whom the new dots are minted under. */
  readonly actor: Buffer;
  /** Gives the next counter. */
  readonly mint: () => number;
  readonly clockEntriesMax: number;
  readonly isMember: (actor: ActorId) => boolean;
}

/**
 * Whether `encodeReplacing` is all that a put needs: one value that replaces everything seen, and no clock to cut.
 */
export function isPlainReplacement(
  current: ObjectBytes | null,
  context: VersionVector | undefined,
  written: readonly Written[],
  actor: Buffer,
  clockEntriesMax: number,
): boolean {
  if (context !== undefined || written.length !== 1) return false;
  if (current === null) return true;
  const entries = clockEntryCount(current);
  // Merges may have made the clock longer than it should be; then it has to be cut whoever is in it.
  return entries < clockEntriesMax || (entries === clockEntriesMax && clockHasActor(current, actor));
}

/**
 * The object after a put: siblings that `context` has seen go (undefined: all of them), the written values come, each
 * with a dot of its own. The clock is cut at `clockEntriesMax` (Dynamo §4.4).
 */
export function encodeSuccessor(
  current: ObjectBytes | null,
  context: VersionVector | undefined,
  written: readonly Written[],
  minting: Minting,
): Successor {
  const { actor, mint, clockEntriesMax, isMember } = minting;
  const [only] = written;
  if (only !== undefined && isPlainReplacement(current, context, written, actor, clockEntriesMax)) {
    return { record: encodeReplacing(current ?? undefined, actor, mint(), only), truncated: false };
  }
  const actorId = readActor(actor, 0);
  let object: VersionedObject | undefined = current === null ? undefined : decodeObject(current);
  let seen = context;
  for (const one of written) {
    const dot = { actor: actorId, counter: mint() };
    object = put(object, seen, { ...one, dot, value: Buffer.from(one.value) });
    // Further values stand beside the first.
    seen = SEEN_NOTHING;
  }
  if (object === undefined) throw new Error('a put must write something');
  const capped = truncateClock(object, clockEntriesMax, isMember);
  const entries = capped.clock.size;
  const entriesBefore = current === null ? 0 : clockEntryCount(current);
  if (entries > CLOCK_ENTRIES_LEFT_MAX && entries > entriesBefore) return { record: undefined, truncated: false };
  return { record: encodeObject(capped), truncated: entries < object.clock.size };
}

/** HOT PATH. The record that a put makes of `current`, with dots of the node's clock; undefined: it has to be refused. */
export function successorOf(
  node: Coordination,
  current: ObjectBytes | null,
  context: VersionVector | undefined,
  written: readonly Written[],
  actor: Buffer,
): Buffer | undefined {
  const { hybridClock, clockEntriesMax, counters } = node;
  const [only] = written;
  if (only !== undefined && isPlainReplacement(current, context, written, actor, clockEntriesMax)) {
    return encodeReplacing(current ?? undefined, actor, hybridClock.next(), only);
  }
  const successor = encodeSuccessor(current, context, written, {
    actor,
    mint: () => hybridClock.next(),
    clockEntriesMax,
    isMember: (id) => node.isMember(id),
  });
  if (successor.truncated) counters.clock_truncations++;
  return successor.record;
}

/** The highest counter that a context has seen; 0: none. */
export function highestSeen(context: VersionVector): number {
  let highest = 0;
  for (const counter of context.values()) if (counter > highest) highest = counter;
  return highest;
}

/** What is held here, and what a quorum holds, as one object. */
export function joinHeld(local: ObjectBytes | null, base: ObjectBytes | null): ObjectBytes | null {
  if (base === null || base === local) return local;
  return local === null ? base : joinBytes(local, base);
}
