import type { Databases } from '../databases/databases.js';
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { LatencyRecorder } from '../ports/latency.js';
import type { World } from '../ports/world.js';
import type { Durability, Replica, StoreAnswer, WriteWaiter } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Identity } from '../storage/identity.js';
import type { ActorId } from '../version/actor.js';
import type { HybridClock } from '../version/hybrid-clock.js';
import type { ModifyQueues } from './changes/modify.js';
import type { Counters } from './counters.js';
import type { Lateness } from './forwarding/forward-stamp.js';
import type { HedgeQueue } from './hedge.js';
import type { Routes } from './routes.js';
import type { WritesUnderWay } from './writes-under-way.js';

/** Keeps in mind which nodes have missed writes of which keys, so that they are brought what this node holds of them. */
export interface HintKeeper {
  /** This node holds an object that `target` has missed. Nothing waits for it. */
  note(target: NodeId, partition: Partition, db: number, key: string): void;
  /**
   * As `note`, where this node stands in for the target: STORED when the hint is as safe as asked, else `waiter` hears when
   * it is. A hint over the bounds is dropped and counted, and answered as one that is kept: the object itself stays.
   */
  keep(
    target: NodeId,
    partition: Partition,
    db: number,
    key: string,
    durability: Durability,
    waiter: WriteWaiter,
  ): StoreAnswer;
  /** Whether any node has missed writes of the key, as far as is known. */
  isHinted(key: { readonly partition: Partition; readonly db: number; readonly key: string }): boolean;
}

/** What is said of and known about operations that nodes hand to each other. */
export interface Forwarding {
  /** Drawn at the start of this process. */
  readonly process: number;
  /** So long after it was sent, an operation may be begun by another node; no longer. */
  readonly withinMs: number;
  /** The longest that one run takes, with the wait for `withinMs` before the next. */
  readonly runMaxMs: number;
  readonly lateness: Lateness;
}

/** What every operation of a coordinator needs; one for each node. */
export interface Coordination {
  readonly world: World;
  readonly replica: Replica;
  readonly identity: Identity;
  readonly hybridClock: HybridClock;
  readonly routes: Routes;
  readonly keyspaces: Keyspaces;
  readonly counters: Counters;
  readonly hints: HintKeeper;
  readonly databases: Pick<Databases, 'stored'>;
  readonly hedges: HedgeQueue;
  readonly modifyQueues: ModifyQueues;
  readonly writes: WritesUnderWay;
  readonly forwarding: Forwarding;
  /** Older than this, what a fallback holds is not handed to primaries (see `mayBeForgotten`). Not above the tombstone grace. */
  readonly strayCopyMaxMs: number;
  readonly clockEntriesMax: number;
  /** A put that would leave several siblings and more bytes than this is refused. */
  readonly objectBytesMax: number;
  /** The longest value that a client may write, on all nodes alike. */
  readonly valueBytesMax: number;
  readonly getLatency: LatencyRecorder;
  readonly putLatency: LatencyRecorder;
  /** Whether an actor belongs to a node that is in the cluster now, as far as this node knows. */
  isMember(actor: ActorId): boolean;
}
