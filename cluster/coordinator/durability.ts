import type { KeyspaceRow } from '../keyspaces/keyspaces.js';
import { BUFFER, type Durability, FSYNC, LOG } from '../replica/replica.js';

/** What a keyspace's durability asks of the replicas of one put. */
export interface DurabilityPlan {
  readonly local: Durability;
  readonly remote: Durability;
  /** Whether the coordinator's own acknowledgement must be among the W. */
  readonly localRequired: boolean;
}

const PLANS: Readonly<Record<KeyspaceRow['durability'], DurabilityPlan>> = {
  buffer: { local: BUFFER, remote: BUFFER, localRequired: false },
  log: { local: LOG, remote: LOG, localRequired: false },
  // Dynamo §6.1 lets one of the N replicas write durably: here it is the coordinator.
  'fsync-one': { local: FSYNC, remote: LOG, localRequired: true },
  fsync: { local: FSYNC, remote: FSYNC, localRequired: false },
};

/** The plan of a keyspace. */
export function durabilityPlan(keyspace: KeyspaceRow): DurabilityPlan {
  return PLANS[keyspace.durability];
}
