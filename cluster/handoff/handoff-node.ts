import type { Governor } from '../background/governor.js';
import type { Counters } from '../coordinator/counters.js';
import { durabilityPlan } from '../coordinator/durability.js';
import type { Routes } from '../coordinator/routes.js';
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { PeerSet } from '../peers.js';
import type { Store } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { type Durability, FSYNC, LOG, type Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { ObjectBytes } from '../version/codec.js';

/** What handoff needs of its node. */
export interface HandoffNode {
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly store: Store;
  readonly replica: Replica;
  readonly peers: PeerSet;
  readonly routes: Routes;
  readonly keyspaces: Keyspaces;
  readonly counters: Counters;
  readonly governor: Governor;
}

/** A key of this node. */
export interface KeyPlace {
  readonly partition: Partition;
  readonly db: number;
  /** Binary string. */
  readonly key: string;
}

/** Whether this node keeps the key for itself: it is a primary or is to be one, or has not handed it over yet. */
export function ownsKey({ routes, keyspaces }: HandoffNode, partition: Partition, key: string): boolean {
  return routes.placement(partition, keyspaces.of(key).n).isOwn;
}

/** How safe a copy is to be with another node before it may leave here: as the keyspace asks, and in the log at least. */
export function handoffDurability({ keyspaces }: HandoffNode, key: string): Durability {
  return durabilityPlan(keyspaces.of(key)).remote === FSYNC ? FSYNC : LOG;
}

/** What this node holds of a key, from memory or from the store; the note may follow the object. */
export function readHeld(
  replica: Replica,
  { partition, db, key }: KeyPlace,
): Promise<ObjectBytes | null | 'unreadable'> {
  const known = replica.peek(partition, db, key);
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve) => {
    replica.load(partition, db, key, {
      loaded: (failure, object) => resolve(failure === undefined ? (object ?? null) : 'unreadable'),
    });
  });
}
