import type { Governor } from '../background/governor.js';
import type { Counters } from '../coordinator/counters.js';
import type { Routes } from '../coordinator/routes.js';
import type { PeerSet } from '../peers.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { HybridClock } from '../version/hybrid-clock.js';
import type { MerkleForest } from './merkle-forest.js';

/** What anti-entropy needs of its node. */
export interface ExchangeNode {
  readonly world: World;
  readonly replica: Replica;
  readonly forest: MerkleForest;
  readonly peers: Pick<PeerSet, 'values'>;
  readonly routes: Routes;
  readonly hybridClock: HybridClock;
  readonly counters: Counters;
  readonly governor: Governor;
}
