/**
 * HOT PATH. One get (Dynamo §4.5): reads the own replica and R - 1 others, answers the join of what they hold, and
 * repairs behind the reply those that hold something else. The others are sent the fingerprint of the own version, and send
 * no value where they have the same. One more replica is asked for each that fails or is late, and nodes outside of the primaries
 * in the place of those that can't be reached (Dynamo §4.6, sloppy quorum).
 */
import type { Failure } from '../failure.js';
import type { KeyspaceRow } from '../keyspaces/keyspaces.js';
import { BUFFER, type Durability, LOG, type LoadWaiter } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import {
  highestCounter,
  joinBytes,
  objectLength,
  sameObject,
  siblingCount,
  versionFingerprint,
} from '../version/encoded.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';
import type { Coordination } from './coordination.js';
import { refusesDrift } from './drift.js';
import type { Hedgeable } from './hedge.js';
import type { Placement } from './placement.js';
import { nextPrimary, primaryToTry } from './replica-choice.js';
import { ownCopyCounts, ownStandInFor } from './stand-ins.js';
import { mayBeForgotten } from './stray-copy.js';
import { UNHEARD } from './unheard.js';

/** How a get ended. `object` is undefined where no replica holds the key; bytes may follow it. */
export type ReadDone<T> = (state: T, failure: Failure | undefined, object: ObjectBytes | undefined) => void;

export class GetOperation<T> implements ReplyHandler, LoadWaiter, Hedgeable {
  readonly #node: Coordination;
  readonly #partition: Partition;
  readonly #db: number;
  readonly #key: string;
  readonly #keyspace: KeyspaceRow;
  readonly #state: T;
  readonly #done: ReadDone<T>;
  readonly #startedUs: number;
  readonly #placement: Placement;
  readonly #r: number;
  #best: ObjectBytes | null = null;
  #fingerprint = 0;
  /** Bit i: the primary in place i was asked; has answered or failed; holds what we hold. */
  #askedMask = 0;
  #endedMask = 0;
  #sameMask = 0;
  /** Fallbacks before this place were asked, or can't be. */
  #nextFallback: number;
  /** By place: what a primary holds that differed from ours. Most gets never need it. */
  #different: (ObjectBytes | null | undefined)[] | undefined;
  #outstanding = 0;
  /** The own replica's answer is there from the start, unless it could not be read. */
  #answered = 1;
  #localFailure: Failure | undefined;
  /** What the own replica holds of what was read, as far as this get knows. */
  #held: ObjectBytes | null = null;
  #asking = false;
  #finished = false;

  constructor(node: Coordination, partition: Partition, db: number, key: string, state: T, done: ReadDone<T>) {
    this.#node = node;
    this.#partition = partition;
    this.#db = db;
    this.#key = key;
    this.#keyspace = node.keyspaces.of(key);
    this.#placement = node.routes.placement(partition, this.#keyspace.n);
    this.#r = Math.min(this.#keyspace.r, this.#placement.n);
    this.#nextFallback = this.#placement.n;
    this.#state = state;
    this.#done = done;
    this.#startedUs = node.world.clock.monotonicUs();
  }

  start(): void {
    this.#node.counters.coordinated_gets++;
    const object = this.#node.replica.peek(this.#partition, this.#db, this.#key);
    if (object === undefined) this.#node.replica.load(this.#partition, this.#db, this.#key, this);
    else this.#readOthers(object, this.#startedUs);
  }

