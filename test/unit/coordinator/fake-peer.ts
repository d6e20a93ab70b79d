import assert from 'node:assert/strict';
import { decodeStamp, STAMP_BYTES } from '../../../cluster/coordinator/forwarding/forward-stamp.js';
import type { PeerSet } from '../../../cluster/peers.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import { decodeObject, type ObjectBytes } from '../../../cluster/version/codec.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';

type FailReason = 'unreachable' | 'timeout' | 'refused';

/** A request that a peer was sent. It is answered once, by the test. */
class Sent {
  #answered = false;

  constructor(
    protected readonly handler: ReplyHandler,
    protected readonly peer: Peer,
  ) {}

  get isAnswered(): boolean {
    return this.#answered;
  }

  fail(reason: FailReason): void {
    this.answer();
    this.handler.failed(this.peer, reason);
  }

  protected answer(): void {
    assert(!this.#answered, 'a request is answered once');
    this.#answered = true;
  }
}

export class SentPut extends Sent {
  constructor(
    handler: ReplyHandler,
    peer: Peer,
    readonly partition: number,
    readonly db: number,
    readonly durability: number,
    readonly key: string,
    readonly object: Buffer,
    /** Whom the peer is to stand in for, if anyone. */
    readonly standsInFor?: NodeId,
  ) {
    super(handler, peer);
  }

  /** `status` 0: done as asked. */
  reply(status = 0): void {
    this.answer();
    this.handler.putReplied(this.peer, status);
  }

  /** Values that the object holds, newest first. */
  values(): string[] {
    return valuesOf(this.object);
  }
}

export class SentGet extends Sent {
  constructor(
    handler: ReplyHandler,
    peer: Peer,
    readonly db: number,
    readonly key: string,
    readonly fingerprint: number,
  ) {
    super(handler, peer);
  }

  replySame(): void {
    this.answer();
    this.handler.getReplied(this.peer, true, undefined);
  }

  /** The slice that the coordinator gets is overwritten after the call, as a receive buffer would be. */
  reply(object: ObjectBytes | undefined): void {
    this.answer();
    const transient = object && Buffer.from(object);
    this.handler.getReplied(this.peer, false, transient);
    transient?.fill(0xee);
  }
}

export class SentBody extends Sent {
  constructor(
    handler: ReplyHandler,
    peer: Peer,
    readonly body: Buffer,
    /** What its stamp says: within what time it may be begun. */
    readonly withinMs?: number,
  ) {
    super(handler, peer);
  }

  reply(body: Buffer): void {
    this.answer();
    const transient = Buffer.from(body);
    this.handler.forwardReplied(this.peer, transient);
    transient.fill(0xee);
  }
}

/** The links of a node, which the test changes. */
export class FakePeers implements PeerSet {
  readonly #byId = new Map<NodeId, Peer>();
  readonly #added: ((peer: Peer) => void)[] = [];
  readonly #removed: ((peer: Peer) => void)[] = [];

  constructor(peers: readonly FakePeer[]) {
    for (const peer of peers) this.#byId.set(peer.id, peer.asPeer());
  }

  get(id: NodeId): Peer | undefined {
    return this.#byId.get(id);
  }

  values(): Iterable<Peer> {
    return this.#byId.values();
  }

