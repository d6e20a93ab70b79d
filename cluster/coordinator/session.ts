/**
 * HOT PATH. What one client connection asks of its node. Operations on one key take effect in the order of the calls,
 * those on different keys run side by side.
 *
 * Puts that this node coordinates, and gets after them, keep their order by themselves: the own replica takes them in
 * order, a put covers what came before it, and frames to a peer arrive in order. What runs elsewhere (forwarded) or takes
 * two steps (read-modify-write) holds back whatever this session asks of the same key until it has ended. And a write
 * waits for the gets of its key that are under way: by another node, or when one more replica is asked because the first
 * is late, it could reach a replica before they do.
 */
import type { Failure } from '../failure.js';
import { BUFFER } from '../replica/replica.js';
import type { Partition, Slot } from '../ring/slots.js';
import { partitionOf, slotOf } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';
import { highestCounter, type Written } from '../version/encoded.js';
import type { VersionVector } from '../version/object.js';
import type { Change } from './changes/change.js';
import type { ModifyDone } from './changes/modify.js';
import { isPrimary } from './coordinate.js';
import type { Coordination } from './coordination.js';
import { refusesDrift } from './drift.js';
import { ForwardOperation } from './forwarding/forward.js';
import type { ForwardedReply, ForwardedRequest } from './forwarding/forwarded.js';
import { GetOperation, type ReadDone } from './get.js';
import { KeyOrder } from './key-order.js';
import { LastWrites, type WrittenKey } from './last-writes.js';
import { type PutElsewhere, PutOperation, type WriteDone } from './put.js';
import { firstReachable } from './routes.js';
import { UNHEARD } from './unheard.js';

type TurnBegin = (within: Session, end: () => void) => void;

export class Session implements PutElsewhere {
  readonly #node: Coordination;
  readonly #order = new KeyOrder();
  /** The get that began last of those under way that ask other nodes; and the keys that a write holds back until they have ended. */
  #lastRead: ReadUnderWay | undefined;
  readonly #awaitsReads = new Set<string>();
  readonly #lastWrites = new LastWrites();

  constructor(node: Coordination) {
    this.#node = node;
  }

  /** Wall-clock time in ms by which values of this node have expired or not. */
  nowMs(): number {
    return this.#node.world.clock.nowMs();
  }

  /** The stored database that a client means by `number` now. All operations go by stored ones. */
  storedDatabase(number: number): number {
    return this.#node.databases.stored(number);
  }

