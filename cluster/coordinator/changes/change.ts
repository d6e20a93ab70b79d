/** Read-modify-write as data: what can be asked of a key, and the pure function that says what comes of it. */
import type { ActorId } from '../../version/actor.js';
import { decodeObject, type ObjectBytes } from '../../version/codec.js';
import { type FoldedSibling, foldSiblings } from '../../version/counter-fold.js';
import type { Decimal } from '../../version/decimal.js';
import type { Written } from '../../version/encoded.js';
import { type Dot, hasSeen, isLive, type VersionVector } from '../../version/object.js';
import { applyIncrement, withExpiry } from './increment.js';
import { applyStringOperation, type StringOperation } from './string-change.js';

/** When an expiry may be replaced (`EXPIRE key seconds NX|XX|GT|LT`); flags that can be combined. */
export const EXPIRE_IF_NONE = 1;
export const EXPIRE_IF_SOME = 2;
export const EXPIRE_IF_GREATER = 4;
export const EXPIRE_IF_LESS = 8;

export type Change =
  | {
      readonly kind: 'set';
      readonly condition: 'always' | 'absent' | 'present';
      /** Keeps the expiry that the newest value has (`KEEPTTL`) instead of `expiryMs`. */
      readonly keepExpiry: boolean;
      /** Absolute, ms; 0: never. */
      readonly expiryMs: number;
      readonly value: Buffer;
      /** What the new value supersedes; undefined: all that a read quorum holds. */
      readonly context: VersionVector | undefined;
      /** Whether the client is told the value before it. */
      readonly answersPrevious: boolean;
    }
  | {
      readonly kind: 'delete';
      /** Deletes only what this context has seen; undefined: all that a read quorum holds. */
      readonly context: VersionVector | undefined;
    }
  | {
      readonly kind: 'expire';
      /** Flags EXPIRE_IF_…; 0: always. */
      readonly condition: number;
      /** Absolute, ms; 0: never (`PERSIST`); in the past: the key is deleted. */
      readonly expiryMs: number;
    }
  | {
      /** Makes a new value of the newest one, which it supersedes with all its siblings. */
      readonly kind: 'compute';
      readonly operation: StringOperation;
    }
  | {
      /** Adds to a number, so that what is added at several nodes at once adds up. Answers the new value. */
      readonly kind: 'increment';
      readonly by: Decimal;
      /** Whether the number may have a fraction (`INCRBYFLOAT`). */
      readonly isFloat: boolean;
    };

/** What a change needs to know of the node that applies it. */
export interface Applying {
  readonly nowMs: number;
  /** As in `shownSibling`; a context is for all siblings nonetheless. */
  readonly newestDecides: boolean;
  /** Under whom increments are counted: who would mint the next dot of the key. */
  readonly actor: ActorId;
  /** The epoch of a key that is absent; undefined: whether it is absent can't be known here. */
  readonly absentEpoch: Dot | undefined;
}

/** What a change comes to. `written` undefined: nothing is to be written. */
export interface ChangeOutcome {
  /** Whether the change took effect, as its command counts it. */
  readonly applied: boolean;
  /** The newest live value before the change; of a change that computes, what it answers. */
  readonly previous: Buffer | undefined;
  /** Why what the key holds does not allow the change; then nothing is written. */
  readonly refusal?: string;
  readonly written: readonly Written[] | undefined;
  readonly context: VersionVector | undefined;
}

export const TOMBSTONE: Written = { tombstone: true, expiryMs: 0, value: Buffer.alloc(0) };

/** What `change` does to `object` (null: the key is absent). Pure. */
export function applyChange(object: ObjectBytes | null, change: Change, applying: Applying): ChangeOutcome {
  const siblings = object === null ? [] : decodeObject(object).siblings;
  const values = foldSiblings(siblings, applying.nowMs);
  const live = shown(values, applying);
  switch (change.kind) {
    case 'set':
      return applySet(live, change);
    case 'delete':
      // A context has seen dots, so the siblings themselves count.
      return change.context === undefined
        ? applyDelete(live)
        : applyDeleteSeen(
            siblings.filter((sibling) => isLive(sibling, applying.nowMs)),
            change.context,
            values.find((value) => isLive(value, applying.nowMs))?.value,
          );
    case 'expire':
      return applyExpire(live, change, applying.nowMs);
    case 'compute':
      return applyCompute(live, change.operation);
    case 'increment':
      return applyIncrement(live[0] ?? values[0], change, applying);
  }
}

