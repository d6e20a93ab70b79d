import type { Member, Membership } from './membership/membership.js';
import type { NodeId } from './ring/ring.js';
import type { Peer } from './wire/peer.js';

/** The links to the other nodes, as those see them who use them. Nobody keeps a list of its own. */
export interface PeerSet {
  get(id: NodeId): Peer | undefined;
  values(): Iterable<Peer>;
  /** `callback` hears of each link that is there, and of each that comes, before it is dialled. */
  onAdded(callback: (peer: Peer) => void): void;
  /** `callback` hears of each link that is given up. `get` of its node gives nothing, or the link that takes its place. */
  onRemoved(callback: (peer: Peer) => void): void;
}

/** Keeps a link to each node of the membership, and to no other. */
export class Peers implements PeerSet {
  readonly #membership: Membership;
  readonly #make: (member: Member) => Peer;
  readonly #byId = new Map<NodeId, Peer>();
  readonly #added: ((peer: Peer) => void)[] = [];
  readonly #removed: ((peer: Peer) => void)[] = [];
  #started = false;

  /** To be made before whoever asks for links when the membership changes. `make` makes a link that is not dialled yet. */
  constructor(membership: Membership, make: (member: Member) => Peer) {
    this.#membership = membership;
    this.#make = make;
    membership.onChange(() => this.#follow());
    this.#follow();
  }

  get(id: NodeId): Peer | undefined {
    return this.#byId.get(id);
  }

  values(): Iterable<Peer> {
    return this.#byId.values();
  }

  onAdded(callback: (peer: Peer) => void): void {
    this.#added.push(callback);
    for (const peer of this.#byId.values()) callback(peer);
  }

  onRemoved(callback: (peer: Peer) => void): void {
    this.#removed.push(callback);
  }

  /** Dials all that are there, and from now on those that come. */
  start(): void {
    this.#started = true;
    for (const peer of this.#byId.values()) peer.start();
  }

  /** Closes all links, and dials no more. */
  stop(): void {
    this.#started = false;
    for (const peer of this.#byId.values()) peer.stop();
  }

  #follow(): void {
    const members = this.#membership.nodes().filter(({ id }) => id !== this.#membership.self.id);
    const memberOf = new Map(members.map((member) => [member.id, member]));
    const gone = [...this.#byId.values()].filter((peer) => !isAt(peer, memberOf.get(peer.id)));
    for (const { id } of gone) this.#byId.delete(id);
    const come = members.filter(({ id }) => !this.#byId.has(id)).map((member) => this.#make(member));
    for (const peer of come) this.#byId.set(peer.id, peer);
    for (const peer of gone) {
      peer.stop();
      for (const callback of this.#removed) callback(peer);
    }
    for (const peer of come) {
      for (const callback of this.#added) callback(peer);
      if (this.#started) peer.start();
    }
  }
}

/** Whether the link leads to where the node is. */
function isAt({ address }: Peer, member: Member | undefined): boolean {
  return member !== undefined && address.host === member.host && address.port === member.peerPort;
}
