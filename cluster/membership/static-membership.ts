/** A cluster whose members are a fixed list that every node reads from its configuration. */
import assert from 'node:assert';
import { createHash } from 'node:crypto';
import { claim } from '../ring/claim.js';
import { type NodeId, Ring } from '../ring/ring.js';
import type { Member, Membership } from './membership.js';
import { normalHost, type PeerText } from './peer-text.js';

export { type PeerText, parsePeer } from './peer-text.js';

/** A node as a fixed list knows it. */
export interface ListedNode extends PeerText {
  /** Must be the same in the list of every node, as it shapes the ring. */
  readonly zone?: string;
}

/** The id of a node that is known by its address only: the same on every node. SHA-1, for the 40 digits of Redis. */
export function nodeIdOf(host: string, peerPort: number): NodeId {
  return createHash('sha1')
    .update(`${normalHost(host)}:${peerPort}`)
    .digest('hex') as NodeId;
}

/** Why these can't be one cluster; undefined when they can. */
export function peerListFault(self: ListedNode, peers: readonly ListedNode[]): string | undefined {
  const seen = new Map<string, ListedNode>([[`${normalHost(self.host)}:${self.peerPort}`, self]]);
  for (const peer of peers) {
    const address = `${normalHost(peer.host)}:${peer.peerPort}`;
    const other = seen.get(address);
    if (other !== undefined && other.port !== peer.port)
      return `${address} is named with the ports ${other.port} and ${peer.port}`;
    seen.set(address, peer);
  }
  return undefined;
}

export class StaticMembership implements Membership {
  readonly self: Member;
  readonly #members: readonly Member[];
  readonly #ring: Ring;

  /**
   * @param peers all nodes, in any order; `self` may be among them. Throws where `peerListFault` has a reason.
   * @param partitionCount the same on every node: a power of two
   */
  constructor(self: ListedNode, peers: readonly ListedNode[], partitionCount: number) {
    const fault = peerListFault(self, peers);
    assert(fault === undefined, fault);
    const byId = new Map<NodeId, Member>();
    // Where the list names this node, the list decides on its zone too: the others know no more than the list.
    for (const listed of [self, ...peers]) {
      const member = memberOf(listed);
      byId.set(member.id, member);
    }
    this.#members = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.self = byId.get(nodeIdOf(self.host, self.peerPort)) ?? memberOf(self);
    this.#ring = new Ring(claim(partitionCount, this.#members), this.#members);
  }

  members(): readonly Member[] {
    return this.#members;
  }

  ring(): Ring {
    return this.#ring;
  }

  onChange(): void {
    // A fixed list never changes.
  }
}

function memberOf(listed: ListedNode): Member {
  const host = normalHost(listed.host);
  return {
    id: nodeIdOf(host, listed.peerPort),
    host,
    port: listed.port,
    peerPort: listed.peerPort,
    zone: listed.zone ?? '',
    weight: 1,
  };
}
