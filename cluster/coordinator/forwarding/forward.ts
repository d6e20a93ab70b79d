/**
 * An operation that another node may have to coordinate (Dynamo §4.5): the first reachable of the key's preference list that
 * can. Where that one goes away, or can't do it, the next one is asked; a node that was asked hands it to nobody else.
 *
 * An operation that runs again may have taken effect before. A get does no harm. A put writes the same value once more, beside
 * or over itself. A change says that it runs again: see `change-again.ts`.
 *
 * ```
 *   a plain put       sent                                  run elsewhere too, while nothing at all comes from the first
 *                       |--- the first may begin it ---|------ margin ------|
 *                       0                              W                   2 W, and a round trip
 *   any other write     |--------------- half a request timeout ----------------|  run elsewhere once the first has failed
 * ```
 */
import type { Failure } from '../../failure.js';
import { BUFFER } from '../../replica/replica.js';
import type { Partition } from '../../ring/slots.js';
import { highestCounter, objectLength } from '../../version/encoded.js';
import { MalformedFields } from '../../wire/byte-fields.js';
import type { Peer, ReplyHandler } from '../../wire/peer.js';
import { coordinate, coordinatorOf } from '../coordinate.js';
import type { Coordination } from '../coordination.js';
import type { Hedgeable } from '../hedge.js';
import { RUNS_MAX } from '../limits.js';
import type { Placement } from '../placement.js';
import { firstReachable, type Target } from '../routes.js';
import { mayBeForgotten } from '../stray-copy.js';
import { UNHEARD } from '../unheard.js';
import { fasterPrimary, mayCoordinate, readableAt, timeAlone } from './choice.js';
import { encodeStamp } from './forward-stamp.js';
import { decodeReply, encodeRequest, type ForwardedReply, type ForwardedRequest } from './forwarded.js';

export class ForwardOperation implements ReplyHandler, Hedgeable {
  readonly #node: Coordination;
  readonly #partition: Partition;
  readonly #done: (reply: ForwardedReply) => void;
  readonly #tried: Target[] = [];
  #request: ForwardedRequest;
  readonly #valueBytes: number;
  #sentUs = 0;
  /** For so long after it was sent last the operation may be begun, ms. */
  #withinMs = 0;
  /** For so long after it was sent a put is not run by another too; Infinity: never. */
  #aloneUs = Number.POSITIVE_INFINITY;
  /** Coordinators that have yet to answer: two where the first was late. */
  #underWay = 0;
  #ended = false;
  /** Coordinators that may have run the operation. */
  #runs = 0;
  /** Why there was no answer so far; what may have taken effect outweighs what has not. */
  #failure: Failure | undefined;