  loaded(failure: Failure | undefined, object: ObjectBytes | undefined): void {
    const { replica, world } = this.#node;
    if (failure?.code === 'Overloaded') {
      this.#finish(failure);
      return;
    }
    if (failure !== undefined) {
      this.#localFailure = failure;
      this.#answered = 0;
    }
    const local = replica.peek(this.#partition, this.#db, this.#key) ?? object ?? null;
    this.#readOthers(local, world.clock.monotonicUs());
  }

  late(peer: Peer): void {
    if (this.#finished || this.#hasEnded(peer)) return;
    // Fallbacks only in the place of primaries: N nodes are asked in all.
    if (this.#answered + this.#outstanding >= this.#placement.n) return;
    this.#asking = true;
    if (this.#askNext(this.#node.world.clock.monotonicUs())) this.#node.counters.hedged_reads++;
    this.#asking = false;
    this.#advance();
  }

  getReplied(peer: Peer, same: boolean, object: Buffer | undefined): void {
    if (object !== undefined && refusesDrift(this.#node, highestCounter(object), peer.id)) {
      this.failed(peer);
      return;
    }
    const place = this.#placeOf(peer);
    this.#endedMask |= bitOf(place);
    this.#outstanding--;
    this.#answered++;
    if (place >= this.#placement.n) this.#takeFallback(object);
    else if (same) this.#sameMask |= 1 << place;
    else this.#takeDifferent(place, object);
    this.#advance();
  }

  failed(peer: Peer): void {
    this.#endedMask |= bitOf(this.#placeOf(peer));
    this.#outstanding--;
    // Within the call that asked: whoever asks goes on.
    if (this.#asking) return;
    if (!this.#finished) this.#askUntilEnough(this.#node.world.clock.monotonicUs());
    this.#advance();
  }

  putReplied(): void {
    throw new Error('a get was answered as a put');
  }

  forwardReplied(): void {
    throw new Error('a get was answered as a forwarded request');
  }

  #readOthers(local: ObjectBytes | null, nowUs: number): void {
    // A copy that was started over does not stand for what this node has acknowledged before.
    if (!this.#node.replica.serves(this.#partition) || !ownCopyCounts(this.#placement)) this.#answered = 0;
    this.#best = local;
    this.#held = local;
    if (this.#answered < this.#r) {
      this.#fingerprint = local === null ? 0 : this.#node.replica.fingerprint(this.#db, this.#key, local);
      this.#askUntilEnough(nowUs);
      this.#tryAgain(nowUs);
    }
    this.#advance();
  }

  #askUntilEnough(nowUs: number): void {
    this.#asking = true;
    let asked = true;
    while (asked && this.#answered + this.#outstanding < this.#r) asked = this.#askNext(nowUs);
    this.#asking = false;
  }

  /** Asks one more reachable replica, the one that should answer first. Answers whether there was one. */
  #askNext(nowUs: number): boolean {
    let place = nextPrimary(this.#placement, this.#askedMask, nowUs);
    if (place < 0) place = this.#nextFallbackToAsk();
    const peer = this.#placement.targets[place]?.peer;
    if (peer === undefined) return false;
    this.#ask(place, peer);
    this.#node.hedges.add(this, peer, nowUs);
    return true;
  }

  #ask(place: number, peer: Peer): void {
    this.#askedMask |= bitOf(place);
    this.#outstanding++;
    peer.get(this, this.#partition, this.#db, this.#key, this.#fingerprint);
  }

  /** Now and then a get asks one that is usually passed over, and does not wait for it. */
  #tryAgain(nowUs: number): void {
    const place = primaryToTry(this.#placement, this.#askedMask, nowUs);
    const peer = this.#placement.targets[place]?.peer;
    if (peer === undefined) return;
    this.#asking = true;
    this.#ask(place, peer);
    this.#asking = false;
  }

  #hasEnded(peer: Peer): boolean {
    return (this.#endedMask & bitOf(this.#placeOf(peer))) !== 0;
  }

  #nextFallbackToAsk(): number {
    if (!this.#keyspace.sloppy) return -1;
    const { targets } = this.#placement;
    while (this.#nextFallback < targets.length) {
      const place = this.#nextFallback++;
      if (targets[place]?.peer?.reachable() === true) return place;
    }
    return -1;
  }

  #placeOf(peer: Peer): number {
    const { targets } = this.#placement;
    let place = 0;
    while (targets[place]?.peer !== peer) place++;
    return place;
  }

  #takeDifferent(place: number, object: Buffer | undefined): void {
    const theirs = object === undefined ? null : Buffer.from(object);
    this.#different ??= [];
    this.#different[place] = theirs;
    if (theirs !== null) this.#best = this.#best === null ? theirs : joinBytes(this.#best, theirs);
  }

  /** What a fallback holds belongs to the primaries; it is itself not repaired. */
  #takeFallback(object: Buffer | undefined): void {
    if (object === undefined || mayBeForgotten(this.#node, object)) return;
    this.#best = this.#best === null ? Buffer.from(object) : joinBytes(this.#best, Buffer.from(object));
    this.#different ??= [];
  }

  #advance(): void {
    const r = this.#r;
    if (!this.#finished) {
      if (this.#answered >= r) this.#finish(undefined);
      // Whoever could be asked has been.
      else if (this.#answered + this.#outstanding < r) {
        this.#finish(this.#localFailure ?? { code: 'ReadQuorumNotMet', answered: this.#answered, needed: r });
      }
    }
    if (this.#outstanding === 0 && this.#different !== undefined) this.#repair(this.#different);
  }

  #finish(failure: Failure | undefined): void {
    this.#finished = true;
    const { counters, getLatency, world } = this.#node;
    if (failure?.code === 'ReadQuorumNotMet') counters.read_quorum_failures++;
    if (failure === undefined) {
      this.#best = this.#unflushed(this.#best);
      counters.sawVersions(this.#best === null ? 0 : siblingCount(this.#best));
      // Before the client hears of it: a SET that it makes then has to supersede what was read.
      this.#holdBest();
    }
    getLatency.record(world.clock.monotonicUs() - this.#startedUs);
    this.#done(this.#state, failure, failure === undefined ? (this.#best ?? undefined) : undefined);
  }

  /** Merges what was read into the own replica, if that lacks any of it. */
  #holdBest(): void {
    const { counters, replica } = this.#node;
    const best = this.#best;
    if (best === null || best === this.#held) return;
    this.#held = best;
    counters.read_repairs++;
    const object = best.subarray(0, objectLength(best));
    const { isPrimary, targets, n } = this.#placement;
    if (!isPrimary) {
      // It hands on what it keeps.
      const primary = ownStandInFor(targets, n);
      if (primary !== undefined) this.#node.hints.note(primary, this.#partition, this.#db, this.#key);
    }
    replica.merge(this.#partition, this.#db, this.#key, object, this.#repairDurability(), UNHEARD);
  }

  /** Sends the join to every replica that answered with something else (Dynamo §5). */
  #repair(different: readonly (ObjectBytes | null | undefined)[]): void {
    this.#different = undefined;
    this.#best = this.#unflushed(this.#best);
    this.#holdBest();
    const best = this.#best;
    if (best === null) return;
    const { counters } = this.#node;
    const durability = this.#repairDurability();
    const length = objectLength(best);
    const { n, targets } = this.#placement;
    for (let place = 0; place < n; place++) {
      if (!this.#lacks(place, best, different[place])) continue;
      counters.read_repairs++;
      targets[place]?.peer?.put(UNHEARD, this.#partition, this.#db, durability, this.#key, best, length);
    }
  }

  /** Whether the target in that place answered, and with something else than `best`. */
  #lacks(place: number, best: ObjectBytes, answered: ObjectBytes | null | undefined): boolean {
    // What was held here when they were asked may have been written over since; its fingerprint stands for it.
    if ((this.#sameMask & (1 << place)) !== 0) return versionFingerprint(best) !== this.#fingerprint;
    return answered === null || (answered !== undefined && !sameObject(answered, best));
  }

  /** What was read before a flush was heard of, or of a node that has yet to hear of it, neither is shown nor goes back. */
  #unflushed(object: ObjectBytes | null): ObjectBytes | null {
    return object === null ? null : (this.#node.replica.survivorsOf(this.#db, object) ?? null);
  }

  #repairDurability(): Durability {
    return this.#keyspace.durability === 'buffer' ? BUFFER : LOG;
  }
}

/** The bit of a place in the masks; none for places beyond them, which only fallbacks have. */
function bitOf(place: number): number {
  return place < 31 ? 1 << place : 0;
}
