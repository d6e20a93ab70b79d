/** HOT PATH. What this node does for its peers: takes objects, gives objects, coordinates what was forwarded to it. */
import type { Failure } from '../failure.js';
import { type Durability, type LoadWaiter, STORED, type WriteWaiter } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import { type Partition, partitionOf } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { highestCounter, objectLength, versionFingerprint } from '../version/encoded.js';
import { MalformedFields } from '../wire/byte-fields.js';
import type { Inbound, PeerRequests } from '../wire/peer-service.js';
import type { Queries } from '../wire/queries.js';
import { QuietLog } from '../wire/quiet-log.js';
import { acceptsForwarded, coordinate } from './coordinate.js';
import type { Coordination } from './coordination.js';
import { refusesDrift } from './drift.js';
import { decodeStamp, STAMP_BYTES } from './forwarding/forward-stamp.js';
import { decodeRequest, encodeReply, type ForwardedRequest } from './forwarding/forwarded.js';
import { boundsFault } from './forwarding/forwarded-bounds.js';
import { PUT_CLOCK_DRIFT, PUT_OVERLOADED, PUT_STORE_FAILED, PUT_STORED } from './put-status.js';

export class InboundRequests implements PeerRequests {
  readonly #node: Coordination;
  readonly #queries: Queries;
  /** A peer that is out of its mind must not fill the disk. */
  readonly #quietLog: QuietLog;

  constructor(node: Coordination, queries: Queries) {
    this.#node = node;
    this.#queries = queries;
    this.#quietLog = new QuietLog(node.world.clock, node.world.log);
  }