  constructor(
    node: Coordination,
    partition: Partition,
    request: ForwardedRequest,
    done: (reply: ForwardedReply) => void,
  ) {
    this.#node = node;
    this.#partition = partition;
    this.#request = request;
    this.#valueBytes = valueBytesOf(request);
    this.#done = done;
    if (request.kind !== 'get') node.writes.begin(this.#valueBytes);
  }

  /** Hands the operation to who is to coordinate it, this node perhaps; fails at once where there is nobody. */
  start(): void {
    const isFirst = this.#tried.length === 0;
    const faster = isFirst ? fasterPrimary(this.#node, this.#placement(), this.#request) : undefined;
    const target = faster ?? coordinatorOf(this.#node, this.#partition, this.#request.key, this.#tried);
    if (target === undefined) {
      this.#fail(this.#failure ?? this.#nobody());
      return;
    }
    this.#tried.push(target);
    if (target.peer === undefined) {
      coordinate(this.#node, this.#request, (reply) => this.#answered(reply, true));
      return;
    }
    this.#forward(target.peer);
  }

  /**
   * A get that its coordinator is late with is run by another primary too, and whichever answers first answers it. So is a plain
   * put, where the coordinator is silent altogether and would not begin it any more.
   */
  late(peer: Peer): void {
    if (this.#ended || this.#underWay !== 1) return;
    // It has declined meanwhile, or failed, and another is asked, which has its own time.
    if (this.#tried.at(-1)?.peer !== peer) return;
    const { counters, hedges, world } = this.#node;
    const isGet = this.#request.kind === 'get';
    if (!isGet) {
      const nowUs = world.clock.monotonicUs();
      const isSilent = peer.silentUs(nowUs) >= this.#withinMs * 1000;
      if (!isSilent || nowUs - this.#sentUs < this.#aloneUs) {
        hedges.add(this, peer, nowUs);
        return;
      }
    }
    const { targets, n } = this.#placement();
    const target = firstReachable(targets, n, this.#tried);
    if (target?.peer === undefined) return;
    this.#tried.push(target);
    this.#runs++;
    if (isGet) counters.hedged_reads++;
    else counters.hedged_puts++;
    this.#forward(target.peer);
  }

  #forward(peer: Peer): void {
    const { counters, forwarding, hedges, world } = this.#node;
    const request = this.#request;
    counters.forwarded++;
    this.#sendAhead(peer);
    const nowUs = world.clock.monotonicUs();
    const isFirst = this.#tried.length === 1;
    const alone = isFirst ? timeAlone(this.#node, this.#placement(), request, peer, nowUs) : undefined;
    this.#sentUs = nowUs;
    this.#withinMs = alone?.withinMs ?? forwarding.withinMs;
    this.#aloneUs = alone?.aloneUs ?? Number.POSITIVE_INFINITY;
    const stamp = encodeStamp({ process: forwarding.process, sentUs: nowUs, withinMs: this.#withinMs });
    this.#underWay++;
    peer.forward(this, Buffer.concat([stamp, encodeRequest(readableAt(peer, request))]));
    if (alone !== undefined) {
      hedges.add(this, peer, nowUs, alone.aloneUs);
    } else if (request.kind === 'get' && this.#underWay === 1 && mayCoordinate(this.#node, request, peer)) {
      // The coordinator itself waits for a replica: its time comes on top.
      hedges.add(this, peer, nowUs, peer.p99Us());
    }
  }

  /** As `start`, where this node's own store has failed the operation before anything was written. */
  startElsewhere(storeFailure: Failure): void {
    const { targets, ownPlace } = this.#placement();
    const own = targets[ownPlace];
    if (own !== undefined) this.#tried.push(own);
    this.#failure = storeFailure;
    this.#node.counters.run_again++;
    this.start();
  }

  forwardReplied(peer: Peer, body: Buffer): void {
    this.#underWay--;
    if (this.#ended) return;
    let reply: ForwardedReply;
    try {
      reply = decodeReply(body);
    } catch (error) {
      if (!(error instanceof MalformedFields)) throw error;
      this.#node.world.log.error({ peer: peer.id, reason: error.message }, 'a forwarded request was answered badly');
      this.#fail({ code: 'OutcomeUnknown', reason: `the coordinator's answer was malformed: ${error.message}` });
      return;
    }
    this.#heed(reply);
    this.#answered(reply, false);
  }

  /** What is asked for from now on is asked for above what was done: see `Modification.asked`. */
  #heed({ object }: ForwardedReply): void {
    if (object !== undefined) this.#node.hybridClock.heed(highestCounter(object));
  }

  failed(_peer: Peer, reason: 'unreachable' | 'timeout' | 'refused'): void {
    this.#underWay--;
    if (this.#ended) return;
    if (reason !== 'refused' && this.#request.kind !== 'get') {
      this.#failure = { code: 'OutcomeUnknown', reason: `the coordinator became unreachable (${reason})` };
    }
    // The other coordinator that was asked has yet to answer.
    if (this.#underWay > 0) return;
    if (reason === 'refused') {
      this.start();
      return;
    }
    const { clock, timers } = this.#node.world;
    const leftMs = this.#withinMs - (clock.monotonicUs() - this.#sentUs) / 1000;
    // Until then the other may still begin it: run here first, it would be written over what came after it.
    if (this.#request.kind === 'get' || leftMs <= 0) this.#startAgain(true);
    else timers.after(Math.ceil(leftMs) + 1, () => this.#startAgain(true));
  }

  putReplied(): void {
    throw new Error('a forwarded request was answered as a put');
  }

  getReplied(): void {
    throw new Error('a forwarded request was answered as a get');
  }

  #answered(reply: ForwardedReply, here: boolean): void {
    const { failure } = reply;
    // Where another node reaches too few, this one or the next may reach more.
    const goesOn = failure?.code === 'StoreFailed' || (failure !== undefined && !here && isNothingDone(failure));
    if (!goesOn) {
      // An earlier run may have taken effect: then a last one that has done nothing can't say that nothing was done.
      if (this.#failure?.code === 'OutcomeUnknown' && failure !== undefined) this.#fail(this.#failure);
      else this.#end(reply);
      return;
    }
    if (this.#underWay > 0) return;
    this.#failure ??= failure;
    this.#startAgain(failure !== undefined && !isNothingDone(failure));
  }

  /** `mayHaveRun`: the coordinator before may have changed something. */
  #startAgain(mayHaveRun: boolean): void {
    this.#runs++;
    if (this.#runs >= RUNS_MAX) {
      this.#fail(this.#failure ?? this.#nobody());
      return;
    }
    const request = this.#request;
    if (mayHaveRun && request.kind === 'modify') this.#request = { ...request, again: true };
    this.#node.counters.run_again++;
    this.start();
  }

  /**
   * What this node has taken in the place of primaries goes to the coordinator ahead of the operation, on the same link: a
   * client that wrote here while none of them could be reached finds it there.
   */
  #sendAhead(peer: Peer): void {
    const { db, key } = this.#request;
    const { n, written, ownPlace } = this.#placement();
    if (ownPlace < n) return;
    const partition = this.#partition;
    // What this node holds because the partition moves, the primaries were sent as well.
    if (ownPlace < written && !this.#node.hints.isHinted({ partition, db, key })) return;
    const held = this.#node.replica.peek(this.#partition, db, key);
    if (held === undefined || held === null || mayBeForgotten(this.#node, held)) return;
    peer.put(UNHEARD, this.#partition, db, BUFFER, key, held, objectLength(held));
  }

  #nobody(): Failure {
    const { key, kind } = this.#request;
    const { r, w } = this.#node.keyspaces.of(key);
    const { n } = this.#placement();
    return kind === 'get'
      ? { code: 'ReadQuorumNotMet', answered: 0, needed: Math.min(r, n) }
      : { code: 'WriteQuorumNotMet', answered: 0, needed: Math.min(w, n), attempted: false };
  }

  #placement(): Placement {
    const { keyspaces, routes } = this.#node;
    return routes.placement(this.#partition, keyspaces.of(this.#request.key).n);
  }

  #fail(failure: Failure): void {
    this.#end({ failure, applied: false, previous: undefined, object: undefined });
  }

  #end(reply: ForwardedReply): void {
    this.#ended = true;
    if (this.#request.kind !== 'get') this.#node.writes.end(this.#valueBytes);
    this.#done(reply);
  }
}

/** What a request carries of a value. */
function valueBytesOf(request: ForwardedRequest): number {
  if (request.kind === 'get') return 0;
  if (request.kind === 'put') return request.written.value.length;
  const { change } = request;
  if (change.kind === 'set') return change.value.length;
  return change.kind === 'compute' && 'value' in change.operation ? change.operation.value.length : 0;
}

/** Whether the coordinator saw too few replicas, and has written nothing. */
function isNothingDone(failure: Failure): boolean {
  return failure.code === 'ReadQuorumNotMet' || (failure.code === 'WriteQuorumNotMet' && !failure.attempted);
}
