/**
 * Read-modify-write at a coordinator: one at a time for a key, each after a read of R replicas. Atomic while all changes
 * of a key run at the same node, which is the first reachable of its preference list: while the ring and the reachable
 * set do not change. Not a lock service.
 *
 * Changes of one key that wait while others are read share the next read: it began after they had come, so it has seen what
 * they must see, and what they do to the key one after the other is in the own replica.
 */
import type { Failure } from '../../failure.js';
import type { LoadWaiter } from '../../replica/replica.js';
import type { Partition } from '../../ring/slots.js';
import { readActor } from '../../version/actor.js';
import type { ObjectBytes } from '../../version/codec.js';
import { epochOfFlush } from '../../version/counter.js';
import { joinBytes } from '../../version/encoded.js';
import type { Dot } from '../../version/object.js';
import { VERSION_OF_COUNTERS } from '../../wire/versions.js';
import type { Coordination } from '../coordination.js';
import { isPast, NEVER_US } from '../forwarding/forward-stamp.js';
import { GetOperation } from '../get.js';
import { KeyOrder } from '../key-order.js';
import { READ_SHARED_MAX } from '../limits.js';
import { PutOperation } from '../put.js';
import { firstReachable } from '../routes.js';
import { applyChange, type Change, type ChangeOutcome } from './change.js';
import { applyAgain } from './change-again.js';
import { withoutCounter } from './increment.js';

/**
 * How a change ended: whether it took effect, the newest value before it (of a change that computes: its answer), and what
 * the key holds after it.
 */
export type ModifyDone<T> = (
  state: T,
  failure: Failure | undefined,
  applied: boolean,
  previous: Buffer | undefined,
  object: ObjectBytes | undefined,
) => void;

const PREVIOUS_UNKNOWN: Failure = {
  code: 'OutcomeUnknown',
  reason: 'the coordinator became unreachable, and what it changed can not be told from what was there',
};

interface Queued {
  begin(): void;
}

/** A read that changes which came before it began may use. */
interface SharedRead {
  readonly beganAt: number;
  readonly failure: Failure | undefined;
  readonly object: ObjectBytes | undefined;
  usesLeft: number;
}

/** The changes that wait for their turn, by key. */
export class ModifyQueues {
  readonly #order = new KeyOrder();
  readonly #reads = new Map<string, SharedRead>();
  /** Numbers what comes, and the reads that begin. */
  #events = 0;

  /** The number of what happens now: a change comes, or a read begins. */
  next(): number {
    return ++this.#events;
  }

  /** The last read of the key, where it began after `arrivedAt`. */
  readSince(key: string, arrivedAt: number): SharedRead | undefined {
    const read = this.#reads.get(key);
    if (read === undefined || read.beganAt < arrivedAt || read.usesLeft <= 0) return undefined;
    read.usesLeft--;
    return read;
  }

