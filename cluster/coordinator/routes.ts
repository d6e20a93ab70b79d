import type { Membership } from '../membership/membership.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';
import { type Placement, placesOf } from './placement.js';

/** A place in a preference list. No `peer`: it is this node's own. The same object while the connection is the same. */
export interface Target {
  readonly id: NodeId;
  readonly peer: Peer | undefined;
}

/** Whether this node can talk to the target now, as far as it knows. */
export function isReachable(target: Target): boolean {
  return target.peer === undefined || target.peer.reachable();
}

/** How many of the targets from place `from` to before `to` can be reached. */
export function countReachable(targets: readonly Target[], from: number, to: number): number {
  let reachable = 0;
  for (let place = from; place < to && place < targets.length; place++) {
    const target = targets[place];
    if (target !== undefined && isReachable(target)) reachable++;
  }
  return reachable;
}

/** The first reachable of the first `count` targets that is not in `tried`, or undefined. */
export function firstReachable(
  targets: readonly Target[],
  count: number,
  tried?: readonly Target[],
): Target | undefined {
  for (let place = 0; place < count && place < targets.length; place++) {
    const target = targets[place];
    if (target !== undefined && isReachable(target) && !tried?.includes(target)) return target;
  }
  return undefined;
}

/** HOT PATH (`placement`). Who serves what, with the connections in it; found out anew after each change of the membership. */
export class Routes {
  readonly partitionCount: number;
  readonly #membership: Membership;
  readonly #peers: Pick<ReadonlyMap<NodeId, Peer>, 'get'>;
  readonly #targets = new Map<NodeId, Target>();
  /** By N, then by partition: what was asked for since the last change. */
  #placements: (Placement | undefined)[][] = [];
  /** Nodes off the ring, in the order of their ids. */
  #leaving: readonly NodeId[] = [];

  /** `peers` must have followed a change of the membership before this hears of it. */
  constructor(membership: Membership, peers: Pick<ReadonlyMap<NodeId, Peer>, 'get'>) {
    this.#membership = membership;
    this.#peers = peers;
    this.partitionCount = membership.ring().partitionCount;
    membership.onChange(() => this.#changed());
    this.#changed();
  }

  /** Who serves the keys of the partition whose keyspaces have N = `n`. */
  placement(partition: Partition, n: number): Placement {
    return this.#placements[n]?.[partition] ?? this.#place(partition, n);
  }

  #changed(): void {
    const members = new Set(this.#membership.members().map(({ id }) => id));
    const left = this.#membership.nodes().filter(({ id }) => !members.has(id));
    this.#leaving = left.map(({ id }) => id).sort();
    for (const [id, { peer }] of this.#targets) if (peer !== this.#peers.get(id)) this.#targets.delete(id);
    this.#placements = [];
  }

  #place(partition: Partition, n: number): Placement {
    if (!(partition < this.partitionCount)) throw new RangeError(`there is no partition ${partition}`);
    const { self } = this.#membership;
    const listed = this.#membership.ring().preferenceList(partition);
    const isKnown = (id: NodeId) => id === self.id || this.#peers.get(id) !== undefined;
    const onRing = listed.filter(isKnown);
    const list = [...onRing, ...this.#leaving.filter(isKnown)];
    const holds = (id: NodeId) => this.#membership.holds(id, partition, n);
    const { primaries, receivers, retiring, fallbacks, inMotion } = placesOf(list, onRing.length, n, holds);
    const ids = [...primaries, ...receivers, ...retiring, ...fallbacks];
    const written = ids.length - fallbacks.length;
    const ownPlace = ids.indexOf(self.id);
    const placement: Placement = {
      targets: ids.map((id) => this.#target(id)),
      n: primaries.length,
      receivers: receivers.length,
      retiring: retiring.length,
      written,
      ownPlace,
      isPrimary: ownPlace >= 0 && ownPlace < primaries.length,
      isOwn: ownPlace >= 0 && ownPlace < written,
      inMotion,
    };
    this.#placements[n] ??= [];
    this.#placements[n][partition] = placement;
    return placement;
  }

  #target(id: NodeId): Target {
    const known = this.#targets.get(id);
    if (known !== undefined) return known;
    const target = { id, peer: this.#peers.get(id) };
    this.#targets.set(id, target);
    return target;
  }
}
