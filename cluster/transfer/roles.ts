/**
 * Who holds, who is to hold, and who gives to whom. Pure.
 *
 * ```
 *   list of the partition:   A    B    D    C    E  | leaving: L        N = 3
 *   wanted                   A    B    D                                the first N of the ring's list
 *   holders                  A    B         C                           who has said so
 *   primaries                A    B         C                           the first N holders: they serve
 *   receivers                          D                                wanted, not among the primaries
 *   displaced                               C                           primaries, not wanted: the k-th gives to the k-th receiver
 * ```
 */
import { type Places, placesOf } from '../coordinator/placement.js';
import type { Membership } from '../membership/membership.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';

/** A partition, and of it the keys whose keyspace has this N. */
export interface Place {
  readonly partition: Partition;
  readonly n: number;
}

/** The nodes by what they are to a place, each in the order of the preference list. */
export interface Roles extends Places {
  readonly displaced: readonly NodeId[];
  /** Nobody holds the place, as far as this node has heard. */
  readonly isLost: boolean;
}

export function rolesOf(membership: Membership, { partition, n }: Place): Roles {
  const members = membership.members();
  const listed = membership.ring().preferenceList(partition);
  const ids = new Set(listed);
  const leaving = membership.nodes().flatMap(({ id }) => (ids.has(id) ? [] : [id]));
  const holds = (id: NodeId): boolean => membership.holds(id, partition, n);
  const places = placesOf([...listed, ...leaving.sort()], members.length, n, holds);
  const wanted = wantedOf(membership, { partition, n });
  return {
    ...places,
    displaced: places.primaries.filter((id) => !wanted.includes(id)),
    isLost: !places.primaries.some(holds),
  };
}

/** Who is to hold the place. */
function wantedOf(membership: Membership, { partition, n }: Place): readonly NodeId[] {
  return membership.ring().firstOf(partition, n);
}

/** Whether this node has to take the place up: it is to hold it, and does not. */
export function isToReceive(membership: Membership, place: Place): boolean {
  const { id } = membership.self;
  // Of most places it is not to hold anything.
  return wantedOf(membership, place).includes(id) && !membership.holds(id, place.partition, place.n);
}

/** Who has yet to take up a place that this node holds and is not to hold; []: it may give it up. Undefined: it is to keep it. */
export function awaitedFor(membership: Membership, place: Place): readonly NodeId[] | undefined {
  const { partition, n } = place;
  const { id } = membership.self;
  if (!membership.holds(id, partition, n)) return undefined;
  const wanted = wantedOf(membership, place);
  if (wanted.length === 0 || wanted.includes(id)) return undefined;
  return wanted.filter((other) => !membership.holds(other, partition, n));
}

/** Those from whom a receiver may take the place, the one that it displaces first. */
export function sourcesOf({ receivers, displaced, primaries, isLost }: Roles, id: NodeId): NodeId[] {
  if (isLost) return [];
  const own = displaced[receivers.indexOf(id)];
  const first = own === undefined ? primaries : [own, ...primaries];
  return [...new Set(first)].filter((source) => source !== id);
}

/**
 * Whether a copy that was made equal to those of `met` has every write that was acknowledged by `w` nodes: it was taken
 * whole from the one that it displaces (`source`), or it has met one of any W that can have taken a write.
 */
export function isWhole(
  roles: Roles,
  id: NodeId,
  { n, w }: { n: number; w: number },
  source: NodeId | '',
  met: ReadonlySet<NodeId>,
): boolean {
  const own = roles.displaced[roles.receivers.indexOf(id)];
  if (own !== undefined && own === source && met.has(own)) return true;
  const others = roles.primaries.filter((primary) => primary !== id);
  return others.filter((primary) => met.has(primary)).length >= Math.min(others.length, Math.max(1, n - w + 1));
}
