/**
 * The handshake, pure: bodies in, steps out. `PROTOCOL.md` draws it.
 *
 * ```
 *   dialler                      listener
 *      | ---- HELLO greeting D ---> |   magic, cluster, partitions, versions fit?
 *      | <- CHALLENGE greeting L -- |   the same questions, and: is it the node that was dialled?
 *      | ------ PROOF mac D ------> |   knows the secret?
 *      | <----- READY mac L ------- |   knows the secret?
 *
 *   greeting   0       8         10        12         16           20           36        56      64      96
 *              +-------+---------+---------+----------+------------+------------+---------+-------+-------+------
 *              | magic | min u16 | max u16 | features | partitions | cluster id | node id | actor | nonce | later
 *              |   8   | version | version |   u32    |    u32     |     16     |   20    |   8   |  32   | fields
 *              +-------+---------+---------+----------+------------+------------+---------+-------+-------+------
 *   mac        HMAC-SHA-256(secret, "cartwheel peer handshake\n", role u8, length u32, greeting D, length u32, greeting L)
 * ```
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { NodeId } from '../ring/ring.js';
import { ACTOR_BYTES, type ActorId, readActor } from '../version/actor.js';
import { CHALLENGE, type ClosingReason, HELLO, messageName, PROOF, READY } from './messages.js';

/** Optional abilities, as bits. Append-only. `hintedPuts`: as a listener it takes PUT_HINTED. */
export const FEATURE = { hintedPuts: 1 } as const;
/** The abilities that this code has. */
export const FEATURES = FEATURE.hintedPuts;
export const NONCE_BYTES = 32;
const GREETING_BYTES = 96;

// The line feed at the end shows a stream that was treated as text.
const MAGIC = Buffer.from('CTWHEEL\n', 'latin1');
const MAC_LABEL = 'cartwheel peer handshake\n';
const MAC_BYTES = 32;
const CLUSTER_ID_BYTES = 16;
const NODE_ID_BYTES = 20;
const CLUSTER_ID_AT = 20;
const NODE_ID_AT = 36;
const ACTOR_AT = 56;
const NONCE_AT = 64;
// The role is in the MAC, so that a proof can't be played back to the one that made it.
const ROLE_DIALLER = 1;
const ROLE_LISTENER = 2;

/** What one side says about itself and holds the other side to. */
export interface Party {
  readonly clusterName: string;
  readonly secret: string;
  readonly partitionCount: number;
  readonly nodeId: NodeId;
  readonly actor: ActorId;
  readonly versionMin: number;
  readonly versionMax: number;
  readonly features: number;
}

/** What both sides know once the handshake is done. */
export interface PeerIdentity {
  readonly nodeId: NodeId;
  readonly actor: ActorId;
  /** The highest version that both speak. */
  readonly version: number;
  /** The features that both have. */
  readonly features: number;
}

/** What to do after a frame of the handshake. */
export type HandshakeStep =
  | { readonly step: 'send'; readonly kind: number; readonly body: Buffer }
  /** Done. `body`, if any, is still to be sent. */
  | {
      readonly step: 'ready';
      readonly identity: PeerIdentity;
      readonly kind: number;
      readonly body: Buffer | undefined;
    }
  /** Close; `tell`: send the reason first (not to what may not be a peer at all). */
  | { readonly step: 'refuse'; readonly reason: ClosingReason; readonly text: string; readonly tell: boolean };

interface Greeting {
  readonly bytes: Buffer;
  readonly identity: PeerIdentity;
}

/** The side that dialled. One object a link. */
export class DiallingHandshake {
  private readonly greeting: Buffer;
  private awaited = CHALLENGE;
  private other: Greeting | undefined;

  /** `nonce` is NONCE_BYTES random bytes; `expected` is the node that should answer, undefined: any. */
  constructor(
    private readonly party: Party,
    nonce: Buffer,
    private readonly expected: NodeId | undefined,
  ) {
    this.greeting = encodeGreeting(party, nonce);
  }

  /** The body of the HELLO. */
  hello(): Buffer {
    return this.greeting;
  }

  /** Takes the next frame. `body` may be overwritten later. */
  receive(kind: number, body: Buffer): HandshakeStep {
    if (kind !== this.awaited) return outOfOrder(kind, this.awaited);
    if (this.other === undefined) {
      const other = readGreeting(this.party, body);
      if ('step' in other) return other;
      if (this.expected !== undefined && other.identity.nodeId !== this.expected) {
        return refuse('node', `dialled node ${this.expected}, but ${other.identity.nodeId} answered`);
      }
      this.other = other;
      this.awaited = READY;
      return { step: 'send', kind: PROOF, body: mac(this.party, ROLE_DIALLER, this.greeting, other.bytes) };
    }
    if (!sameMac(mac(this.party, ROLE_LISTENER, this.greeting, this.other.bytes), body)) return wrongSecret();
    return { step: 'ready', identity: this.other.identity, kind: 0, body: undefined };
  }
}

/** The side that listens. One object a link. */
export class ListeningHandshake {
  private readonly greeting: Buffer;
  private awaited = HELLO;
  private other: Greeting | undefined;

  /** `nonce` is NONCE_BYTES random bytes. */
  constructor(
    private readonly party: Party,
    nonce: Buffer,
  ) {
    this.greeting = encodeGreeting(party, nonce);
  }

