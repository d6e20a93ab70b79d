import { decodeObject, type ObjectBytes } from '../../../cluster/version/codec.js';
import type { ContextTokens } from '../../../cluster/version/context-token.js';
import { foldSiblings } from '../../../cluster/version/counter-fold.js';
import { contextAfterPut, isLive, type VersionVector } from '../../../cluster/version/object.js';
import type { ReplyBuffer } from '../../resp/reply-buffer.js';

/** Writes `[token, [sibling, …]]`, newest first. An absent key has a token too: one that has seen nothing. */
export function writeContextReply(
  out: ReplyBuffer,
  tokens: ContextTokens,
  db: number,
  key: string,
  object: ObjectBytes | undefined,
  nowMs: number,
): void {
  const { clock, siblings } = object === undefined ? { clock: new Map(), siblings: [] } : decodeObject(object);
  const live = foldSiblings(siblings, nowMs).filter((value) => isLive(value, nowMs));
  out.array(2);
  out.bulkText(tokens.issue(db, key, clock));
  out.array(live.length);
  for (const { value } of live) out.bulk(value);
}

/** Writes the token for a client whose write with `context` has left `object` behind. */
export function writeToken(
  out: ReplyBuffer,
  tokens: ContextTokens,
  db: number,
  key: string,
  context: VersionVector,
  object: ObjectBytes | undefined,
): void {
  const seen = object === undefined ? context : contextAfterPut(context, decodeObject(object));
  out.bulkText(tokens.issue(db, key, seen));
}