  onAdded(callback: (peer: Peer) => void): void {
    this.#added.push(callback);
    for (const peer of this.#byId.values()) callback(peer);
  }

  onRemoved(callback: (peer: Peer) => void): void {
    this.#removed.push(callback);
  }

  add(peer: FakePeer): void {
    this.#byId.set(peer.id, peer.asPeer());
    for (const callback of this.#added) callback(peer.asPeer());
  }

  remove(peer: FakePeer): void {
    this.#byId.delete(peer.id);
    for (const callback of this.#removed) callback(peer.asPeer());
  }
}

/** A peer that does what the test says. */
export class FakePeer {
  up = true;
  /** So many of the next requests fail before the call returns, as those of a full request table do. */
  refusals = 0;
  /** Requests of others that are in flight, on top of those of this test. */
  busyWith = 0;
  /** How long its gets have taken of late, and all but one in a hundred of them. */
  getUs = 0;
  p99GetUs = 20_000;
  /** How long its last answer took, of whatever kind. */
  tripUs = 0;
  /** For how long nothing has come from it. */
  silentForUs = 0;
  /** Requests of this turn, as coordinators hear. */
  askedInTurn = 0;
  /** When it was asked last, as far as coordinators hear. */
  lastAskedUs = 0;
  actorId: ActorId | undefined;
  protocolVersion: number | undefined;
  readonly puts: SentPut[] = [];
  readonly gets: SentGet[] = [];
  readonly forwards: SentBody[] = [];
  readonly queries: SentBody[] = [];
  /** Kinds of the requests in the order in which they were sent. */
  readonly order: ('put' | 'get' | 'forward' | 'query')[] = [];
  readonly #reachableCallbacks: ((reachable: boolean) => void)[] = [];

  constructor(readonly id: NodeId) {}

  /** As the coordinator sees it. The class has private parts, which nothing here uses. */
  asPeer(): Peer {
    return this as unknown as Peer;
  }

  reachable(): boolean {
    return this.up;
  }

  version(): number | undefined {
    return this.protocolVersion;
  }

  onReachableChange(callback: (reachable: boolean) => void): void {
    this.#reachableCallbacks.push(callback);
  }

  /** The link comes to stand, or is lost. */
  turn(up: boolean): void {
    this.up = up;
    for (const callback of this.#reachableCallbacks) callback(up);
  }

  actor(): ActorId | undefined {
    return this.actorId;
  }

  queueAhead(): number {
    return this.outstanding() - this.askedInTurn;
  }

  outstanding(): number {
    const waiting = [...this.puts, ...this.gets, ...this.forwards].filter((sent) => !sent.isAnswered);
    return this.busyWith + waiting.length;
  }

  p99Us(): number {
    return this.p99GetUs;
  }

  recentGetUs(): number {
    return this.getUs;
  }

  roundTripUs(): number {
    return this.tripUs;
  }

  silentUs(): number {
    return this.silentForUs;
  }

  expectedUs(): number {
    return this.getUs;
  }

  askedUs(): number {
    return this.lastAskedUs;
  }

  put(
    handler: ReplyHandler,
    partition: number,
    db: number,
    durability: number,
    key: string,
    object: Buffer,
    length: number,
  ): void {
    if (this.#fails(handler)) return;
    this.order.push('put');
    const copy = Buffer.from(object.subarray(0, length));
    this.puts.push(new SentPut(handler, this.asPeer(), partition, db, durability, key, copy));
  }

  putHinted(
    handler: ReplyHandler,
    target: NodeId,
    partition: number,
    db: number,
    durability: number,
    key: string,
    object: Buffer,
    length: number,
  ): void {
    if (this.#fails(handler)) return;
    this.order.push('put');
    const copy = Buffer.from(object.subarray(0, length));
    this.puts.push(new SentPut(handler, this.asPeer(), partition, db, durability, key, copy, target));
  }

  get(handler: ReplyHandler, _partition: number, db: number, key: string, fingerprint: number): void {
    if (this.#fails(handler)) return;
    this.order.push('get');
    this.gets.push(new SentGet(handler, this.asPeer(), db, key, fingerprint));
  }

  forward(handler: ReplyHandler, body: Buffer): void {
    if (this.#fails(handler)) return;
    this.order.push('forward');
    // Without the stamp: it says when, not what.
    const request = Buffer.from(body.subarray(STAMP_BYTES));
    this.forwards.push(new SentBody(handler, this.asPeer(), request, decodeStamp(body)?.withinMs));
  }

  query(handler: ReplyHandler, body: Buffer): void {
    if (this.#fails(handler)) return;
    this.order.push('query');
    this.queries.push(new SentBody(handler, this.asPeer(), Buffer.from(body)));
  }

  #fails(handler: ReplyHandler): boolean {
    if (!this.up) {
      handler.failed(this.asPeer(), 'unreachable');
      return true;
    }
    if (this.refusals === 0) return false;
    this.refusals--;
    handler.failed(this.asPeer(), 'refused');
    return true;
  }
}

/** Values of an object, newest first; a tombstone is '†'. */
export function valuesOf(object: ObjectBytes | null | undefined): string[] {
  if (object === null || object === undefined) return [];
  return decodeObject(object).siblings.map(({ tombstone, value }) => (tombstone ? '†' : value.toString()));
}
