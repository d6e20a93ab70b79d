import { randomBytes } from 'node:crypto';
import { type PeerText, parsePeer, peerListFault, StaticMembership } from '../cluster/membership/static-membership.js';
import type { NodeOptions } from '../cluster/node.js';
import { type Config, standsAlone } from './config/config.js';
import { ConfigError } from './config/config-lines.js';

const SECRET_BYTES = 32;

/**
 * What the configuration says about the node. A node that stands alone listens for no peers and needs no secret: it draws one,
 * and tokens are good until it stops. Throws `ConfigError` where the peers can't be one cluster.
 */
export function nodeOptionsOf(config: Config): NodeOptions {
  const self = { host: config.announceHost, port: config.port, peerPort: config.peerPort, zone: config.zone };
  const peers = config.peers.map(peerOf);
  const fault = peerListFault(self, peers);
  if (fault !== undefined) throw new ConfigError(`bad value for option 'peers': ${fault}`);
  if (config.backgroundRateMin > config.backgroundRateMax) {
    throw new ConfigError("bad value for option 'background-rate-min': it is above 'background-rate-max'");
  }
  return {
    membership: new StaticMembership(self, peers, config.partitions),
    clusterName: config.clusterName,
    secret: config.clusterSecret === '' ? randomBytes(SECRET_BYTES).toString('hex') : config.clusterSecret,
    listen: standsAlone(config) ? undefined : { host: config.peerBind, port: config.peerPort },
    keyspaces: config.keyspaces,
    valueBytesMax: config.valueMaxLen,
    requestTimeoutMs: config.requestTimeoutMs,
    protocolVersionMax: config.protocolVersionMax,
    clockDriftMaxMs: config.clockDriftMaxMs,
    clockEntriesMax: config.clockEntriesMax,
    memoryBytesMax: config.maxmemory,
    flushPeriodMs: config.objectFlushMs,
    hintBytesMax: config.hintBytesMax,
    hintWindowMs: config.hintWindowMs,
    exchangePeriodMs: config.exchangePeriodMs,
    tombstoneGraceMs: config.tombstoneGraceMs,
    retireAfterMs: config.transferSettleMs,
    background: {
      targetMs: config.foregroundP99TargetMs,
      rateMin: config.backgroundRateMin,
      rateMax: config.backgroundRateMax,
    },
  };
}

function peerOf(text: string): PeerText {
  const peer = parsePeer(text);
  if (typeof peer === 'string') throw new ConfigError(`bad value '${text}' for option 'peers': ${peer}`);
  return peer;
}
