import type { PeerAddress } from '../ports/transport.js';
import type { NodeId } from '../ring/ring.js';
import type { Member } from './membership.js';

/** What the configuration says of a node's cluster. What the node's disk says comes first, once anything has happened. */
export interface MembershipPlan {
  readonly self: Member;
  /** All that found the cluster, `self` among them; the same on each of them. Only for a node without seeds. */
  readonly founders: readonly Member[];
  /** Where to ask for the cluster that this node joins, or is part of. */
  readonly seeds: readonly PeerAddress[];
  /** The node joins in the place of this one, which is dead. */
  readonly replace: NodeId | undefined;
  readonly partitionCount: number;
}
