/** HOT PATH (`putPlain`). Puts of strings, as `SET` and its kin answer them. */
import type { Change } from '../../../cluster/coordinator/changes/change.js';
import type { Failure } from '../../../cluster/failure.js';
import type { ObjectBytes } from '../../../cluster/version/codec.js';
import type { Written } from '../../../cluster/version/encoded.js';
import type { VersionVector } from '../../../cluster/version/object.js';
import type { ReplySlot } from '../../net/reply-slot.js';
import type { Server } from '../../server.js';
import type { Key } from '../arguments/key-argument.js';
import type { Call } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { keepsSiblings } from '../shown-sibling.js';
import { writeToken } from './context-reply.js';
import type { SetArguments } from './set-arguments.js';

const NOTHING_SEEN: VersionVector = new Map();

/** What the reply to a write with a token needs. */
interface PendingWrite {
  readonly server: Server;
  readonly slot: ReplySlot;
  readonly db: number;
  readonly key: string;
  readonly context: VersionVector;
}

/** What a put without a token supersedes: undefined is all that its coordinator has seen; in a keyspace of siblings nothing. */
export function contextOfPlainPut(server: Server, key: string): VersionVector | undefined {
  return keepsSiblings(server, key) ? NOTHING_SEEN : undefined;
}

/** `SET key value`: replaces what the coordinator has seen, or in a keyspace of siblings adds one. */
export function putPlain({ server, slot, connection }: Call, { text, slot: keySlot }: Key, written: Written): void {
  const context = contextOfPlainPut(server, text);
  connection.session.put(connection.db, keySlot, text, context, written, { server, slot }, answerOk);
}

function answerOk({ server, slot }: { server: Server; slot: ReplySlot }, failure: Failure | undefined): void {
  if (refusesFailure(server, slot, failure)) return;
  slot.out.ok();
  slot.complete();
}

/** `SET key value …`. `context`: what a token that the client gave has seen. */
export function setWithOptions(
  call: Call,
  key: Key,
  value: Buffer,
  { condition, get: answerPrevious, keepTtl, expiryMs }: Omit<SetArguments, 'token'>,
  context: VersionVector | undefined,
): void {
  const { server, slot, connection } = call;
  const { db } = connection;
  if (condition === 'always' && !answerPrevious && !keepTtl) {
    const written: Written = { tombstone: false, expiryMs, value };
    if (context === undefined) {
      putPlain(call, key, written);
      return;
    }
    const pending: PendingWrite = { server, slot, db, key: key.text, context };
    connection.session.put(db, key.slot, key.text, context, written, pending, answerNewToken);
    return;
  }
  const change: Change = {
    kind: 'set',
    condition,
    keepExpiry: keepTtl,
    expiryMs,
    value,
    context: context ?? contextOfPlainPut(server, key.text),
    answersPrevious: answerPrevious,
  };
  connection.session.modify(db, key.slot, key.text, change, undefined, (_state, failure, applied, previous, object) => {
    if (refusesFailure(server, slot, failure)) return;
    if (answerPrevious) server.statistics.countLookup(previous !== undefined);
    if (answerPrevious) writeBulkOrNull(slot, previous);
    else if (!applied) slot.out.nullBulk();
    else if (context !== undefined) writeToken(slot.out, server.node.tokens, db, key.text, context, object);
    else slot.out.ok();
    slot.complete();
  });
}

function answerNewToken(pending: PendingWrite, failure: Failure | undefined, object: ObjectBytes | undefined): void {
  const { server, slot, db, key, context } = pending;
  if (refusesFailure(server, slot, failure)) return;
  writeToken(slot.out, server.node.tokens, db, key, context, object);
  slot.complete();
}

export function writeBulkOrNull(slot: ReplySlot, value: Buffer | undefined): void {
  if (value === undefined) slot.out.nullBulk();
  else slot.out.bulk(value);
}
