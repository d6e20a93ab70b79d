import type { PeerAddress } from '../ports/transport.js';
import type { NodeId } from '../ring/ring.js';
import type { Member } from './membership.js';
import { type ListedNode, StaticMembership } from './static-membership.js';

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

/** The plan of a node that founds a cluster with `peers` (none: alone), or joins that of `seeds`. Throws where `peerListFault` has a reason. */
export function planOf(
  self: ListedNode & { readonly weight: number },
  peers: readonly ListedNode[],
  seeds: readonly PeerAddress[],
  replace: NodeId | undefined,
  partitionCount: number,
): MembershipPlan {
  const list = new StaticMembership(self, peers, partitionCount);
  return {
    self: { ...list.self, weight: self.weight },
    founders: seeds.length > 0 ? [] : list.members(),
    seeds,
    replace,
    partitionCount,
  };
}
