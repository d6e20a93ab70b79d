/**
 * What nodes tell each other so that one that was away can find out who knows what was deleted meanwhile. Times are ms
 * since 1970, by the clock of the node that answers; little-endian.
 *
 * ```
 *   question:  kind u8
 *   answer:    born u64 | for each partition: away from u64, serves since u64 (0: it does not)
 * ```
 */

import type { Partition } from '../ring/slots.js';
import { readU64, writeU64 } from '../version/words.js';
import type { AnswerQuery } from '../wire/queries.js';

/** The past of a node, as far as one partition goes. */
export interface NodeState {
  /** Its data folder was made then. */
  readonly bornMs: number;
  /** It went away then; for the time that matters most if there are several. */
  readonly awayFromMs: number;
  /** It has been back, with a copy that stands for what it acknowledged, since then; undefined: it is not yet. */
  readonly servesSinceMs: number | undefined;
}

const HEADER_BYTES = 8;
const ENTRY_BYTES = 16;

/** Answers `QUERY_KIND.nodeState`. */
export function answerNodeState(partitionCount: number, stateOf: (partition: Partition) => NodeState): AnswerQuery {
  return (_from, _body, answer) => {
    const reply = Buffer.alloc(HEADER_BYTES + partitionCount * ENTRY_BYTES);
    for (let partition = 0; partition < partitionCount; partition++) {
      const { bornMs, awayFromMs, servesSinceMs = 0 } = stateOf(partition as Partition);
      writeU64(reply, 0, bornMs);
      writeU64(reply, HEADER_BYTES + partition * ENTRY_BYTES, awayFromMs);
      writeU64(reply, HEADER_BYTES + partition * ENTRY_BYTES + 8, servesSinceMs);
    }
    answer(reply);
  };
}

/** What an answer says of a partition; undefined where it is not one. */
export function readNodeState(answer: Buffer, partition: Partition): NodeState | undefined {
  const at = HEADER_BYTES + partition * ENTRY_BYTES;
  if (answer.length < at + ENTRY_BYTES) return undefined;
  const servesSinceMs = readU64(answer, at + 8);
  return {
    bornMs: readU64(answer, 0),
    awayFromMs: readU64(answer, at),
    servesSinceMs: servesSinceMs === 0 ? undefined : servesSinceMs,
  };
}

/**
 * For how long a node has served between `sinceMs`, when this node went away, and now. Less than the grace: nothing that
 * was deleted in that time can have been forgotten by it, it was away too. One whose folder is younger than that (a disk
 * was replaced) knows nothing of the time before: what this node has set aside may be the last copy.
 */
export function servedMs({ bornMs, awayFromMs, servesSinceMs }: NodeState, sinceMs: number, nowMs: number): number {
  if (bornMs > sinceMs) return 0;
  const before = Math.max(0, awayFromMs - sinceMs);
  const after = servesSinceMs === undefined ? 0 : Math.max(0, nowMs - Math.max(sinceMs, servesSinceMs));
  return before + after;
}

/** What becomes of rows that were set aside: to wait, to merge them back, or to take the copy of the node at this index. */
export type Verdict = 'wait' | 'merge back' | number;

/** `others`: the other primaries; undefined, those that did not answer. */
export function judge(
  others: readonly (NodeState | undefined)[],
  sinceMs: number,
  nowMs: number,
  graceMs: number,
): Verdict {
  let source = -1;
  let longestMs = 0;
  let isOpen = false;
  for (const [at, state] of others.entries()) {
    const ms = state === undefined ? 0 : servedMs(state, sinceMs, nowMs);
    if (state === undefined || (ms >= graceMs && state.servesSinceMs === undefined)) isOpen = true;
    if (ms < graceMs || ms <= longestMs || state?.servesSinceMs === undefined) continue;
    source = at;
    longestMs = ms;
  }
  if (source >= 0) return source;
  return isOpen ? 'wait' : 'merge back';
}
