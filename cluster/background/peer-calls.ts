/**
 * Requests to peers as promises, for work that nobody waits for: hints, exchanges, reaping. The hot path uses the
 * callbacks of `Peer`.
 */
import type { Durability } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { objectLength } from '../version/encoded.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';

/** Why a peer gave no answer; see `ReplyHandler.failed`. */
export type CallFault = 'unreachable' | 'timeout' | 'refused';

/** What a peer holds: the version that was asked about, nothing, or this object (a copy). */
export type PeerCopy = 'same' | 'nothing' | Buffer;

/** Whether the peer has merged `object` (bytes may follow it) into what it holds, as safely as asked. */
export function putTo(
  peer: Peer,
  partition: Partition,
  db: number,
  key: string,
  object: ObjectBytes,
  durability: Durability,
): Promise<boolean> {
  return new Promise((resolve) => {
    const handler = answering({ putReplied: (_peer, status) => resolve(status === 0), failed: () => resolve(false) });
    peer.put(handler, partition, db, durability, key, object, objectLength(object));
  });
}

/** What the peer holds under the key; `fingerprint` is that of the own version, 0: none. */
export function getFrom(
  peer: Peer,
  partition: Partition,
  db: number,
  key: string,
  fingerprint: number,
): Promise<PeerCopy | CallFault> {
  return new Promise((resolve) => {
    const handler = answering({
      getReplied: (_peer, same, object) =>
        resolve(same ? 'same' : object === undefined ? 'nothing' : Buffer.from(object)),
      failed: (_peer, reason) => resolve(reason),
    });
    peer.get(handler, partition, db, key, fingerprint);
  });
}

/** The answer to a question of a `QUERY_KIND` (a copy), or why there is none. */
export function ask(peer: Peer, kind: number, body: Buffer): Promise<Buffer | CallFault> {
  return new Promise((resolve) => {
    const handler = answering({
      forwardReplied: (_peer, reply) => resolve(Buffer.from(reply)),
      failed: (_peer, reason) => resolve(reason),
    });
    peer.query(handler, Buffer.concat([Buffer.of(kind), body]));
  });
}

function answering(handler: Partial<ReplyHandler>): ReplyHandler {
  const unexpected = (): never => {
    throw new Error('a request was answered as one of another kind');
  };
  return {
    putReplied: unexpected,
    getReplied: unexpected,
    forwardReplied: unexpected,
    failed: unexpected,
    ...handler,
  };
}
