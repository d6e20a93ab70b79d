import { randomBytes } from 'node:crypto';
import { parseSeed } from '../cluster/membership/peer-text.js';
import { type MembershipPlan, planOf } from '../cluster/membership/plan.js';
import { type PeerText, parsePeer, peerListFault, StaticMembership } from '../cluster/membership/static-membership.js';
import type { NodeOptions } from '../cluster/options.js';
import type { NodeId } from '../cluster/ring/ring.js';
import { type Config, standsAlone } from './config/config.js';
import { ConfigError } from './config/config-lines.js';

const SECRET_BYTES = 32;

/**
 * What the configuration says about the node. A node that stands alone listens for no peers and needs no secret: it draws one,
 * and tokens are good until it stops. Throws `ConfigError` where the peers can't be one cluster.
 */
export function nodeOptionsOf(config: Config): NodeOptions {
  const self = { host: config.announceHost, port: config.clientPort, peerPort: config.peerPort, zone: config.zone };
  const peers = config.peers.map(peerOf);
  const fault = peerListFault(self, peers);
  if (fault !== undefined) throw new ConfigError(`bad value for option 'peers': ${fault}`);
  if (config.backgroundRateMin > config.backgroundRateMax) {
    throw new ConfigError("bad value for option 'background-rate-min': it is above 'background-rate-max'");
  }
  return {
    membership: standsAlone(config) ? new StaticMembership(self, [], config.partitions) : membershipPlan(config, peers),
    secret: config.clusterSecret === '' ? randomBytes(SECRET_BYTES).toString('hex') : config.clusterSecret,
    listen: standsAlone(config) ? undefined : { host: config.peerBind, port: config.peerPort },
    ...(config.tlsPort === 0 ? {} : { clientPorts: { plain: config.port, tls: config.tlsPort } }),
    ...settingsOfNode(config),
  };
}

/** What options set of a node, whoever it is and whomever it is with. */
export function settingsOfNode(config: Config): Omit<NodeOptions, 'membership' | 'secret' | 'listen' | 'clientPorts'> {
  return {
    clusterName: config.clusterName,
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

function membershipPlan(config: Config, peers: readonly PeerText[]): MembershipPlan {
  const { announceHost: host, clientPort: port, peerPort, zone, weight, partitions, replace } = config;
  const seeds = config.seeds.map((text) => {
    const seed = parseSeed(text);
    if (typeof seed === 'string') throw new ConfigError(`bad value '${text}' for option 'seeds': ${seed}`);
    return seed;
  });
  if (seeds.length > 0 && peerPort === 0) {
    throw new ConfigError("option 'peer-port' must be given with 'seeds': other nodes must know it");
  }
  const replaced = replace === '' ? undefined : (replace as NodeId);
  return planOf({ host, port, peerPort, zone, weight }, peers, seeds, replaced, partitions);
}

function peerOf(text: string): PeerText {
  const peer = parsePeer(text);
  if (typeof peer === 'string') throw new ConfigError(`bad value '${text}' for option 'peers': ${peer}`);
  return peer;
}
