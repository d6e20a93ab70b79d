import type { PaceOptions } from './background/pace.js';
import type { KeyspaceRow } from './keyspaces/keyspaces.js';
import type { ClientPorts } from './membership/client-ports.js';
import type { Membership } from './membership/membership.js';
import type { MembershipPlan } from './membership/plan.js';
import type { PeerAddress } from './ports/transport.js';
import type { NodeId } from './ring/ring.js';
import type { ActorId } from './version/actor.js';
import { frameBytesMax } from './wire/limits.js';
import type { WireOptions } from './wire/wire-options.js';

/** What a node is told when it is opened. */
export interface NodeOptions {
  /** A fixed list; or what the configuration says of a cluster whose nodes come and go. */
  readonly membership: Membership | MembershipPlan;
  readonly clusterName: string;
  /** Shared by all nodes: signs context tokens, and peers must prove that they know it. */
  readonly secret: string;
  /** Where peers reach this node; undefined: nowhere (a node that stands alone). */
  readonly listen: PeerAddress | undefined;
  /** Where clients reach this node; not given: on the port that its membership names, without TLS. */
  readonly clientPorts?: ClientPorts;
  /** One row each, the default keyspace (prefix '') among them. */
  readonly keyspaces: readonly KeyspaceRow[];
  /** The longest value that clients may write, in bytes. */
  readonly valueBytesMax: number;
  readonly requestTimeoutMs: number;
  /** The highest version of the peer protocol to speak. */
  readonly protocolVersionMax: number;
  readonly clockDriftMaxMs: number;
  readonly clockEntriesMax: number;
  /** For the object cache and the object buffer together. */
  readonly memoryBytesMax: number;
  readonly flushPeriodMs: number;
  /** Memory for hints. */
  readonly hintBytesMax: number;
  /** Older hints are dropped. */
  readonly hintWindowMs: number;
  /** How often this node exchanges with another one; 0: never by itself. */
  readonly exchangePeriodMs: number;
  /** Tombstones and expired values that are older may be reaped; a node that was away longer starts over. */
  readonly tombstoneGraceMs: number;
  /** For so long all that are to hold a partition must hold it before another node gives its copy up. */
  readonly retireAfterMs: number;
  /** How fast background work may go. */
  readonly background: PaceOptions;
}

/** What all links of the node have in common. */
export function wireOf(
  options: NodeOptions,
  partitionCount: number,
  nodeId: NodeId,
  actor: () => ActorId,
): WireOptions {
  return {
    clusterName: options.clusterName,
    secret: options.secret,
    partitionCount,
    nodeId,
    actor,
    versionMax: options.protocolVersionMax,
    frameBytesMax: frameBytesMax(options.valueBytesMax),
    requestTimeoutMs: options.requestTimeoutMs,
  };
}
