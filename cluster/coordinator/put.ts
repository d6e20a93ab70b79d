/**
 * HOT PATH. One put (Dynamo §4.5): the coordinator writes its own replica, sends the object to the other primaries and
 * answers when W of them have acknowledged. One object an operation; it is its own callback everywhere.
 *
 * A primary that can't be reached or fails before that is stood in for by the next reachable node of the preference list,
 * which keeps a hint (Dynamo §4.6, sloppy quorum). Where no such node is left, the coordinator keeps the hint.
 *
 * While a partition moves, those that are to hold it and those that are to hold it no longer are sent the object too. The put
 * ends when W and one for each of these that can be reached have acknowledged: see `placement.ts`. One that fails is left out;
 * one that still holds the key gets a hint.
 */
import type { Failure } from '../failure.js';
import type { KeyspaceRow } from '../keyspaces/keyspaces.js';
import { FSYNC, type LoadWaiter, REFUSED, STORED, type WriteWaiter } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { highestCounter, type Written } from '../version/encoded.js';
import type { VersionVector } from '../version/object.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';
import type { Coordination } from './coordination.js';
import { refusesDrift } from './drift.js';
import { type DurabilityPlan, durabilityPlan } from './durability.js';
import { isPast, NEVER_US } from './forwarding/forward-stamp.js';
import type { Placement } from './placement.js';
import { CONTEXT_FROM_THE_FUTURE, siblingsRefusal, TOO_MANY_ACTORS } from './put-refusals.js';
import { PUT_STORE_FAILED, PUT_STORED } from './put-status.js';
import { ENOUGH, putVerdict, TOO_FEW } from './put-verdict.js';
import { countReachable, isReachable } from './routes.js';
import { ownStandInFor, StandIns } from './stand-ins.js';
import { highestSeen, joinHeld, successorOf } from './successor.js';
import { SyncElsewhere } from './sync-elsewhere.js';

/**
 * How a put ended. `object` is what the key holds now at the coordinator, the newest sibling being what was written.
 */
export type WriteDone<T> = (state: T, failure: Failure | undefined, object: ObjectBytes | undefined) => void;

/** Has a put run by another node, where the store of this one failed before anything was written. */
export interface PutElsewhere {
  putElsewhere(
    db: number,
    key: string,
    context: VersionVector | undefined,
    written: Written,
    storeFailure: Failure,
    done: (failure: Failure | undefined, object: ObjectBytes | undefined) => void,
  ): void;
}

export class PutOperation<T> implements ReplyHandler, WriteWaiter, LoadWaiter {
  readonly #node: Coordination;
  readonly #partition: Partition;
  readonly #db: number;
  readonly #key: string;
  readonly #keyspace: KeyspaceRow;
  readonly #plan: DurabilityPlan;
  readonly #context: VersionVector | undefined;
  readonly #written: readonly Written[];
  readonly #state: T;
  readonly #done: WriteDone<T>;
  readonly #elsewhere: PutElsewhere | undefined;
  readonly #startedUs: number;
  #placement: Placement;
  #base: ObjectBytes | null = null;
  #record: Buffer | undefined;
  #notAfterUs = NEVER_US;
  /** Of all that is written. */
  #valueBytes = 0;
  /** Whether it is counted among the writes under way. */
  #inRoom = false;
  #outstanding = 0;
  /** By primaries, and by those that stand in for them. */
  #acknowledged = 0;
  /** By receivers and by holders that retire; how many of these could be reached. */
  #acknowledgedBeside = 0;
  #reachableBeside = 0;
  /** Parts of the own acknowledgement that are to come: the object, and the hint where this node stands in. */
  #localWaits = 1;
  /** Whether the copy that the durability needs besides the W is safe: the own one, or one in its place. */
  #requiredSafe = false;
  #localFailure: Failure | undefined;
  /** For whom this node itself stands in, where it is no primary. */
  #ownFor: NodeId | undefined;
  /** This node is no primary, and one of those can't be reached. */
  #standsIn = false;
  /** Only where a primary failed. */
  #standIns: StandIns | undefined;
  /** Whether the own replica took the object, so that the others were sent it. */
  #sent = false;
  #finished = false;