  /** A read of the key that began at `beganAt` has ended so: those that wait may use it. `object` is copied. */
  share(key: string, beganAt: number, failure: Failure | undefined, object: ObjectBytes | undefined): void {
    if (!this.#order.isAwaited(key)) return;
    this.#reads.set(key, { beganAt, failure, object: object && Buffer.from(object), usesLeft: READ_SHARED_MAX });
  }

  /** Begins `change` now or when those before it on the same key have made way. */
  enter(key: string, change: Queued): void {
    if (this.#order.waits(key, () => this.enter(key, change))) return;
    this.#order.hold(key);
    change.begin();
  }

  /** Makes way for the next change of the key. */
  leave(key: string): void {
    this.#order.release(key);
    if (!this.#order.isAwaited(key)) this.#reads.delete(key);
  }
}

export class ModifyOperation<T> implements Queued, LoadWaiter {
  readonly #node: Coordination;
  readonly #partition: Partition;
  readonly #db: number;
  readonly #key: string;
  readonly #change: Change;
  readonly #ranSince: number | undefined;
  readonly #state: T;
  readonly #done: ModifyDone<T>;
  #arrivedAt = 0;
  #readBeganAt = 0;
  /** What the replicas that were asked hold, the own one among them. */
  #read: ObjectBytes | undefined;
  /** Fewer replicas than R were read; the change is one that goes on without. */
  #isReadShort = false;
  #notAfterUs = NEVER_US;
  #outcome: ChangeOutcome | undefined;

  /**
   * `ranSince`: the change was asked of another node before, where it may have taken effect, with a counter above this one;
   * undefined: this is its first run.
   */
  constructor(
    node: Coordination,
    partition: Partition,
    db: number,
    key: string,
    change: Change,
    ranSince: number | undefined,
    state: T,
    done: ModifyDone<T>,
  ) {
    this.#node = node;
    this.#partition = partition;
    this.#db = db;
    this.#key = key;
    this.#change = change;
    this.#ranSince = ranSince;
    this.#state = state;
    this.#done = done;
  }

  /** Nothing is written after this moment on the monotonic clock that has not been by then. */
  notAfter(us: number): this {
    this.#notAfterUs = us;
    return this;
  }

  start(): void {
    this.#node.counters.coordinated_modifies++;
    this.#arrivedAt = this.#node.modifyQueues.next();
    this.#node.modifyQueues.enter(this.#queueKey(), this);
  }

  begin(): void {
    const { modifyQueues } = this.#node;
    const shared = modifyQueues.readSince(this.#queueKey(), this.#arrivedAt);
    if (shared !== undefined) {
      this.read(shared.failure, shared.object);
      return;
    }
    this.#readBeganAt = modifyQueues.next();
    new GetOperation(this.#node, this.#partition, this.#db, this.#key, this, onRead).start();
  }

  /** The read that this change asked for has ended. */
  readEnded(failure: Failure | undefined, object: ObjectBytes | undefined): void {
    this.#node.modifyQueues.share(this.#queueKey(), this.#readBeganAt, failure, object);
    this.read(failure, object);
  }

  read(failure: Failure | undefined, object: ObjectBytes | undefined): void {
    // What is added elsewhere meanwhile adds up: an increment is taken wherever a put is.
    this.#isReadShort = failure?.code === 'ReadQuorumNotMet' && this.#change.kind === 'increment';
    if (failure !== undefined && !this.#isReadShort) {
      this.#fail(failure);
      return;
    }
    this.#read = object;
    const { replica } = this.#node;
    // Another write may have reached the own replica while the quorum was asked, and gone out of memory again.
    const local = replica.peek(this.#partition, this.#db, this.#key);
    if (local === undefined) replica.load(this.#partition, this.#db, this.#key, this);
    else this.#decide(local);
  }

  loaded(failure: Failure | undefined): void {
    if (failure !== undefined) this.#fail(failure);
    else this.#decide(this.#node.replica.peek(this.#partition, this.#db, this.#key) ?? null);
  }

  /** The own replica's record is in memory until this returns. */
  #decide(local: ObjectBytes | null): void {
    const { replica } = this.#node;
    // Flushed since it was read: what is written now would bring it back.
    const object = this.#read && replica.survivorsOf(this.#db, this.#read);
    const base = local === null || object === undefined ? (local ?? object ?? null) : joinBytes(local, object);
    const nowMs = this.#node.world.clock.nowMs();
    const newestDecides = this.#node.keyspaces.of(this.#key).reconcile === 'newest';
    const applying = {
      nowMs,
      newestDecides,
      actor: readActor(replica.mintingActor(local), 0),
      absentEpoch: this.#absentEpoch(local),
    };
    const outcome =
      this.#ranSince === undefined
        ? applyChange(base, this.#change, applying)
        : applyAgain(base, this.#change, applying, this.#ranSince);
    if (outcome === undefined) {
      this.#fail(PREVIOUS_UNKNOWN);
      return;
    }
    if (outcome.refusal !== undefined) {
      this.#fail({ code: 'NotApplicable', reason: outcome.refusal });
      return;
    }
    // A copy: the write that follows may take the place of the record that it is a part of.
    const previous = outcome.previous && Buffer.from(outcome.previous);
    this.#outcome = { ...outcome, previous };
    if (outcome.written === undefined) {
      // In this order: the next change may take the place of what is answered.
      this.#done(this.#state, undefined, false, previous, base ?? undefined);
      this.#node.modifyQueues.leave(this.#queueKey());
      return;
    }
    if (isPast(this.#notAfterUs, this.#node)) {
      const { n, w } = this.#node.keyspaces.of(this.#key);
      const needed = Math.min(w, this.#node.routes.placement(this.#partition, n).n);
      this.#fail({ code: 'WriteQuorumNotMet', answered: 0, needed, attempted: false });
      return;
    }
    const { context } = outcome;
    const written = this.#readCounters() ? outcome.written : outcome.written.map(withoutCounter);
    const put = new PutOperation(this.#node, this.#partition, this.#db, this.#key, context, written, this, onWritten);
    put.startOver(base);
    // The own replica holds the new object, which every further read here includes: the next change may begin.
    this.#node.modifyQueues.leave(this.#queueKey());
  }

  /** Where this node holds nothing of the key: whether that says that there is nothing. */
  #absentEpoch(local: ObjectBytes | null): Dot | undefined {
    const epoch = epochOfFlush(this.#node.replica.flushedUpTo(this.#db));
    if (local !== null) return epoch;
    const { targets, n, isPrimary } = this.#node.routes.placement(
      this.#partition,
      this.#node.keyspaces.of(this.#key).n,
    );
    const isBlind = this.#isReadShort || (!isPrimary && firstReachable(targets, n) === undefined);
    return isBlind ? undefined : epoch;
  }

  /** Whether all nodes that may hold the key, as far as their versions are known, can read counters. */
  #readCounters(): boolean {
    const { targets } = this.#node.routes.placement(this.#partition, this.#node.keyspaces.of(this.#key).n);
    return targets.every(({ peer }) => (peer?.version() ?? VERSION_OF_COUNTERS) >= VERSION_OF_COUNTERS);
  }

  #fail(failure: Failure): void {
    this.#node.modifyQueues.leave(this.#queueKey());
    this.#done(this.#state, failure, false, undefined, undefined);
  }

  written(failure: Failure | undefined, object: ObjectBytes | undefined): void {
    const applied = failure === undefined && this.#outcome?.applied === true;
    this.#done(this.#state, failure, applied, this.#outcome?.previous, object);
  }

  #queueKey(): string {
    return String.fromCharCode(this.#db) + this.#key;
  }
}

function onRead<T>(operation: ModifyOperation<T>, failure: Failure | undefined, object: ObjectBytes | undefined): void {
  operation.readEnded(failure, object);
}

function onWritten<T>(
  operation: ModifyOperation<T>,
  failure: Failure | undefined,
  object: ObjectBytes | undefined,
): void {
  operation.written(failure, object);
}
