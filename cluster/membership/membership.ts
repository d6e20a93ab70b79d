import type { NodeId, Ring } from '../ring/ring.js';

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

/** Who is in the cluster, and the ring that follows from it. Whether a member is reachable is not said here. */
export interface Membership {
  readonly self: Member;
  /** All members and self among them, in the same order on every node. */
  members(): readonly Member[];
  /** HOT PATH. The same object until the members change. */
  ring(): Ring;
  /** `callback` runs after each change of the members or of the ring. */
  onChange(callback: () => void): void;
}
