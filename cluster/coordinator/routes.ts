import type { Membership } from '../membership/membership.js';
import type { PeerSet } from '../peers.js';
import type { NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';
import { isHolder, type Placement, placesOf } from './placement.js';

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

/** The partitions that are a node's own, and a 1 for each of them. */
interface Own {
  readonly partitions: readonly Partition[];
  readonly marks: Uint8Array;
}

/** HOT PATH (`placement`). Who serves what, with the connections in it; found out anew after each change of the membership. */
export class Routes {
  readonly partitionCount: number;
  readonly #membership: Membership;
  readonly #selfId: NodeId;
  readonly #peers: Pick<PeerSet, 'get'>;
  readonly #targets = new Map<NodeId, Target>();
  /** By N, then by partition: what was asked for since the last change. */
  #placements: ((Placement | undefined)[] | undefined)[] = [];
  /** The same before that change, as far as only holdings have changed since. */
  #before: ((Placement | undefined)[] | undefined)[] = [];
  /** By N. */
  #own: (Own | undefined)[] = [];
  #ring: Ring;
  /** Nodes that can have a place: this one, and those with a link. */
  #known: readonly NodeId[] = [];
  /** Nodes off the ring, in the order of their ids. */
  #leaving: readonly NodeId[] = [];
  /** Whether all nodes of the ring can have a place. */
  #knowsRing = false;

  /** `peers` must have followed a change of the membership before this hears of it. */
  constructor(membership: Membership, peers: Pick<PeerSet, 'get'>) {
    this.#membership = membership;
    this.#selfId = membership.self.id;
    this.#peers = peers;
    this.#ring = membership.ring();
    this.partitionCount = this.#ring.partitionCount;
    membership.onChange(() => this.#changed());
    this.#changed();
  }

  /** Who serves the keys of the partition whose keyspaces have N = `n`. */
  placement(partition: Partition, n: number): Placement {
    return this.#placements[n]?.[partition] ?? this.#place(partition, n);
  }

  /** The partitions of which this node is a primary or a receiver for the keys with N = `n`, or whose keys it holds still. */
  own(n: number): readonly Partition[] {
    return (this.#own[n] ?? this.#findOwn(n)).partitions;
  }

  /** Whether the partition is among `own(n)`; with many nodes far cheaper than its placement. */
  isOwn(partition: Partition, n: number): boolean {
    return (this.#own[n] ?? this.#findOwn(n)).marks[partition] === 1;
  }

  /** Whether the partition moves for keys of any of these N. */
  inMotion(partition: Partition, ns: readonly number[]): boolean {
    return ns.some((n) => this.placement(partition, n).inMotion);
  }

  #changed(): void {
    const ring = this.#membership.ring();
    const members = new Set(this.#membership.members().map(({ id }) => id));
    const known = this.#membership.nodes().flatMap(({ id }) => (this.#isKnown(id) ? [id] : []));
    let isSame = ring === this.#ring && areEqual(known, this.#known);
    for (const [id, { peer }] of this.#targets) {
      if (peer === this.#peers.get(id)) continue;
      this.#targets.delete(id);
      isSame = false;
    }
    this.#ring = ring;
    this.#known = known;
    this.#leaving = known.filter((id) => !members.has(id)).sort();
    this.#knowsRing = ring.preferenceList(0 as Partition).every((id) => known.includes(id));
    // Most changes are of what a node holds, and concern few partitions.
    if (isSame) this.#keep();
    else this.#before = [];
    this.#placements = [];
    this.#own = [];
  }

  #keep(): void {
    for (const [n, placements] of this.#placements.entries()) {
      if (placements === undefined) continue;
      const before = this.#before[n] ?? [];
      this.#before[n] = Object.assign(before, placements);
    }
  }

  #findOwn(n: number): Own {
    const partitions: Partition[] = [];
    const marks = new Uint8Array(this.partitionCount);
    for (let partition = 0 as Partition; partition < this.partitionCount; partition++) {
      if (!this.#isOwn(partition, n)) continue;
      partitions.push(partition);
      marks[partition] = 1;
    }
    const own = { partitions, marks };
    this.#own[n] = own;
    return own;
  }

  /** As the placement has it: a node that is wanted or holds the keys is never a fallback. */
  #isOwn(partition: Partition, n: number): boolean {
    if (!this.#knowsRing) return this.placement(partition, n).isOwn;
    if (!this.#known.includes(this.#selfId)) return false;
    const isWanted = this.#ring.firstOf(partition, n).includes(this.#selfId);
    return isWanted || this.#membership.holds(this.#selfId, partition, n);
  }

  #isKnown(id: NodeId): boolean {
    return id === this.#selfId || this.#peers.get(id) !== undefined;
  }

  #place(partition: Partition, n: number): Placement {
    if (!(partition < this.partitionCount)) throw new RangeError(`there is no partition ${partition}`);
    const before = this.#before[n]?.[partition];
    const isStill = before !== undefined && this.#areHolders(before, partition, n);
    const placement = isStill ? before : this.#placeAnew(partition, n);
    const placements = this.#placements[n] ?? [];
    placements[partition] = placement;
    this.#placements[n] = placements;
    return placement;
  }

  /** Whether those that hold the partition are the same as when the placement was made. */
  #areHolders(placement: Placement, partition: Partition, n: number): boolean {
    return placement.targets.every(
      ({ id }, place) => this.#membership.holds(id, partition, n) === isHolder(placement, place),
    );
  }

  #placeAnew(partition: Partition, n: number): Placement {
    const onRing = this.#ring.preferenceList(partition).filter((id) => this.#isKnown(id));
    const list = [...onRing, ...this.#leaving];
    const holds = (id: NodeId) => this.#membership.holds(id, partition, n);
    const { primaries, receivers, retiring, fallbacks, inMotion } = placesOf(list, onRing.length, n, holds);
    const ids = [...primaries, ...receivers, ...retiring, ...fallbacks];
    const written = ids.length - fallbacks.length;
    const ownPlace = ids.indexOf(this.#selfId);
    return {
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
  }

  #target(id: NodeId): Target {
    const known = this.#targets.get(id);
    if (known !== undefined) return known;
    const target = { id, peer: this.#peers.get(id) };
    this.#targets.set(id, target);
    return target;
  }
}

function areEqual(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at]);
}
