/**
 * HOT PATH. One put (Dynamo §4.5): the coordinator writes its own replica, sends the object to the other primaries and
 * answers when W of them have acknowledged. One object an operation; it is its own callback everywhere.
 */
import type { Failure } from '../failure.js';
import { type LoadWaiter, RECORD_NOTE_BYTES, STORED, type WriteWaiter } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { encodeReplacing, highestCounter, joinBytes, siblingCount, type Written } from '../version/encoded.js';
import type { VersionVector } from '../version/object.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';
import type { Coordination } from './coordination.js';
import { refusesDrift } from './drift.js';
import { type DurabilityPlan, durabilityPlan } from './durability.js';
import type { KeyspaceRow } from './keyspaces.js';
import { SIBLINGS_MAX } from './limits.js';
import { isReachable, type Target } from './routes.js';
import { encodeSuccessor, isPlainReplacement } from './successor.js';

/**
 * How a put ended. `object` is what the key holds now at the coordinator: its clock is the context for what comes next.
 */
export type WriteDone<T> = (state: T, failure: Failure | undefined, object: ObjectBytes | undefined) => void;

const CONTEXT_FROM_THE_FUTURE: Failure = {
  code: 'Refused',
  reason: 'the context is dated further ahead than clocks may be apart',
};

const MERGE_FIRST = 'read the key and write the merged value with its token';
const TOO_MANY_SIBLINGS: Failure = {
  code: 'Refused',
  reason: `the key has ${SIBLINGS_MAX} concurrent values: ${MERGE_FIRST}`,
};
const TOO_MANY_ACTORS: Failure = {
  code: 'Refused',
  reason: `the key has concurrent values of too many lives of nodes: ${MERGE_FIRST}`,
};
const TOO_LARGE: Failure = {
  code: 'Refused',
  reason: `the concurrent values of the key are too large together: ${MERGE_FIRST}`,
};

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
  readonly #startedUs: number;
  #base: ObjectBytes | null = null;
  #record: Buffer | undefined;
  #outstanding = 0;
  #acknowledged = 0;
  #localAcknowledged = false;
  #localFailure: Failure | undefined;
  /** Whether the own replica took the object, so that the others were sent it. */
  #sent = false;
  #finished = false;

  /**
   * `context`: what the client has seen; undefined: all that the coordinator has. `written`: one value, or several that
   * stand beside each other as siblings.
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
  ) {
    this.#node = node;
    this.#partition = partition;
    this.#db = db;
    this.#key = key;
    this.#keyspace = node.keyspaces.of(key);
    this.#plan = durabilityPlan(this.#keyspace);
    this.#context = context;
    this.#written = written;
    this.#state = state;
    this.#done = done;
    this.#startedUs = node.world.clock.monotonicUs();
  }

  start(): void {
    this.#node.counters.coordinated_puts++;
    const { replica } = this.#node;
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
    if (failure === undefined) this.#write(this.#node.replica.peek(this.#partition, this.#db, this.#key) ?? null);
    else this.#finish(failure);
  }

  stored(failure: Failure | undefined): void {
    if (failure === undefined) this.#localAcknowledged = true;
    else this.#localFailure = failure;
    if (failure !== undefined && !this.#finished && (!this.#sent || this.#plan.localRequired)) this.#finish(failure);
    this.#count(failure === undefined);
  }

  putReplied(_peer: Peer, status: number): void {
    this.#count(status === 0);
  }

  failed(): void {
    this.#count(false);
  }

  getReplied(): void {
    throw new Error('a put was answered as a get');
  }

  forwardReplied(): void {
    throw new Error('a put was answered as a forwarded request');
  }

  #write(local: ObjectBytes | null): void {
    const { replica, routes, identity, hybridClock } = this.#node;
    const { n, w } = this.#keyspace;
    const targets = routes.targets(this.#partition);
    const reachable = countReachable(targets, n);
    if (reachable < w) {
      this.#finish({ code: 'WriteQuorumNotMet', answered: reachable, needed: w, attempted: false });
      return;
    }
    if (this.#context !== undefined) {
      const seen = highestSeen(this.#context);
      if (refusesDrift(this.#node, seen, 'a context token')) {
        this.#finish(CONTEXT_FROM_THE_FUTURE);
        return;
      }
      hybridClock.observe(seen);
    }
    const current = join(local, this.#base);
    if (current !== null) hybridClock.observe(highestCounter(current));
    const record = this.#successorOf(current, replica.mintingActor(local));
    if (record === undefined) {
      this.#finish(TOO_MANY_ACTORS);
      return;
    }
    const refused = siblingCount(record) > 1 ? this.#refusal(record, current) : undefined;
    if (refused !== undefined) {
      this.#finish(refused);
      return;
    }
    identity.noteCounter(hybridClock.last);
    const status = replica.store(this.#partition, this.#db, this.#key, record, this.#plan.local, this);
    this.#outstanding = 1;
    // Where the own replica refused the object nobody else may have it: this actor's next dot for the key would claim
    // to have seen this one, and merges would drop it.
    if (replica.peek(this.#partition, this.#db, this.#key) === record) this.#send(record, targets, n);
    if (status === STORED) this.stored(undefined);
  }

  /** Why this put may not leave several siblings as they stand in `record`; one that leaves less than there was may. */
  #refusal(record: Buffer, current: ObjectBytes | null): Failure | undefined {
    const siblings = siblingCount(record);
    if (current !== null && siblings <= siblingCount(current)) return undefined;
    if (siblings > SIBLINGS_MAX) return TOO_MANY_SIBLINGS;
    return record.length > this.#node.objectBytesMax ? TOO_LARGE : undefined;
  }

  /** The record that this put makes of `current`; undefined: it has to be refused. */
  #successorOf(current: ObjectBytes | null, actor: Buffer): Buffer | undefined {
    const { hybridClock, clockEntriesMax, counters } = this.#node;
    const [only] = this.#written;
    if (only !== undefined && isPlainReplacement(current, this.#context, this.#written, actor, clockEntriesMax)) {
      return encodeReplacing(current ?? undefined, actor, hybridClock.next(), only, RECORD_NOTE_BYTES);
    }
    const successor = encodeSuccessor(current, this.#context, this.#written, {
      actor,
      mint: () => hybridClock.next(),
      clockEntriesMax,
      isMember: (id) => this.#node.isMember(id),
      tailBytes: RECORD_NOTE_BYTES,
    });
    if (successor.truncated) counters.clock_truncations++;
    return successor.record;
  }

  #send(record: Buffer, targets: readonly Target[], n: number): void {
    this.#sent = true;
    this.#record = record;
    // All are counted first: a peer may answer within the call.
    this.#outstanding = Math.min(n, targets.length);
    const objectLength = record.length - RECORD_NOTE_BYTES;
    for (let place = 0; place < n && place < targets.length; place++) {
      targets[place]?.peer?.put(this, this.#partition, this.#db, this.#plan.remote, this.#key, record, objectLength);
    }
  }

  #count(acknowledged: boolean): void {
    this.#outstanding--;
    if (acknowledged) this.#acknowledged++;
    if (this.#finished) return;
    const { w } = this.#keyspace;
    if (this.#acknowledged >= w && (this.#localAcknowledged || !this.#plan.localRequired)) {
      this.#finish(undefined);
    } else if (this.#acknowledged + this.#outstanding < w || this.#outstanding === 0) {
      // What the own store says tells more than the count.
      this.#finish(
        this.#localFailure ?? { code: 'WriteQuorumNotMet', answered: this.#acknowledged, needed: w, attempted: true },
      );
    }
  }

  #finish(failure: Failure | undefined): void {
    this.#finished = true;
    if (failure?.code === 'WriteQuorumNotMet') this.#node.counters.write_quorum_failures++;
    this.#node.putLatency.record(this.#node.world.clock.monotonicUs() - this.#startedUs);
    this.#done(this.#state, failure, this.#record);
  }
}

function countReachable(targets: readonly Target[], n: number): number {
  let reachable = 0;
  for (let place = 0; place < n && place < targets.length; place++) {
    const target = targets[place];
    if (target !== undefined && isReachable(target)) reachable++;
  }
  return reachable;
}

function highestSeen(context: VersionVector): number {
  let highest = 0;
  for (const counter of context.values()) if (counter > highest) highest = counter;
  return highest;
}

function join(local: ObjectBytes | null, base: ObjectBytes | null): ObjectBytes | null {
  if (base === null || base === local) return local;
  return local === null ? base : joinBytes(local, base);
}