  /** Takes the next frame. `body` may be overwritten later. */
  receive(kind: number, body: Buffer): HandshakeStep {
    if (kind !== this.awaited) return outOfOrder(kind, this.awaited);
    if (this.other === undefined) {
      const other = readGreeting(this.party, body);
      if ('step' in other) return other;
      this.other = other;
      this.awaited = PROOF;
      return { step: 'send', kind: CHALLENGE, body: this.greeting };
    }
    if (!sameMac(mac(this.party, ROLE_DIALLER, this.other.bytes, this.greeting), body)) return wrongSecret();
    const answer = mac(this.party, ROLE_LISTENER, this.other.bytes, this.greeting);
    return { step: 'ready', identity: this.other.identity, kind: READY, body: answer };
  }
}

/** The node that a greeting names, or undefined where `body` is none. It is not proved by anything yet. */
export function greetingNodeId(body: Buffer): NodeId | undefined {
  if (body.length < GREETING_BYTES || !body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  return body.toString('hex', NODE_ID_AT, NODE_ID_AT + NODE_ID_BYTES) as NodeId;
}

function encodeGreeting(party: Party, nonce: Buffer): Buffer {
  const bytes = Buffer.alloc(GREETING_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(party.versionMin, 8);
  bytes.writeUInt16LE(party.versionMax, 10);
  bytes.writeUInt32LE(party.features, 12);
  bytes.writeUInt32LE(party.partitionCount, 16);
  clusterId(party.clusterName).copy(bytes, CLUSTER_ID_AT);
  bytes.write(party.nodeId, NODE_ID_AT, NODE_ID_BYTES, 'hex');
  bytes.write(party.actor, ACTOR_AT, ACTOR_BYTES, 'hex');
  nonce.copy(bytes, NONCE_AT, 0, NONCE_BYTES);
  return bytes;
}

/** Reads the other side's greeting and holds it against our own. Later versions may append fields: they are ignored. */
function readGreeting(party: Party, body: Buffer): Greeting | (HandshakeStep & { step: 'refuse' }) {
  if (body.length < MAGIC.length || body.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) {
    return { step: 'refuse', reason: 'malformed', text: 'not a peer: the magic is wrong', tell: false };
  }
  if (body.length < GREETING_BYTES) return refuse('malformed', 'greeting is cut off');
  const bytes = Buffer.from(body);
  const versionMin = bytes.readUInt16LE(8);
  const versionMax = bytes.readUInt16LE(10);
  const version = Math.min(versionMax, party.versionMax);
  if (version < versionMin || version < party.versionMin) {
    const [theirs, ours] = [`${versionMin} to ${versionMax}`, `${party.versionMin} to ${party.versionMax}`];
    return refuse('version', `no common protocol version: one side speaks ${theirs}, the other ${ours}`);
  }
  if (bytes.compare(clusterId(party.clusterName), 0, CLUSTER_ID_BYTES, CLUSTER_ID_AT, NODE_ID_AT) !== 0) {
    return refuse('cluster', 'the nodes have different cluster names');
  }
  const partitionCount = bytes.readUInt32LE(16);
  if (partitionCount !== party.partitionCount) {
    return refuse('partitions', `one side has ${partitionCount} partitions, the other ${party.partitionCount}`);
  }
  const nodeId = bytes.toString('hex', NODE_ID_AT, NODE_ID_AT + NODE_ID_BYTES) as NodeId;
  if (nodeId === party.nodeId) return refuse('self', `both sides are node ${nodeId}`);
  const features = (bytes.readUInt32LE(12) & party.features) >>> 0;
  return { bytes, identity: { nodeId, actor: readActor(bytes, ACTOR_AT), version, features } };
}

/** A process has one: it is not hashed again for each of its links. */
let lastClusterId = { name: '', id: clusterIdOf('') };

function clusterId(name: string): Buffer {
  if (lastClusterId.name !== name) lastClusterId = { name, id: clusterIdOf(name) };
  return lastClusterId.id;
}

function clusterIdOf(name: string): Buffer {
  return createHash('sha256').update(name).digest().subarray(0, CLUSTER_ID_BYTES);
}

/** Binds the role and all that both sides have said: ids, versions, features, nonces. */
function mac(party: Party, role: number, dialler: Buffer, listener: Buffer): Buffer {
  const hmac = createHmac('sha256', party.secret)
    .update(MAC_LABEL)
    .update(Buffer.from([role]));
  for (const greeting of [dialler, listener]) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(greeting.length);
    hmac.update(length).update(greeting);
  }
  return hmac.digest();
}

function sameMac(expected: Buffer, body: Buffer): boolean {
  return body.length === MAC_BYTES && timingSafeEqual(expected, body);
}

function outOfOrder(kind: number, awaited: number): HandshakeStep {
  // A stranger's first frame tells nothing about whether it would understand an answer.
  const text = `${messageName(kind)} came where ${messageName(awaited)} is due`;
  return { step: 'refuse', reason: 'malformed', text, tell: awaited !== HELLO };
}

function wrongSecret(): HandshakeStep {
  return refuse('secret', 'the nodes have different cluster secrets');
}

function refuse(reason: ClosingReason, text: string): HandshakeStep & { step: 'refuse' } {
  return { step: 'refuse', reason, text, tell: true };
}
