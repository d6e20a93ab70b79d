/**
 * A change that was asked of another node before, which then went away: it may have taken effect there. What the key holds
 * is treated as the change's own doing where it is what the change would have left; then it is written once more, so that
 * W replicas have it, and counts as applied.
 */
import { decodeObject, type ObjectBytes } from '../../version/codec.js';
import { type FoldedSibling, foldSiblings } from '../../version/counter-fold.js';
import { hasSeen, isLive, type Sibling } from '../../version/object.js';
import { type Applying, applyChange, type Change, type ChangeOutcome, shown, TOMBSTONE } from './change.js';
import { withExpiry } from './increment.js';

/**
 * What `change` does to `object` (null: the key is absent) where it may have been done before. What has a counter up to
 * `sinceCounter` was written before anybody asked for the change. undefined: what the client is to be told can't be told
 * any more, or whether it was done. Pure.
 */
export function applyAgain(
  object: ObjectBytes | null,
  change: Change,
  applying: Applying,
  sinceCounter: number,
): ChangeOutcome | undefined {
  const { nowMs } = applying;
  const siblings = object === null ? [] : decodeObject(object).siblings;
  const live = shown(foldSiblings(siblings, nowMs), applying);
  const [newest] = live;
  switch (change.kind) {
    case 'set': {
      if (newest === undefined || newest.dot.counter <= sinceCounter || !isWrittenBy(change, newest)) break;
      // `NX` answers that there was nothing before it.
      if (change.answersPrevious && change.condition !== 'absent') return undefined;
      const { expiryMs, value } = newest;
      const written = [{ tombstone: false, expiryMs, value }];
      return { applied: true, previous: undefined, written, context: change.context };
    }
    case 'delete':
      if (
        !isDeletedBy(
          change,
          siblings,
          change.context === undefined ? live : siblings.filter((one) => isLive(one, nowMs)),
          sinceCounter,
        )
      )
        break;
      return { applied: true, previous: undefined, written: [TOMBSTONE], context: change.context };
    case 'expire': {
      const { expiryMs } = change;
      if (expiryMs !== 0 && expiryMs <= nowMs) {
        if (live.length > 0 || !hasTombstoneSince(siblings, sinceCounter)) break;
        return { applied: true, previous: undefined, written: [TOMBSTONE], context: undefined };
      }
      if (newest === undefined || live.some((sibling) => sibling.expiryMs !== expiryMs)) break;
      const written = live.map((value) => withExpiry(value, expiryMs, nowMs)).reverse();
      return { applied: true, previous: newest.value, written, context: undefined };
    }
    case 'compute':
    case 'increment':
      // Whether what is there came of it can't be told; done twice it would be wrong.
      return undefined;
  }
  return applyChange(object, change, applying);
}

function isWrittenBy(change: Change & { kind: 'set' }, { value, expiryMs }: FoldedSibling): boolean {
  return value.equals(change.value) && (change.keepExpiry || expiryMs === change.expiryMs);
}

function isDeletedBy(
  { context }: Change & { kind: 'delete' },
  siblings: readonly Sibling[],
  live: readonly Pick<Sibling, 'dot'>[],
  sinceCounter: number,
): boolean {
  if (!hasTombstoneSince(siblings, sinceCounter)) return false;
  return !live.some(({ dot }) => context === undefined || hasSeen(context, dot));
}

function hasTombstoneSince(siblings: readonly Sibling[], sinceCounter: number): boolean {
  return siblings.some(({ tombstone, dot }) => tombstone && dot.counter > sinceCounter);
}
