/**
 * HOT PATH. One get (Dynamo §4.5): reads the own replica and R - 1 others, answers the join of what they hold, and
 * repairs behind the reply those that hold something else. More replicas are asked when one fails or is late.
 */
import type { Failure } from '../failure.js';
import { BUFFER, type Durability, LOG, type LoadWaiter, type WriteWaiter } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { joinBytes, objectLength, sameObject, siblingCount, versionFingerprint } from '../version/encoded.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';
import type { Coordination } from './coordination.js';
import type { Hedgeable } from './hedge.js';
import type { KeyspaceRow } from './keyspaces.js';
import type { Target } from './routes.js';

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
  readonly #targets: readonly Target[];
  #local: ObjectBytes | null = null;
  #best: ObjectBytes | null = null;
  #fingerprint = 0;
  /** Bit i: the target in place i was asked; was asked and holds what we hold. */
  #askedMask = 0;
  #sameMask = 0;
  /** By place: what a target holds that differed from ours. Most gets never need it. */
  #different: (ObjectBytes | null | undefined)[] | undefined;
  #outstanding = 0;
  #answered = 1;
  #finished = false;

  constructor(node: Coordination, partition: Partition, db: number, key: string, state: T, done: ReadDone<T>) {
    this.#node = node;
    this.#partition = partition;
    this.#db = db;
    this.#key = key;
    this.#keyspace = node.keyspaces.of(key);
    this.#targets = node.routes.targets(partition);
    this.#state = state;
    this.#done = done;
    this.#startedUs = node.world.clock.monotonicUs();
  }

  start(): void {
    this.#node.counters.coordinated_gets++;
    const object = this.#node.replica.peek(this.#partition, this.#db, this.#key);
    if (object === undefined) this.#node.replica.load(this.#partition, this.#db, this.#key, this);
    else this.#readOthers(object);
  }

  loaded(failure: Failure | undefined, object: ObjectBytes | undefined): void {
    if (failure !== undefined) this.#finish(failure);
    else this.#readOthers(this.#node.replica.peek(this.#partition, this.#db, this.#key) ?? object ?? null);
  }

  hedge(): void {
    if (this.#finished || this.#node.routes.targets(this.#partition) !== this.#targets) return;
    if (this.#ask(this.#keyspace.n) > 0) this.#node.counters.hedged_reads++;
  }

  getReplied(peer: Peer, same: boolean, object: Buffer | undefined): void {
    const place = this.#placeOf(peer);
    this.#outstanding--;
    this.#answered++;
    if (same) this.#sameMask |= 1 << place;
    else this.#takeDifferent(place, object);
    this.#advance();
  }

  failed(): void {
    this.#outstanding--;
    if (!this.#finished && this.#answered + this.#outstanding < this.#keyspace.r) this.#ask(1);
    this.#advance();
  }

  putReplied(): void {
    throw new Error('a get was answered as a put');
  }

  forwardReplied(): void {
    throw new Error('a get was answered as a forwarded request');
  }

  #readOthers(local: ObjectBytes | null): void {
    this.#local = local;
    this.#best = local;
    const needed = this.#keyspace.r - 1;
    if (needed === 0) {
      this.#finish(undefined);
      return;
    }
    this.#fingerprint = local === null ? 0 : versionFingerprint(local);
    // Counted while asking: a peer may fail within the call, and must not end the get before all have been asked.
    this.#outstanding++;
    this.#ask(needed);
    this.#outstanding--;
    if (this.#outstanding > 0) this.#node.hedges.add(this, this.#startedUs);
    this.#advance();
  }

  /** Asks up to `count` more reachable replicas, those with the fewest requests in flight first. Answers how many. */
  #ask(count: number): number {
    let asked = 0;
    for (; asked < count; asked++) {
      const place = this.#nextToAsk();
      if (place < 0) break;
      this.#askedMask |= 1 << place;
      this.#outstanding++;
      this.#targets[place]?.peer?.get(this, this.#partition, this.#db, this.#key, this.#fingerprint);
    }
    return asked;
  }

  #nextToAsk(): number {
    let best = -1;
    let fewest = Number.POSITIVE_INFINITY;
    const n = Math.min(this.#keyspace.n, this.#targets.length);
    for (let place = 0; place < n; place++) {
      const peer = this.#targets[place]?.peer;
      if (peer === undefined || (this.#askedMask & (1 << place)) !== 0 || !peer.reachable()) continue;
      const outstanding = peer.outstanding();
      if (outstanding < fewest) {
        fewest = outstanding;
        best = place;
      }
    }
    return best;
  }

  #placeOf(peer: Peer): number {
    let place = 0;
    while (this.#targets[place]?.peer !== peer) place++;
    return place;
  }

  #takeDifferent(place: number, object: Buffer | undefined): void {
    const theirs = object === undefined ? null : Buffer.from(object);
    this.#different ??= [];
    this.#different[place] = theirs;
    if (theirs !== null) this.#best = this.#best === null ? theirs : joinBytes(this.#best, theirs);
  }

  #advance(): void {
    const { r } = this.#keyspace;
    if (!this.#finished) {
      if (this.#answered >= r) this.#finish(undefined);
      else if (this.#outstanding === 0) {
        this.#finish({ code: 'ReadQuorumNotMet', answered: this.#answered, needed: r });
      }
    }
    if (this.#outstanding === 0 && this.#different !== undefined) this.#repair(this.#different);
  }

  #finish(failure: Failure | undefined): void {
    this.#finished = true;
    const { counters, getLatency, world } = this.#node;
    if (failure?.code === 'ReadQuorumNotMet') counters.read_quorum_failures++;
    if (failure === undefined) counters.sawVersions(this.#best === null ? 0 : siblingCount(this.#best));
    getLatency.record(world.clock.monotonicUs() - this.#startedUs);
    this.#done(this.#state, failure, failure === undefined ? (this.#best ?? undefined) : undefined);
  }

  /** Sends the join to every replica that answered with something else (Dynamo §5). */
  #repair(different: readonly (ObjectBytes | null | undefined)[]): void {
    this.#different = undefined;
    const best = this.#best;
    if (best === null) return;
    const { counters, replica } = this.#node;
    const durability: Durability = this.#keyspace.durability === 'buffer' ? BUFFER : LOG;
    const length = objectLength(best);
    const localIsStale = this.#local === null || !sameObject(this.#local, best);
    if (localIsStale) {
      counters.read_repairs++;
      replica.merge(this.#partition, this.#db, this.#key, best.subarray(0, length), durability, UNHEARD);
    }
    for (let place = 0; place < this.#targets.length; place++) {
      const answered = different[place];
      const theirs = (this.#sameMask & (1 << place)) !== 0 ? this.#local : answered;
      if (theirs === undefined || (theirs !== null && sameObject(theirs, best))) continue;
      counters.read_repairs++;
      this.#targets[place]?.peer?.put(UNHEARD, this.#partition, this.#db, durability, this.#key, best, length);
    }
  }
}

/** Nobody waits for a repair: if it is lost, the next read repairs again. */
const UNHEARD: ReplyHandler & WriteWaiter = {
  putReplied: () => undefined,
  getReplied: () => undefined,
  forwardReplied: () => undefined,
  failed: () => undefined,
  stored: () => undefined,
};