/** The values that a read shows, the newest first. */
export function shown(values: readonly FoldedSibling[], { nowMs, newestDecides }: Applying): readonly FoldedSibling[] {
  return (newestDecides ? values.slice(0, 1) : values).filter((value) => isLive(value, nowMs));
}

function applySet(live: readonly FoldedSibling[], change: Change & { kind: 'set' }): ChangeOutcome {
  const [newest] = live;
  const previous = newest?.value;
  const refused =
    (change.condition === 'absent' && newest !== undefined) || (change.condition === 'present' && newest === undefined);
  if (refused) return unchanged(previous);
  const expiryMs = change.keepExpiry ? (newest?.expiryMs ?? 0) : change.expiryMs;
  const written = [{ tombstone: false, expiryMs, value: change.value }];
  return { applied: true, previous, written, context: change.context };
}

function applyDelete(live: readonly FoldedSibling[]): ChangeOutcome {
  if (live.length === 0) return unchanged(undefined);
  return { applied: true, previous: live[0]?.value, written: [TOMBSTONE], context: undefined };
}

function applyDeleteSeen(
  live: readonly { readonly dot: Dot }[],
  context: VersionVector,
  previous: Buffer | undefined,
): ChangeOutcome {
  if (!live.some(({ dot }) => hasSeen(context, dot))) return unchanged(previous);
  return { applied: true, previous, written: [TOMBSTONE], context };
}

function applyExpire(
  live: readonly FoldedSibling[],
  change: Change & { kind: 'expire' },
  nowMs: number,
): ChangeOutcome {
  const [newest] = live;
  if (newest === undefined || !expiryMayChange(newest.expiryMs, change)) return unchanged(newest?.value);
  const { expiryMs } = change;
  if (expiryMs !== 0 && expiryMs <= nowMs) {
    return { applied: true, previous: newest.value, written: [TOMBSTONE], context: undefined };
  }
  // Every sibling stays a sibling. The newest is written last, so that it stays the newest.
  const written = live.map((value) => withExpiry(value, expiryMs, nowMs)).reverse();
  return { applied: true, previous: newest.value, written, context: undefined };
}

function applyCompute(live: readonly FoldedSibling[], operation: StringOperation): ChangeOutcome {
  const [newest] = live;
  const outcome = applyStringOperation(operation, newest?.value);
  if ('refusal' in outcome) return { ...unchanged(undefined), refusal: outcome.refusal };
  const { written: value, answer } = outcome;
  if (value === undefined) return unchanged(answer);
  const written = value === 'deleted' ? TOMBSTONE : { tombstone: false, expiryMs: newest?.expiryMs ?? 0, value };
  return { applied: true, previous: answer, written: [written], context: undefined };
}

/** The conditions of the EXPIRE command page: a key without expiry counts as one that expires at infinity. */
function expiryMayChange(currentMs: number, change: Change & { kind: 'expire' }): boolean {
  const { condition, expiryMs } = change;
  if (expiryMs === 0) return currentMs !== 0;
  if ((condition & EXPIRE_IF_NONE) !== 0 && currentMs !== 0) return false;
  if ((condition & EXPIRE_IF_SOME) !== 0 && currentMs === 0) return false;
  if ((condition & EXPIRE_IF_GREATER) !== 0 && (currentMs === 0 || expiryMs <= currentMs)) return false;
  return (condition & EXPIRE_IF_LESS) === 0 || currentMs === 0 || expiryMs < currentMs;
}

export function unchanged(previous: Buffer | undefined): ChangeOutcome {
  return { applied: false, previous, written: undefined, context: undefined };
}
