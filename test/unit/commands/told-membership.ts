/** A membership that changes as a test says. */
import assert from 'node:assert';
import type {
  ElasticMembership,
  GossipFigures,
  Member,
  MemberAddress,
  MemberState,
} from '../../../cluster/membership/membership.js';
import { nodeIdOf } from '../../../cluster/membership/static-membership.js';
import { claim } from '../../../cluster/ring/claim.js';
import { type NodeId, Ring } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';

export const PARTITIONS = 64;

/** The node at 10.0.0.`k`, with ports 7000 and 17000 + `k`. */
export function memberAt(k: number, zone = '', weight = 1): Member {
  const host = `10.0.0.${k}`;
  return { id: nodeIdOf(host, 17_000 + k), host, port: 7000 + k, peerPort: 17_000 + k, zone, weight };
}

export class ToldMembership implements ElasticMembership {
  readonly self: Member;
  /** What it was asked to do. */
  readonly asked: string[] = [];
  /** What `leave`, `forget` and `meet` answer. */
  reason: string | undefined;
  ownState: MemberState = 'member';
  #members: readonly Member[];
  #leaving: readonly Member[] = [];
  #ring: Ring;
  readonly #holdings = new Map<NodeId, Set<number>>();
  readonly #callbacks: (() => void)[] = [];

  /** The first of `members` is this node; all hold what the ring makes them primaries of. */
  constructor(members: readonly Member[]) {
    const [self] = members;
    assert(self !== undefined);
    this.self = self;
    this.#members = members;
    this.#ring = new Ring(claim(PARTITIONS, members), members);
    for (const { id } of members) this.#holdings.set(id, new Set(this.wanted(id)));
  }

  /** The partitions that the ring makes the node a primary of, with N = 3. */
  wanted(id: NodeId): Partition[] {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition as Partition);
    return partitions.filter((partition) => this.#ring.preferenceList(partition).slice(0, 3).includes(id));
  }

  /** A node has joined, and holds nothing yet. */
  join(member: Member): void {
    this.#change([...this.#members, member]);
  }

  /** A node has left the ring and holds all that it held. */
  depart(id: NodeId): void {
    this.#leaving = [...this.#leaving, ...this.#members.filter((member) => member.id === id)];
    this.#change(this.#members.filter((member) => member.id !== id));
  }

  /** The node holds these partitions from now on, and none besides. */
  tell(id: NodeId, partitions: Iterable<Partition>): void {
    this.#holdings.set(id, new Set(partitions));
    for (const callback of this.#callbacks) callback();
  }

  members(): readonly Member[] {
    return this.#members;
  }

  nodes(): readonly Member[] {
    return [...this.#members, ...this.#leaving];
  }

  ring(): Ring {
    return this.#ring;
  }

  holds(id: NodeId, partition: Partition): boolean {
    return this.#holdings.get(id)?.has(partition) === true;
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  declare(): Promise<void> {
    return Promise.resolve();
  }

  leave(): Promise<string | undefined> {
    return this.#answer('leave');
  }

  forget(id: NodeId): Promise<string | undefined> {
    return this.#answer(`forget ${id}`);
  }

  meet({ host, port, peerPort }: MemberAddress): Promise<string | undefined> {
    return this.#answer(`meet ${host}:${port}@${peerPort}`);
  }

  gone(): Promise<void> {
    return Promise.resolve();
  }

  unchangedSinceUs(): number {
    return 0;
  }

  state(): MemberState {
    return this.ownState;
  }

  figures(): GossipFigures {
    return { events: 5, historyDigest: 'ab'.repeat(8), holdingsDigest: 'cd'.repeat(8), lastGossipMsAgo: 250 };
  }

  #answer(asked: string): Promise<string | undefined> {
    this.asked.push(asked);
    return Promise.resolve(this.reason);
  }

  #change(members: readonly Member[]): void {
    const owners = claim(PARTITIONS, members, this.#ring.owners);
    this.#members = members;
    this.#ring = new Ring(owners, members);
    for (const callback of this.#callbacks) callback();
  }
}
