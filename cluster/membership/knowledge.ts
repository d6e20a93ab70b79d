/** All that a node knows of its cluster, and what follows from it. No input or output: `GossipMembership` is around it. */
import { type NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { MembershipEvent } from './event.js';
import { Fold, type Folded } from './fold.js';
import { foundersOf, History } from './history.js';
import { heldPartitions } from './holding.js';
import { Holdings } from './holdings.js';
import type { Member, MemberState } from './membership.js';

export class Knowledge {
  readonly history = new History();
  readonly holdings = new Holdings();
  readonly partitionCount: number;
  readonly #fold: Fold;
  #folded: Folded = { standings: new Map(), owners: [] };
  #members: readonly Member[] = [];
  #nodes: readonly Member[] = [];
  #ring: Ring | undefined;
  /** The ring of the founders, by which holdings are presumed; made when first asked for. */
  #foundersRing: Ring | undefined;
  /** By N, then by partition: who holds it, as of `#holdersRevision` of the holdings. */
  #holders = new Map<number, readonly (readonly NodeId[])[]>();
  #holdersRevision = 0;

  constructor(partitionCount: number, events: readonly MembershipEvent[]) {
    this.partitionCount = partitionCount;
    this.#fold = new Fold(partitionCount);
    this.take(events);
  }

  /** Takes events; those that were not known yet. */
  take(events: readonly MembershipEvent[]): readonly MembershipEvent[] {
    let changedAt = Number.POSITIVE_INFINITY;
    const added = events.filter((event) => {
      const place = this.history.add(event);
      if (place !== undefined) changedAt = Math.min(changedAt, place);
      return place !== undefined;
    });
    if (added.length > 0) this.#refold(changedAt);
    return added;
  }

  members(): readonly Member[] {
    return this.#members;
  }

  nodes(): readonly Member[] {
    return this.#nodes;
  }

  /** HOT PATH. There is one as soon as there is a founder. */
  ring(): Ring {
    if (this.#ring === undefined) throw new Error('there is no ring without members');
    return this.#ring;
  }

  /** The node, whatever became of it. */
  find(id: NodeId): Member | undefined {
    return this.#folded.standings.get(id)?.member;
  }

  stateOf(id: NodeId): MemberState {
    return this.#folded.standings.get(id)?.state ?? 'joining';
  }

  /** Whoever looks for the holders of partitions asks this of every node: it costs a look at a short list. */
  holds(id: NodeId, partition: Partition, n: number): boolean {
    if (this.#holdersRevision !== this.holdings.revision) {
      this.#holders.clear();
      this.#holdersRevision = this.holdings.revision;
    }
    let holders = this.#holders.get(n);
    if (holders === undefined) {
      holders = this.#findHolders(n);
      this.#holders.set(n, holders);
    }
    return holders[partition]?.includes(id) === true;
  }

  #findHolders(n: number): NodeId[][] {
    const holders: NodeId[][] = Array.from({ length: this.partitionCount }, () => []);
    const presumed = new Set<NodeId>();
    for (const [id, { holdingsSince, isFounder }] of this.#folded.standings) {
      const holding = this.holdings.get(id);
      if (holding?.kind === 'declared') {
        if (holding.version <= holdingsSince) continue;
        for (const partition of heldPartitions(holding.classes, n)) holders[partition]?.push(id);
      } else if (holding?.kind !== 'lost' && isFounder) {
        presumed.add(id);
      }
    }
    if (presumed.size === 0) return holders;
    const ring = this.#ringOfFounders();
    for (const [partition, held] of holders.entries()) {
      held.push(...ring.firstOf(partition as Partition, n).filter((id) => presumed.has(id)));
    }
    return holders;
  }

  #refold(changedAt: number): void {
    const { owners } = this.#folded;
    this.#folded = this.#fold.after(this.history.events, changedAt);
    this.#holders.clear();
    const members: Member[] = [];
    const leaving: Member[] = [];
    for (const { member, state } of this.#folded.standings.values()) {
      if (state === 'member') members.push(member);
      else if (state === 'leaving') leaving.push(member);
    }
    members.sort(byId);
    leaving.sort(byId);
    if (this.#folded.owners !== owners || !sameNodes(members, this.#members)) {
      this.#ring = members.length === 0 ? undefined : new Ring(this.#folded.owners, members);
      this.#members = members;
    }
    this.#nodes = leaving.length === 0 ? this.#members : [...this.#members, ...leaving];
    if (this.history.events[changedAt]?.dot.counter === 0) this.#foundersRing = undefined;
  }

  #ringOfFounders(): Ring {
    if (this.#foundersRing === undefined && this.history.events.at(-1)?.dot.counter === 0) {
      // Nobody has come since.
      this.#foundersRing = this.ring();
    }
    if (this.#foundersRing === undefined) {
      const founders = foundersOf(this.history.events);
      const { owners } = new Fold(this.partitionCount).after(
        this.history.events.filter(({ dot }) => dot.counter === 0),
        0,
      );
      this.#foundersRing = new Ring(owners, founders);
    }
    return this.#foundersRing;
  }
}

function byId(a: Member, b: Member): number {
  return a.id < b.id ? -1 : 1;
}

function sameNodes(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every((member, at) => member === b[at]);
}
