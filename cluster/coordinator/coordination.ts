import type { LatencyRecorder } from '../ports/latency.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { Identity } from '../storage/identity.js';
import type { ActorId } from '../version/actor.js';
import type { HybridClock } from '../version/hybrid-clock.js';
import type { Counters } from './counters.js';
import type { HedgeQueue } from './hedge.js';
import type { Keyspaces } from './keyspaces.js';
import type { ModifyQueues } from './modify.js';
import type { Routes } from './routes.js';

/** What every operation of a coordinator needs; one for each node. */
export interface Coordination {
  readonly world: World;
  readonly replica: Replica;
  readonly identity: Identity;
  readonly hybridClock: HybridClock;
  readonly routes: Routes;
  readonly keyspaces: Keyspaces;
  readonly counters: Counters;
  readonly hedges: HedgeQueue;
  readonly modifyQueues: ModifyQueues;
  readonly clockEntriesMax: number;
  /** A put that would leave several siblings and more bytes than this is refused. */
  readonly objectBytesMax: number;
  readonly getLatency: LatencyRecorder;
  readonly putLatency: LatencyRecorder;
  /** Whether an actor belongs to a node that is in the cluster now, as far as this node knows. */
  isMember(actor: ActorId): boolean;
}
