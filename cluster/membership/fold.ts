/**
 * What a history comes to: who is a member, and who holds which token. A pure function of the events, taken in the order of
 * their dots, so that nodes with the same history have the same ring, whatever they heard first.
 */
import { claim } from '../ring/claim.js';
import type { NodeId } from '../ring/ring.js';
import { takeOver } from '../ring/take-over.js';
import type { EventContent, MembershipEvent } from './event.js';
import { FOLD_STRIDE, RECENT_FOLDS } from './limits.js';
import type { Member, MemberState } from './membership.js';

/** What the events say of one node. */
export interface Standing {
  readonly member: Member;
  readonly state: Exclude<MemberState, 'joining'>;
  /** It founded the cluster, and was never away from it since. */
  readonly isFounder: boolean;
  /** What the node said of its holdings with a lower version is void: it came or was declared dead with that counter. */
  readonly holdingsSince: number;
}

/** Who is in and who holds which token, after some number of events. */
export interface Folded {
  readonly standings: ReadonlyMap<NodeId, Standing>;
  /** The holder of each partition's token; empty while there is no member. */
  readonly owners: readonly NodeId[];
}

/** Folds a history that grows, mostly at its end: it goes on from a state that it has kept. */
export class Fold {
  readonly #partitionCount: number;
  /** `kept[k]`: the state after `count` events, in rising order. */
  readonly #kept: { readonly count: number; readonly folded: Folded }[] = [];

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount;
  }

  /** The state after all `events`; those before place `changedAt` are the same as at the call before. */
  after(events: readonly MembershipEvent[], changedAt: number): Folded {
    while ((this.#kept.at(-1)?.count ?? 0) > changedAt) this.#kept.pop();
    const start = this.#kept.at(-1);
    let at = start?.count ?? 0;
    const step = new Step(this.#partitionCount, start?.folded);
    if (at === 0) at = step.found(events);
    for (; at < events.length; at++) {
      const content = events[at]?.content;
      if (content !== undefined) step.take(content, events[at]?.dot.counter ?? 0);
      const count = at + 1;
      if (count % FOLD_STRIDE === 0 || events.length - count < RECENT_FOLDS) this.#keep(count, step.folded());
    }
    this.#thinOut(events.length);
    return step.folded();
  }

  #keep(count: number, folded: Folded): void {
    this.#kept.push({ count, folded });
  }

  /** What was kept as recent and is not any more goes, but for one of each stride. */
  #thinOut(length: number): void {
    const kept = this.#kept.filter(({ count }) => count % FOLD_STRIDE === 0 || length - count < RECENT_FOLDS);
    this.#kept.splice(0, this.#kept.length, ...kept);
  }
}

class Step {
  readonly #partitionCount: number;
  readonly #standings: Map<NodeId, Standing>;
  #owners: readonly NodeId[];

  constructor(partitionCount: number, start: Folded | undefined) {
    this.#partitionCount = partitionCount;
    this.#standings = new Map(start?.standings);
    this.#owners = start?.owners ?? [];
  }

  folded(): Folded {
    return { standings: new Map(this.#standings), owners: this.#owners };
  }

  /** The founders come at once: no order among them may matter. Gives how many events that were. */
  found(events: readonly MembershipEvent[]): number {
    let count = 0;
    for (const { dot, content } of events) {
      if (dot.counter > 0) break;
      count++;
      if (content?.kind !== 'found') continue;
      const { node, member } = content;
      this.#standings.set(node, { member, state: 'member', isFounder: true, holdingsSince: 0 });
    }
    if (this.#standings.size > 0) this.#claim();
    return count;
  }

  take(content: EventContent, counter: number): void {
    switch (content.kind) {
      // One that is not among the first was never valid.
      case 'found':
        return;
      case 'join':
        this.#join(content.member, counter);
        this.#claim();
        return;
      case 'replace':
        this.#replace(content.member, content.replaced, counter);
        return;
      // Also of a node that had not heard yet that it was forgotten: it has something to hand over after all.
      case 'leave':
        this.#change(content.node, 'leaving');
        return;
      case 'gone':
        this.#change(content.node, 'gone');
        return;
      case 'forget':
        this.#change(content.node, 'forgotten', counter);
        return;
      case 'update':
        this.#update(content.member);
    }
  }

  #join(member: Member, counter: number): void {
    this.#standings.set(member.id, { member, state: 'member', isFounder: false, holdingsSince: counter });
  }

  #replace(heir: Member, replaced: NodeId, counter: number): void {
    const old = this.#standings.get(replaced);
    this.#join(heir, counter);
    if (old === undefined || replaced === heir.id || this.#owners.length === 0) {
      this.#claim();
      return;
    }
    this.#standings.set(replaced, { ...old, state: 'forgotten', isFounder: false, holdingsSince: counter });
    this.#owners = takeOver(this.#partitionCount, this.#members(), this.#owners, old.member, heir);
  }

  /** The node is no member any more, unless it is the only one. */
  #change(id: NodeId, state: Standing['state'], voidSince?: number): void {
    const standing = this.#standings.get(id);
    if (standing === undefined) return;
    const isMember = standing.state === 'member';
    if (isMember && this.#members().length === 1) return;
    const isFounder = standing.isFounder && voidSince === undefined;
    this.#standings.set(id, { ...standing, state, isFounder, holdingsSince: voidSince ?? standing.holdingsSince });
    if (isMember) this.#claim();
  }

  #update(member: Member): void {
    const standing = this.#standings.get(member.id);
    if (standing === undefined) return;
    this.#standings.set(member.id, { ...standing, member });
    const { zone, weight } = standing.member;
    if (standing.state === 'member' && (zone !== member.zone || weight !== member.weight)) this.#claim();
  }

  #members(): Member[] {
    const members: Member[] = [];
    for (const { member, state } of this.#standings.values()) if (state === 'member') members.push(member);
    return members;
  }

  #claim(): void {
    const previous = this.#owners.length === 0 ? undefined : this.#owners;
    this.#owners = claim(this.#partitionCount, this.#members(), previous);
  }
}