  /**
   * `context`: what the client has seen; undefined: all that the coordinator has. `written`: one value, or several that
   * stand beside each other as siblings. `elsewhere`: who runs the put on another node where this one's store fails; else
   * that is its failure.
   */
  constructor(
    node: Coordination,
    partition: Partition,
    db: number,
    key: string,
    context: VersionVector | undefined,
    written: readonly Written[],
    state: T,
    done: WriteDone<T>,
    elsewhere?: PutElsewhere,
  ) {
    this.#node = node;
    this.#partition = partition;
    this.#db = db;
    this.#key = key;
    this.#keyspace = node.keyspaces.of(key);
    this.#placement = node.routes.placement(partition, this.#keyspace.n);
    this.#plan = durabilityPlan(this.#keyspace);
    this.#context = context;
    this.#written = written;
    this.#state = state;
    this.#done = done;
    this.#elsewhere = elsewhere;
    this.#startedUs = node.world.clock.monotonicUs();
  }

  /** Nothing is written after this moment on the monotonic clock that has not been by then. */
  notAfter(us: number): this {
    this.#notAfterUs = us;
    return this;
  }

  start(): void {
    this.#node.counters.coordinated_puts++;
    const { replica, writes } = this.#node;
    for (const { value } of this.#written) this.#valueBytes += value.length;
    writes.begin(this.#valueBytes);
    this.#inRoom = true;
    const local = replica.peek(this.#partition, this.#db, this.#key);
    if (local === undefined) replica.load(this.#partition, this.#db, this.#key, this);
    else this.#write(local);
  }

  /** Like `start`, on top of what a quorum holds: `base` is joined with the local object first. The key is loaded. */
  startOver(base: ObjectBytes | null): void {
    this.#base = base;
    this.start();
  }

  loaded(failure: Failure | undefined): void {
    if (failure !== undefined) {
      this.#finish(failure);
      return;
    }
    const { replica, routes } = this.#node;
    this.#placement = routes.placement(this.#partition, this.#keyspace.n);
    this.#write(replica.peek(this.#partition, this.#db, this.#key) ?? null);
  }

  stored(failure: Failure | undefined): void {
    if (this.#localFailure !== undefined) return;
    if (failure !== undefined) {
      this.#localFailure = failure;
      this.#failedHere(failure);
    } else if (--this.#localWaits === 0) {
      this.#requiredSafe = true;
      this.#countOwn();
    }
  }

  putReplied(peer: Peer, status: number): void {
    if (status !== PUT_STORED) this.#missed(peer.id, status === PUT_STORE_FAILED);
    else if (this.#isBeside(peer.id)) this.#countBeside();
    else this.#count(true);
  }

  failed(peer: Peer, reason: 'unreachable' | 'timeout' | 'refused'): void {
    this.#missed(peer.id, reason !== 'refused');
  }

  getReplied(): void {
    throw new Error('a put was answered as a get');
  }

  forwardReplied(): void {
    throw new Error('a put was answered as a forwarded request');
  }

  #write(local: ObjectBytes | null): void {
    const { replica, identity, hybridClock } = this.#node;
    const { sloppy } = this.#keyspace;
    const { targets, n, isPrimary, isOwn } = this.#placement;
    const w = this.#w;
    const primaries = countReachable(targets, 0, n);
    const reachable = primaries < w && sloppy ? countReachable(targets, 0, targets.length) : primaries;
    if (reachable < w || isPast(this.#notAfterUs, this.#node)) {
      this.#finish({ code: 'WriteQuorumNotMet', answered: reachable < w ? reachable : 0, needed: w, attempted: false });
      return;
    }
    if (!isPrimary) {
      this.#standsIn = primaries < n;
      if (this.#standsIn || !isOwn) this.#ownFor = ownStandInFor(targets, n);
    }
    if (this.#context !== undefined) {
      const seen = highestSeen(this.#context);
      if (refusesDrift(this.#node, seen, 'a context token')) {
        this.#finish(CONTEXT_FROM_THE_FUTURE);
        return;
      }
      hybridClock.observe(seen);
    }
    const base = this.#base && (replica.survivorsOf(this.#db, this.#base) ?? null);
    const current = joinHeld(local, base);
    if (current !== null) hybridClock.observe(highestCounter(current));
    const record = successorOf(this.#node, current, this.#context, this.#written, replica.mintingActor(local));
    if (record === undefined) {
      this.#finish(TOO_MANY_ACTORS);
      return;
    }
    const refused = siblingsRefusal(record, current, this.#node.objectBytesMax);
    if (refused !== undefined) {
      this.#finish(refused);
      return;
    }
    identity.noteCounter(hybridClock.last);
    const status = replica.store(this.#partition, this.#db, this.#key, record, this.#plan.local, this);
    this.#outstanding = 1;
    // Where the own replica refused the object nobody else may have it: this actor's next dot for the key would claim
    // to have seen this one, and merges would drop it.
    if (status !== REFUSED) {
      this.#keepOwnHint();
      this.#send(record, primaries === n);
    }
    if (status === STORED) this.stored(undefined);
  }

  /** Where this node stands in itself: its copy counts once the hint is as safe as the object. */
  #keepOwnHint(): void {
    if (this.#ownFor === undefined) return;
    const { local } = this.#plan;
    if (this.#node.hints.keep(this.#ownFor, this.#partition, this.#db, this.#key, local, this) !== STORED) {
      this.#localWaits++;
    }
  }

  /** `allReachable`: whether all primaries are. */
  #send(record: Buffer, allReachable: boolean): void {
    this.#sent = true;
    this.#record = record;
    const { targets, n, written, isOwn } = this.#placement;
    // All are counted first: a peer may answer within the call.
    this.#outstanding = isOwn ? written : written + 1;
    if (written > n) this.#reachableBeside = countReachable(targets, n, written);
    const { remote } = this.#plan;
    for (let place = 0; place < written; place++) {
      const target = targets[place];
      if (target?.peer === undefined) continue;
      if ((allReachable && place < n) || target.peer.reachable()) {
        target.peer.put(this, this.#partition, this.#db, remote, this.#key, record, record.length);
      } else {
        this.#missed(target.id, true);
      }
    }
  }

  /**
   * A node has not taken the object: another stands in, as long as W is not reached. `failed`: it can't be counted on at all
   * now; for one that has only refused this request, nobody stands in without need.
   */
  #missed(id: NodeId, failed: boolean): void {
    const primary = this.#standIns?.meantFor(id) ?? id;
    if (primary !== this.#ownFor && !this.#isReceiver(primary)) {
      const needed = !this.#isBeside(primary) && (failed || this.#acknowledged + this.#outstanding - 1 < this.#w);
      if (needed && !this.#finished && this.#keyspace.sloppy && this.#standIn(primary)) return;
      // Hints are for nodes that are down: one that is slow gets what it missed from anti-entropy. One that retires still
      // says that it holds the key, and is a primary at once if the ring wants it again. A receiver makes sure that it has all.
      if (this.#isDown(primary)) this.#node.hints.note(primary, this.#partition, this.#db, this.#key);
    }
    this.#count(false);
  }

  #standIn(primary: NodeId): boolean {
    const record = this.#record;
    if (record === undefined) return false;
    this.#standIns ??= new StandIns(this.#placement);
    const peer = this.#standIns.take(primary);
    if (peer === undefined) return false;
    this.#node.counters.stand_ins++;
    const { remote } = this.#plan;
    peer.putHinted(this, primary, this.#partition, this.#db, remote, this.#key, record, record.length);
    return true;
  }

  /** Whether the node is sent the object because the partition moves, not as a primary or in the place of one. */
  #isBeside(id: NodeId): boolean {
    const { targets, n, written } = this.#placement;
    for (let place = n; place < written; place++) if (targets[place]?.id === id) return true;
    return false;
  }

  #isReceiver(id: NodeId): boolean {
    const { targets, n, receivers } = this.#placement;
    for (let place = n; place < n + receivers; place++) if (targets[place]?.id === id) return true;
    return false;
  }

  #isDown(id: NodeId): boolean {
    const target = this.#placement.targets.find((candidate) => candidate.id === id);
    return target !== undefined && !isReachable(target);
  }

  /** The own store can't keep the object; others can. */
  #failedHere(failure: Failure): void {
    if (!this.#sent) {
      if (!this.#finished) this.#finish(failure);
      return;
    }
    if (this.#plan.localRequired && !this.#finished) this.#syncElsewhere(failure);
    const { targets, ownPlace } = this.#placement;
    const own = targets[ownPlace];
    if (own === undefined || this.#ownFor !== undefined) this.#count(false);
    else this.#missed(own.id, true);
  }

  #syncElsewhere(failure: Failure): void {
    const record = this.#record;
    if (record === undefined) return;
    const { targets, written } = this.#placement;
    const holders = targets.flatMap(({ id, peer }, place) =>
      peer?.reachable() === true && (place < written || this.#standIns?.has(id)) ? [peer] : [],
    );
    // Waited for like an answer, that does not count towards W.
    this.#outstanding++;
    new SyncElsewhere(
      holders,
      (peer, handler) => peer.put(handler, this.#partition, this.#db, FSYNC, this.#key, record, record.length),
      (synced) => {
        this.#requiredSafe = synced;
        if (!synced && !this.#finished) this.#finish(failure);
        this.#count(false);
      },
    ).start();
  }

  #count(acknowledged: boolean): void {
    this.#answered();
    if (acknowledged) this.#acknowledged++;
    this.#settle();
  }

  /** One of those that the object was sent has answered, or is given up. */
  #answered(): void {
    this.#outstanding--;
    this.#leaveRoom();
  }

  /** Where the put has ended for its client and for all peers, others have its place. What waits for the own store that counts itself. */
  #leaveRoom(): void {
    if (!this.#inRoom || !this.#finished) return;
    const own = this.#localWaits > 0 && this.#localFailure === undefined ? 1 : 0;
    if (this.#sent && this.#outstanding > own) return;
    this.#inRoom = false;
    this.#node.writes.end(this.#valueBytes);
  }

  /** The own copy of a fallback counts for nothing where all primaries can be reached: no quorum meets it later. */
  #countOwn(): void {
    const { isPrimary, isOwn } = this.#placement;
    if (isOwn && !isPrimary) this.#countBeside();
    else this.#count(isPrimary || this.#standsIn);
  }

  #countBeside(): void {
    this.#answered();
    this.#acknowledgedBeside++;
    this.#settle();
  }

  #settle(): void {
    if (this.#finished) return;
    const w = this.#w;
    const verdict = putVerdict(
      w,
      this.#keyspace.sloppy,
      this.#acknowledged,
      this.#acknowledgedBeside,
      this.#reachableBeside,
      this.#outstanding,
    );
    if (verdict === ENOUGH && (this.#requiredSafe || !this.#plan.localRequired)) this.#finish(undefined);
    else if (verdict === TOO_FEW || this.#outstanding === 0) {
      const answered = this.#acknowledged + this.#acknowledgedBeside;
      // What the own store says tells more than the count.
      this.#finish(this.#localFailure ?? { code: 'WriteQuorumNotMet', answered, needed: w, attempted: true });
    }
  }

  /** The W of the keyspace, no larger than there are primaries. */
  get #w(): number {
    return Math.min(this.#keyspace.w, this.#placement.n);
  }

  #finish(failure: Failure | undefined): void {
    this.#finished = true;
    const nowUs = this.#node.world.clock.monotonicUs();
    const us = nowUs - this.#startedUs;
    this.#node.writes.took(us, nowUs);
    this.#leaveRoom();
    const [only] = this.#written;
    if (failure?.code === 'StoreFailed' && !this.#sent && this.#elsewhere !== undefined && only !== undefined) {
      const done = (ended: Failure | undefined, object: ObjectBytes | undefined): void =>
        this.#done(this.#state, ended, object);
      this.#elsewhere.putElsewhere(this.#db, this.#key, this.#context, only, failure, done);
      return;
    }
    if (failure?.code === 'WriteQuorumNotMet') this.#node.counters.write_quorum_failures++;
    this.#node.putLatency.record(us);
    this.#done(this.#state, failure, this.#record);
  }
}
