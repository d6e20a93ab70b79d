import type { NodeId, Ring } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';

/** A node of the cluster, as all nodes know it. */
export interface Member {
  readonly id: NodeId;
  /** Where it can be reached, for clients and for peers: a name or an address without brackets. */
  readonly host: string;
  /** For clients (RESP). */
  readonly port: number;
  readonly peerPort: number;
  /** What may fail as one: a rack, a data centre; '' where the operator names none. */
  readonly zone: string;
  /** Its share of the partitions, relative to the others. */
  readonly weight: number;
}

/** Who is in the cluster, who holds what, and the ring that follows from it. Whether a node is reachable is not said here. */
export interface Membership {
  readonly self: Member;
  /** The nodes with tokens, self among them if it is one; in the same order on every node. */
  members(): readonly Member[];
  /** The members, then those that are leaving, which may hold partitions still: all that this node keeps a link to. */
  nodes(): readonly Member[];
  /** HOT PATH. The same object until the members change. */
  ring(): Ring;
  /**
   * Whether the node holds every key of the partition whose keyspace has N = `n`, as far as this node has heard. A fact
   * about data, whatever the ring: only the node itself says it.
   */
  holds(id: NodeId, partition: Partition, n: number): boolean;
  /** `callback` runs after changes of the nodes, the ring or what nodes hold, at most once a turn. */
  onChange(callback: () => void): void;
}

/** What became of this node: it is not on the ring yet; on it; off it and handing over; done with that; declared dead. */
export type MemberState = 'joining' | 'member' | 'leaving' | 'gone' | 'forgotten';

/** What a node holds, or holds no more. */
export interface HoldingChange {
  readonly partition: Partition;
  /** Of the keyspaces with this N. */
  readonly n: number;
  readonly holds: boolean;
}

/** Where a node can be reached. */
export interface MemberAddress {
  readonly host: string;
  /** For clients (RESP). */
  readonly port: number;
  readonly peerPort: number;
}

/** A membership that changes while nodes run. */
export interface ElasticMembership extends Membership {
  /** What this node holds. In the store, safe from the loss of power, before it resolves; then the others hear of it. */
  declare(changes: readonly HoldingChange[]): Promise<void>;
  /** This node leaves: it is off the ring, and hands over what it holds. Resolves with the reason why not, else undefined. */
  leave(): Promise<string | undefined>;
  /** That node is dead: nobody waits for it or hands anything to it. Resolves with the reason why not, else undefined. */
  forget(id: NodeId): Promise<string | undefined>;
  /** Unites with the cluster of the node at that address. Resolves with the reason why not, else undefined. */
  meet(address: MemberAddress): Promise<string | undefined>;
  /** This node has left and handed everything over: nobody keeps a link to it. */
  gone(): Promise<void>;
  /** Since when (monotonic µs) neither nodes nor ring nor holdings have changed, as far as this node has heard. */
  unchangedSinceUs(): number;
  state(): MemberState;
  figures(): GossipFigures;
}

/** What this node has heard, for people: nodes with the same digests know the same. */
export interface GossipFigures {
  /** Of the history of the members. */
  readonly events: number;
  /** Hex digits. */
  readonly historyDigest: string;
  /** Hex digits. */
  readonly holdingsDigest: string;
  /** When it last compared with another node what both know; undefined: not yet. */
  readonly lastGossipMsAgo: number | undefined;
}

/** Whether the members can change while the node runs. */
export function isElastic(membership: Membership): membership is ElasticMembership {
  return 'declare' in membership;
}
