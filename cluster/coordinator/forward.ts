/**
 * A node outside a key's primaries hands the operation to the first reachable of them, once (Dynamo §4.5); that node
 * coordinates it and its answer is the client's.
 */
import type { Failure } from '../failure.js';
import type { Partition } from '../ring/slots.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';
import { MalformedFields } from './byte-fields.js';
import { coordinate } from './coordinate.js';
import type { Coordination } from './coordination.js';
import { decodeReply, encodeRequest, type ForwardedReply, type ForwardedRequest } from './forwarded.js';
import type { Target } from './routes.js';

export class ForwardOperation implements ReplyHandler {
  readonly #node: Coordination;
  readonly #partition: Partition;
  readonly #request: ForwardedRequest;
  readonly #done: (reply: ForwardedReply) => void;
  readonly #tried: Target[] = [];

  constructor(
    node: Coordination,
    partition: Partition,
    request: ForwardedRequest,
    done: (reply: ForwardedReply) => void,
  ) {
    this.#node = node;
    this.#partition = partition;
    this.#request = request;
    this.#done = done;
  }

  /** Sends the operation to the first reachable primary; fails at once where there is none. */
  start(): void {
    const keyspace = this.#node.keyspaces.of(this.#request.key);
    const target = this.#node.routes.firstReachable(this.#partition, keyspace.n, this.#tried);
    if (target === undefined) {
      this.#fail(
        this.#request.kind === 'get'
          ? { code: 'ReadQuorumNotMet', answered: 0, needed: keyspace.r }
          : { code: 'WriteQuorumNotMet', answered: 0, needed: keyspace.w, attempted: false },
      );
      return;
    }
    if (target.peer === undefined) {
      // Those before this node in the list went away or refused.
      coordinate(this.#node, this.#request, this.#done);
      return;
    }
    this.#tried.push(target);
    this.#node.counters.forwarded++;
    target.peer.forward(this, encodeRequest(this.#request));
  }

  forwardReplied(peer: Peer, body: Buffer): void {
    let reply: ForwardedReply;
    try {
      reply = decodeReply(body);
    } catch (error) {
      if (!(error instanceof MalformedFields)) throw error;
      this.#node.world.log.error({ peer: peer.id, reason: error.message }, 'a forwarded request was answered badly');
      this.#fail({ code: 'OutcomeUnknown', reason: `the coordinator's answer was malformed: ${error.message}` });
      return;
    }
    this.#done(reply);
  }

  failed(_peer: Peer, reason: 'unreachable' | 'timeout' | 'refused'): void {
    // A read can be asked again. A write may have taken effect: asked again, it might undo what came after it.
    if (this.#request.kind === 'get' || reason === 'refused') this.start();
    else this.#fail({ code: 'OutcomeUnknown', reason: `the coordinator became unreachable (${reason})` });
  }

  putReplied(): void {
    throw new Error('a forwarded request was answered as a put');
  }

  getReplied(): void {
    throw new Error('a forwarded request was answered as a get');
  }

  #fail(failure: Failure): void {
    this.#done({ failure, applied: false, previous: undefined, object: undefined });
  }
}
