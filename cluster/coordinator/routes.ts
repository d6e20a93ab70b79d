import type { Membership } from '../membership/membership.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';

/** A place in a preference list. No `peer`: it is this node's own. */
export interface Target {
  readonly id: NodeId;
  readonly peer: Peer | undefined;
}

/** Whether this node can talk to the target now, as far as it knows. */
export function isReachable(target: Target): boolean {
  return target.peer === undefined || target.peer.reachable();
}

/** How many of the first `count` targets can be reached. */
export function countReachable(targets: readonly Target[], count: number): number {
  let reachable = 0;
  for (let place = 0; place < count && place < targets.length; place++) {
    const target = targets[place];
    if (target !== undefined && isReachable(target)) reachable++;
  }
  return reachable;
}

/** Preference lists with the connections in them, made anew when the ring changes. */
export class Routes {
  readonly #membership: Membership;
  readonly #peers: ReadonlyMap<NodeId, Peer>;
  #byPartition: readonly (readonly Target[])[] = [];
  #ownPlace: readonly number[] = [];

  constructor(membership: Membership, peers: ReadonlyMap<NodeId, Peer>) {
    this.#membership = membership;
    this.#peers = peers;
    membership.onChange(() => this.#rebuild());
    this.#rebuild();
  }

  get partitionCount(): number {
    return this.#byPartition.length;
  }

  /** All nodes in the order in which they serve the partition; the first N are its primaries. */
  targets(partition: Partition): readonly Target[] {
    const targets = this.#byPartition[partition];
    if (targets === undefined) throw new RangeError(`there is no partition ${partition}`);
    return targets;
  }

  /** This node's place in the partition's preference list. */
  ownPlace(partition: Partition): number {
    return this.#ownPlace[partition] ?? -1;
  }

  /** The first reachable of the first `n` targets that is not in `tried`, or undefined. */
  firstReachable(partition: Partition, n: number, tried?: readonly Target[]): Target | undefined {
    const targets = this.targets(partition);
    for (let place = 0; place < n && place < targets.length; place++) {
      const target = targets[place];
      if (target !== undefined && isReachable(target) && !tried?.includes(target)) return target;
    }
    return undefined;
  }

  #rebuild(): void {
    const ring = this.#membership.ring();
    const self = this.#membership.self.id;
    const targets = new Map<NodeId, Target>([[self, { id: self, peer: undefined }]]);
    for (const [id, peer] of this.#peers) targets.set(id, { id, peer });
    const byPartition: Target[][] = [];
    for (let partition = 0; partition < ring.partitionCount; partition++) {
      const list: Target[] = [];
      for (const id of ring.preferenceList(partition as Partition)) {
        const target = targets.get(id);
        if (target !== undefined) list.push(target);
      }
      byPartition.push(list);
    }
    this.#byPartition = byPartition;
    this.#ownPlace = byPartition.map((list) => list.findIndex((target) => target.peer === undefined));
  }
}
