/** A membership of which all nodes of a test hear at once. */
import assert from 'node:assert/strict';
import type { HoldingChange, Member, MemberState } from '../../../cluster/membership/membership.js';
import { claim } from '../../../cluster/ring/claim.js';
import { type NodeId, Ring } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import type { TransferMembership } from '../../../cluster/transfer/transfer-node.js';
import { numberOf } from '../../../cluster/transfer/transfer-rows.js';
import type { ManualWorld } from '../storage/manual-world.js';

/** What all nodes know. */
export class SharedTruth {
  members: Member[] = [];
  leaving: Member[] = [];
  ring: Ring | undefined;
  readonly holdings = new Map<NodeId, Set<number>>();
  readonly views = new Set<SharedView>();
  changedUs = 0;
  ringUs = 0;
  #owners: readonly NodeId[] | undefined;

  constructor(
    readonly world: ManualWorld,
    readonly partitionCount: number,
  ) {}

  change(members: Member[], leaving: Member[]): void {
    this.members = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.leaving = leaving;
    this.#owners = claim(this.partitionCount, this.members, this.#owners);
    this.ring = new Ring(this.#owners, this.members);
    this.ringUs = this.world.clock.monotonicUs();
    this.tell();
  }

  tell(): void {
    this.changedUs = this.world.clock.monotonicUs();
    for (const view of this.views) view.changed();
  }
}

export class SharedView implements TransferMembership {
  readonly #callbacks: (() => void)[] = [];

  constructor(
    readonly self: Member,
    readonly truth: SharedTruth,
  ) {
    truth.views.add(this);
  }

  members(): readonly Member[] {
    return this.truth.members;
  }

  nodes(): readonly Member[] {
    return [...this.truth.members, ...this.truth.leaving];
  }

  ring(): Ring {
    assert(this.truth.ring !== undefined);
    return this.truth.ring;
  }

  holds(id: NodeId, partition: Partition, n: number): boolean {
    return this.truth.holdings.get(id)?.has(numberOf({ partition, n })) === true;
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  changed(): void {
    for (const callback of this.#callbacks) callback();
  }

  /** Has all that was written before on the disk, as the real one does. */
  sync: () => Promise<void> = () => Promise.resolve();

  async declare(changes: readonly HoldingChange[]): Promise<void> {
    await this.sync();
    const held = this.truth.holdings.get(this.self.id) ?? new Set();
    this.truth.holdings.set(this.self.id, held);
    for (const { partition, n, holds } of changes) {
      if (holds) held.add(numberOf({ partition, n }));
      else held.delete(numberOf({ partition, n }));
    }
    this.truth.tell();
  }

  leave(): void {
    const { members, leaving } = this.truth;
    this.truth.change(
      members.filter(({ id }) => id !== this.self.id),
      [...leaving, this.self],
    );
  }

  forget(id: NodeId): void {
    const { members, leaving } = this.truth;
    const without = (nodes: Member[]): Member[] => nodes.filter((member) => member.id !== id);
    this.truth.holdings.delete(id);
    this.truth.change(without(members), without(leaving));
  }

  gone(): Promise<void> {
    this.forget(this.self.id);
    return Promise.resolve();
  }

  unchangedSinceUs(): number {
    return this.truth.changedUs;
  }

  state(): MemberState {
    if (this.truth.members.includes(this.self)) return 'member';
    return this.truth.leaving.includes(this.self) ? 'leaving' : 'gone';
  }
}