  /** Reads a key. `slot` is the key's. `done` gets `state` back; it may be called within this call. */
  get<T>(db: number, slot: Slot, key: string, state: T, done: ReadDone<T>): void {
    if (!this.#order.isEmpty && this.#waits(db, key, () => this.get(db, slot, key, state, done))) return;
    const partition = this.#partition(slot);
    const { n, r } = this.#node.keyspaces.of(key);
    const placement = this.#node.routes.placement(partition, n);
    if (placement.isPrimary) {
      if (r === 1 || placement.n === 1) {
        // The own replica alone answers, in order.
        new GetOperation(this.#node, partition, db, key, state, done).start();
        return;
      }
      const reading = new Reading(this, heldKey(db, key), state, done);
      this.#readBegins(reading);
      new GetOperation(this.#node, partition, db, key, reading, endReading).start();
      return;
    }
    this.#forward(partition, { kind: 'get', db, slot, key }, (reply) => done(state, reply.failure, reply.object));
  }

  /**
   * Writes a value (or a tombstone). `context`: what the writer has seen, so that it is superseded; undefined: all that
   * the coordinator has. `written.value` is copied before the call returns or must not change until `done`.
   */
  put<T>(
    db: number,
    slot: Slot,
    key: string,
    context: VersionVector | undefined,
    written: Written,
    state: T,
    done: WriteDone<T>,
  ): void {
    this.#lastWrites.note(db, key);
    if (!this.#order.isEmpty || this.#lastRead !== undefined) {
      if (this.#waitsToWrite(db, key, () => this.put(db, slot, key, context, written, state, done))) return;
    }
    const partition = this.#partition(slot);
    if (isPrimary(this.#node, partition, key)) {
      new PutOperation(this.#node, partition, db, key, context, [written], state, done, this).start();
      return;
    }
    const asked = this.#node.hybridClock.next();
    const request: ForwardedRequest = { kind: 'put', db, slot, key, context, written, asked };
    this.#forward(partition, request, (reply) => done(state, reply.failure, reply.object));
  }

  /** Read-modify-write, at the first reachable node of the preference list. */
  modify<T>(db: number, slot: Slot, key: string, change: Change, state: T, done: ModifyDone<T>): void {
    this.#lastWrites.note(db, key);
    if (this.#waitsToWrite(db, key, () => this.modify(db, slot, key, change, state, done))) return;
    const partition = this.#partition(slot);
    const { routes, replica } = this.#node;
    const placement = routes.placement(partition, this.#node.keyspaces.of(key).n);
    const target = firstReachable(placement.targets, placement.n);
    const isHere = target !== undefined && target.peer === undefined;
    const asked = this.#node.hybridClock.next();
    const send = (): void => {
      this.#forward(partition, { kind: 'modify', db, slot, key, change, asked, again: false }, (reply) => {
        if (reply.object !== undefined && !isHere) this.#keep(partition, db, key, reply.object);
        done(state, reply.failure, reply.applied, reply.previous, reply.object);
      });
    };
    // Puts of this session may still wait for the key to be loaded; they must be on their way before this goes out.
    if (!isHere && placement.isPrimary && replica.peek(partition, db, key) === undefined) {
      this.#hold(db, key);
      replica.load(partition, db, key, {
        loaded: send,
      });
    } else {
      send();
    }
  }

  /**
   * Takes a turn on several keys at once: `begin` runs when what was asked of them before has ended, and what is asked of
   * them later waits until `end` is called. What belongs to the turn is asked of `within`. For operations of several steps;
   * other sessions do not wait.
   */
  turn(keys: readonly { readonly db: number; readonly key: string }[], begin: TurnBegin): void {
    const held = new Map(keys.map((one) => [heldKey(one.db, one.key), one]));
    let missing = held.size;
    const end = (): void => {
      for (const { db, key } of held.values()) this.#release(db, key);
    };
    const enter = (db: number, key: string): void => {
      if (this.#waitsToWrite(db, key, () => enter(db, key))) return;
      this.#hold(db, key);
      missing--;
      if (missing === 0) begin(new Session(this.#node), end);
    };
    for (const { db, key } of held.values()) {
      this.#lastWrites.note(db, key);
      enter(db, key);
    }
  }

  /** The keys that were written last, or are to be: at most `LAST_WRITES_MAX`. */
  lastWrites(): readonly WrittenKey[] {
    return this.#lastWrites.all();
  }

  /** For `PutOperation`: nothing of the put was written here. It goes to another node, in its turn. */
  putElsewhere(
    db: number,
    key: string,
    context: VersionVector | undefined,
    written: Written,
    storeFailure: Failure,
    done: (failure: Failure | undefined, object: ObjectBytes | undefined) => void,
  ): void {
    if (this.#waits(db, key, () => this.putElsewhere(db, key, context, written, storeFailure, done))) return;
    const slot = slotOf(Buffer.from(key, 'latin1'));
    const asked = this.#node.hybridClock.next();
    const request: ForwardedRequest = { kind: 'put', db, slot, key, context, written, asked };
    this.#forward(this.#partition(slot), request, ({ failure, object }) => done(failure, object), storeFailure);
  }

  /** A get has been answered. For `Reading` only. */
  readEnded(read: ReadUnderWay): void {
    const { before, after, held } = read;
    if (before !== undefined) before.after = after;
    if (after === undefined) this.#lastRead = before;
    else after.before = before;
    if (this.#awaitsReads.size === 0 || !this.#awaitsReads.has(held) || this.#isRead(held)) return;
    this.#awaitsReads.delete(held);
    this.#order.release(held);
  }

  #readBegins(read: ReadUnderWay): void {
    const last = this.#lastRead;
    if (last !== undefined) last.after = read;
    read.before = last;
    this.#lastRead = read;
  }

  /** Whether a get of the key is under way. They are few: a connection has so many requests under way at the most. */
  #isRead(held: string): boolean {
    for (let read = this.#lastRead; read !== undefined; read = read.before) if (read.held === held) return true;
    return false;
  }

  #partition(slot: Slot): Partition {
    return partitionOf(slot, this.#node.routes.partitionCount);
  }

  /**
   * Merges what a change left behind elsewhere into the own replica, if this node has one: W others may hold it while it
   * has yet to arrive here, and a plain put of this session that comes next has to supersede it.
   */
  #keep(partition: Partition, db: number, key: string, object: ObjectBytes): void {
    const node = this.#node;
    if (!isPrimary(node, partition, key) || refusesDrift(node, highestCounter(object), 'a forwarded change')) return;
    node.replica.merge(partition, db, key, object, BUFFER, UNHEARD);
  }

  /** `storeFailure`: why it can't be this node, though it could coordinate. */
  #forward(
    partition: Partition,
    request: ForwardedRequest,
    done: (reply: ForwardedReply) => void,
    storeFailure?: Failure,
  ): void {
    const { db, key } = request;
    this.#hold(db, key);
    const operation = new ForwardOperation(this.#node, partition, request, (reply) => {
      done(reply);
      this.#release(db, key);
    });
    if (storeFailure === undefined) operation.start();
    else operation.startElsewhere(storeFailure);
  }

  /** Whether something holds the key back; then `again` is called when its turn has come. */
  #waits(db: number, key: string, again: () => void): boolean {
    return this.#order.waits(heldKey(db, key), again);
  }

  /** As `#waits`; the gets of the key that are under way hold a write back too. */
  #waitsToWrite(db: number, key: string, again: () => void): boolean {
    const held = heldKey(db, key);
    if (this.#order.waits(held, again)) return true;
    if (!this.#isRead(held)) return false;
    this.#order.holdWith(held, again);
    this.#awaitsReads.add(held);
    return true;
  }

  #hold(db: number, key: string): void {
    this.#order.hold(heldKey(db, key));
  }

  #release(db: number, key: string): void {
    this.#order.release(heldKey(db, key));
  }
}

/** A get that asks other nodes, in the line of those that its session has under way. */
class ReadUnderWay {
  before: ReadUnderWay | undefined;
  after: ReadUnderWay | undefined;

  constructor(readonly held: string) {}
}

class Reading<T> extends ReadUnderWay {
  constructor(
    readonly session: Session,
    held: string,
    readonly state: T,
    readonly done: ReadDone<T>,
  ) {
    super(held);
  }
}

function endReading<T>(reading: Reading<T>, failure: Failure | undefined, object: ObjectBytes | undefined): void {
  reading.done(reading.state, failure, object);
  reading.session.readEnded(reading);
}

/** Two keys of different databases may come to the same: then one waits for the other without need. */
function heldKey(db: number, key: string): string {
  return db === 0 ? key : String.fromCharCode(db) + key;
}
