import assert from 'node:assert/strict';
import type { Member, Membership } from '../../../cluster/membership/membership.js';
import { isPresumedToHold } from '../../../cluster/membership/presumed.js';
import { type NodeId, Ring } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';

/** A membership that the test changes. The first node is self. */
export class ChangingMembership implements Membership {
  readonly self: Member;
  #nodes: readonly Member[];
  #ring: Ring;
  #holders: ((partition: Partition, n: number) => readonly NodeId[]) | undefined;
  readonly #callbacks: (() => void)[] = [];

  /** `owners`: who has the token of each partition. Nodes of which none is in `owners` have left the ring. */
  constructor(nodes: readonly Member[], owners: readonly NodeId[]) {
    const [self] = nodes;
    assert(self !== undefined);
    this.self = self;
    this.#nodes = nodes;
    this.#ring = new Ring(owners, nodes);
  }

  members(): readonly Member[] {
    return this.#nodes.filter(({ id }) => this.#ring.preferenceList(0 as Partition).includes(id));
  }

  nodes(): readonly Member[] {
    return this.#nodes;
  }

  ring(): Ring {
    return this.#ring;
  }

  holds(id: NodeId, partition: Partition, n: number): boolean {
    return this.#holders?.(partition, n).includes(id) ?? isPresumedToHold(this.#ring, id, partition, n);
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** `members`: who is on the ring; all nodes if absent. `holders`: as the ring has it if absent. */
  change(change: {
    readonly nodes?: readonly Member[];
    readonly members?: readonly Member[];
    readonly owners?: readonly NodeId[];
    readonly holders?: (partition: Partition, n: number) => readonly NodeId[];
  }): void {
    this.#nodes = change.nodes ?? this.#nodes;
    this.#ring = new Ring(change.owners ?? this.#ring.owners, change.members ?? this.#nodes);
    this.#holders = change.holders;
    for (const callback of this.#callbacks) callback();
  }
}
