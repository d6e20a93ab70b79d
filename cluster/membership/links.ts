/** How membership reaches other nodes: those that this node keeps a link to, and addresses of which it knows no more. */
import { ask, type CallFault } from '../background/peer-calls.js';
import type { PeerAddress } from '../ports/transport.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import type { Peer } from '../wire/peer.js';
import { QUERY_KIND } from '../wire/queries.js';
import { QuietLog } from '../wire/quiet-log.js';
import { SeedPeer } from '../wire/seed-peer.js';
import { carriesQuestion } from '../wire/versions.js';
import type { WireOptions } from '../wire/wire-options.js';
import { WAITING_LOG_PERIOD_MS } from './limits.js';

/** The nodes that this node keeps a link to. */
export interface GossipLinks {
  /** It can be reached, and gossips. */
  gossips(id: NodeId): boolean;
  /** It can be reached, and is of a version that knows no gossip. */
  isDeaf(id: NodeId): boolean;
  ask(id: NodeId, body: Buffer): Promise<Buffer | CallFault>;
}

/** A node at an address, while a question to it is under way. */
export interface ContactedNode {
  readonly id: NodeId;
  ask(body: Buffer): Promise<Buffer | CallFault>;
  close(): void;
}

/** Finds out who is at an address; a reason in words where nobody is. Never rejects. */
export type Contact = (address: PeerAddress) => Promise<ContactedNode | string>;

const QUESTION = Buffer.of(QUERY_KIND.gossip);

export function gossipLinks(peers: { get(id: NodeId): Peer | undefined }): GossipLinks {
  const speaksOf = (id: NodeId): boolean | undefined => {
    const peer = peers.get(id);
    const version = peer?.reachable() === true ? peer.version() : undefined;
    return version === undefined ? undefined : carriesQuestion(version, QUESTION);
  };
  return {
    gossips: (id) => speaksOf(id) === true,
    isDeaf: (id) => speaksOf(id) === false,
    ask: async (id, body) => {
      const peer = peers.get(id);
      return peer === undefined ? 'unreachable' : ask(peer, QUERY_KIND.gossip, body);
    },
  };
}

export function contactBy(world: World, wire: WireOptions): Contact {
  const quietLog = new QuietLog(world.clock, world.log, WAITING_LOG_PERIOD_MS);
  return async (address) => {
    const seed = await SeedPeer.dial(world, wire, address, quietLog);
    if (typeof seed === 'string') return seed;
    return {
      id: seed.identity.nodeId,
      ask: (body) => seed.ask(QUERY_KIND.gossip, body),
      close: () => seed.close(),
    };
  };
}
