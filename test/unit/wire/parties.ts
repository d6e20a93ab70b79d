/** The two nodes of the golden handshake. */

import type { NodeId } from '../../../cluster/ring/ring.js';
import type { ActorId } from '../../../cluster/version/actor.js';
import type { Party } from '../../../cluster/wire/handshake.js';
import { frameBytesMax } from '../../../cluster/wire/limits.js';
import type { WireOptions } from '../../../cluster/wire/wire-options.js';

export const DIALLER: Party = {
  clusterName: 'cartwheel',
  secret: 'open sesame',
  partitionCount: 256,
  nodeId: 'aa'.repeat(20) as NodeId,
  actor: `${'a1'.repeat(6)}0001` as ActorId,
  versionMin: 1,
  versionMax: 1,
  features: 0,
};
export const LISTENER: Party = {
  ...DIALLER,
  nodeId: 'bb'.repeat(20) as NodeId,
  actor: `${'b2'.repeat(6)}0002` as ActorId,
};
export const DIALLER_NONCE = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
export const LISTENER_NONCE = Buffer.from(Array.from({ length: 32 }, (_, i) => 32 + i));

/** The options of a node that presents itself as `party`. */
export function optionsOf(party: Party): WireOptions {
  const { clusterName, secret, partitionCount, nodeId, actor } = party;
  return {
    clusterName,
    secret,
    partitionCount,
    nodeId,
    actor: () => actor,
    versionMax: party.versionMax,
    requestTimeoutMs: 1000,
    frameBytesMax: frameBytesMax(2 ** 20),
  };
}
