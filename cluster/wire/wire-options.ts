import type { NodeId } from '../ring/ring.js';
import type { ActorId } from '../version/actor.js';
import { FEATURES, type Party } from './handshake.js';
import { VERSION_MAX, VERSION_MIN } from './versions.js';

/** What both ends of the peer protocol are told. */
export interface WireOptions {
  readonly clusterName: string;
  readonly secret: string;
  readonly partitionCount: number;
  readonly nodeId: NodeId;
  /** The actor under which this node writes now: asked at each handshake. */
  readonly actor: () => ActorId;
  /** The highest protocol version to speak; more than this code knows counts as the highest that it does. */
  readonly versionMax: number;
  /** A request without a reply for so long has failed; it is given up a little before. */
  readonly requestTimeoutMs: number;
  /** See `frameBytesMax` in limits.ts. */
  readonly frameBytesMax: number;
}

/** How this node presents itself in a handshake that begins now. */
export function partyOf(options: WireOptions): Party {
  const { clusterName, secret, partitionCount, nodeId } = options;
  const actor = options.actor();
  return {
    clusterName,
    secret,
    partitionCount,
    nodeId,
    actor,
    versionMin: VERSION_MIN,
    versionMax: Math.min(options.versionMax, VERSION_MAX),
    features: FEATURES,
  };
}
