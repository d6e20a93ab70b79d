import type { Governor } from '../background/governor.js';
import type { Counters } from '../coordinator/counters.js';
import type { Routes } from '../coordinator/routes.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { HybridClock } from '../version/hybrid-clock.js';
import type { Peer } from '../wire/peer.js';
import type { MerkleForest } from './merkle-forest.js';

/** What anti-entropy needs of its node. */
export interface ExchangeNode {
  readonly world: World;
  readonly replica: Replica;
  readonly forest: MerkleForest;
  readonly peers: ReadonlyMap<NodeId, Peer>;
  readonly routes: Routes;
  readonly hybridClock: HybridClock;
  readonly counters: Counters;
  readonly governor: Governor;
}