  put(
    from: Inbound,
    requestId: number,
    partition: Partition,
    db: number,
    durability: Durability,
    key: string,
    object: Buffer,
  ): void {
    if (this.#refuses(from, requestId, object)) return;
    const waiter = new InboundPut(from, requestId);
    const answer = this.#node.replica.merge(partition, db, key, object, durability, waiter);
    if (answer === STORED) from.replyPut(requestId, PUT_STORED);
  }

  putHinted(
    from: Inbound,
    requestId: number,
    target: NodeId,
    partition: Partition,
    db: number,
    durability: Durability,
    key: string,
    object: Buffer,
  ): void {
    if (this.#refuses(from, requestId, object)) return;
    const { hints, replica } = this.#node;
    const waiter = new InboundHintedPut(from, requestId);
    // Two batches, in any order: there is no acknowledgement before both are stored, and one without the other does no
    // harm. A hint of an object that is not there is dropped, and an object without hint is found by the orphan sweep.
    if (replica.merge(partition, db, key, object, durability, waiter) === STORED) waiter.stored(undefined);
    if (hints.keep(target, partition, db, key, durability, waiter) === STORED) waiter.stored(undefined);
  }

  get(from: Inbound, requestId: number, partition: Partition, db: number, key: string, fingerprint: number): void {
    if (!this.#node.replica.serves(partition)) {
      from.decline(requestId);
      return;
    }
    const object = this.#node.replica.peek(partition, db, key);
    if (object === undefined) {
      this.#node.replica.load(partition, db, key, new InboundGet(from, requestId, fingerprint));
    } else {
      const held = object === null ? 0 : this.#node.replica.fingerprint(db, key, object);
      replyWith(from, requestId, fingerprint, object, held);
    }
  }

  forward(from: Inbound, requestId: number, body: Buffer): void {
    const stamp = decodeStamp(body);
    if (stamp === undefined) {
      this.#refuse(from, requestId, 'it is without its stamp');
      return;
    }
    let request: ForwardedRequest;
    try {
      request = decodeRequest(body.subarray(STAMP_BYTES));
    } catch (error) {
      if (!(error instanceof MalformedFields)) throw error;
      this.#refuse(from, requestId, error.message);
      return;
    }
    const fault = boundsFault(request, this.#node.valueBytesMax);
    if (fault !== undefined) {
      this.#refuse(from, requestId, fault);
      return;
    }
    const { counters, forwarding, routes, world } = this.#node;
    const leftUs = forwarding.lateness.leftUs(from.peerId, stamp);
    if (leftUs < 0 && request.kind !== 'get') {
      counters.late_forwards++;
      from.decline(requestId);
      return;
    }
    if (!acceptsForwarded(this.#node, partitionOf(request.slot, routes.partitionCount), request.key)) {
      // Forwarded once, never again: the two nodes do not agree on the ring or on who can be reached. The sender may know
      // another that can coordinate, and in the end it can do so itself.
      from.decline(requestId);
      return;
    }
    counters.forwarded_here++;
    const notAfterUs = world.clock.monotonicUs() + leftUs;
    coordinate(this.#node, request, (reply) => from.replyForward(requestId, encodeReply(reply)), notAfterUs);
  }

  #refuse(from: Inbound, requestId: number, reason: string): void {
    this.#quietLog.warn(`${from.peerId} ${reason}`, { peer: from.peerId, reason }, 'a forwarded request was refused');
    from.decline(requestId);
  }

  query(from: Inbound, requestId: number, body: Buffer): void {
    this.#queries.answer(from.peerId, body, (reply) => from.replyForward(requestId, reply), from.remoteAddress);
  }

  /** Whether the object comes from the future, and the asker was told so. */
  #refuses(from: Inbound, requestId: number, object: Buffer): boolean {
    const counter = highestCounter(object);
    if (refusesDrift(this.#node, counter, from.peerId)) {
      from.replyPut(requestId, PUT_CLOCK_DRIFT);
      return true;
    }
    this.#node.hybridClock.observe(counter);
    return false;
  }
}

/** Waits for the object and for its hint. */
class InboundHintedPut implements WriteWaiter {
  readonly #from: Inbound;
  readonly #requestId: number;
  #awaited = 2;
  #failure: Failure | undefined;

  constructor(from: Inbound, requestId: number) {
    this.#from = from;
    this.#requestId = requestId;
  }

  stored(failure: Failure | undefined): void {
    this.#failure ??= failure;
    if (--this.#awaited === 0) this.#from.replyPut(this.#requestId, putStatus(this.#failure));
  }
}

class InboundPut implements WriteWaiter {
  readonly #from: Inbound;
  readonly #requestId: number;

  constructor(from: Inbound, requestId: number) {
    this.#from = from;
    this.#requestId = requestId;
  }

  stored(failure: Failure | undefined): void {
    this.#from.replyPut(this.#requestId, putStatus(failure));
  }
}

class InboundGet implements LoadWaiter {
  readonly #from: Inbound;
  readonly #requestId: number;
  readonly #fingerprint: number;

  constructor(from: Inbound, requestId: number, fingerprint: number) {
    this.#from = from;
    this.#requestId = requestId;
    this.#fingerprint = fingerprint;
  }

  loaded(failure: Failure | undefined, object: ObjectBytes | undefined): void {
    if (failure !== undefined) this.#from.decline(this.#requestId);
    else if (object === undefined) replyWith(this.#from, this.#requestId, this.#fingerprint, null, 0);
    else replyWith(this.#from, this.#requestId, this.#fingerprint, object, versionFingerprint(object));
  }
}

/** `asked` and `held` are fingerprints; 0: no object. */
function replyWith(from: Inbound, requestId: number, asked: number, object: ObjectBytes | null, held: number): void {
  if (asked === held) from.replyGet(requestId, true, undefined, 0);
  else if (object === null) from.replyGet(requestId, false, undefined, 0);
  else from.replyGet(requestId, false, object, objectLength(object));
}

function putStatus(failure: Failure | undefined): number {
  if (failure === undefined) return PUT_STORED;
  return failure.code === 'Overloaded' ? PUT_OVERLOADED : PUT_STORE_FAILED;
}
