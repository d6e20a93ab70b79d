/** Who is in the cluster as this node has heard it, and which partitions are on their way. */
import { createHash } from 'node:crypto';
import type { Ring } from '../../../cluster/ring/ring.js';
import type { Server } from '../../server.js';
import { elasticOf } from '../cluster/elastic.js';
import { type HoldingCounts, holdingCounts } from './holding-counts.js';
import type { InfoField, InfoSection } from './info-section.js';

const DIGEST_DIGITS = 16;
const NOTHING: HoldingCounts = { tokens: 0, held: 0, toReceive: 0, toHandOver: 0 };

/** The N of the keyspaces, each once. */
function nsOf({ node }: Server): number[] {
  return [...new Set(node.keyspaces.rows().map(({ n }) => n))];
}

function membershipFields(server: Server): InfoField[] {
  const { membership } = server.node;
  const { self } = membership;
  const members = membership.members().length;
  const elastic = elasticOf(server);
  const figures = elastic?.figures();
  const own = holdingCounts(membership, [self], nsOf(server)).get(self.id) ?? NOTHING;
  return [
    ['membership_state', elastic?.state() ?? 'member'],
    ['members', members],
    ['members_leaving', membership.nodes().length - members],
    ['history_events', figures?.events ?? 0],
    ['history_digest', figures?.historyDigest ?? ''],
    ['holdings_digest', figures?.holdingsDigest ?? ''],
    ['ring_digest', digestOf(membership.ring())],
    ['last_gossip_ms_ago', figures?.lastGossipMsAgo ?? -1],
    ['partitions_held', own.held],
    ['partitions_to_receive', own.toReceive],
    ['partitions_to_hand_over', own.toHandOver],
    ...keyspaceFields(server),
  ];
}

/** How many nodes have other keyspaces than this one, and a line for each of them. */
function keyspaceFields({ node }: Server): InfoField[] {
  const differing = node.membership.nodes().flatMap(({ id }): string[] => {
    const rows = node.keyspaceAgreement.differences().get(id);
    return rows === undefined ? [] : [`id=${id},rows=${rows.replaceAll(',', ' ')}`];
  });
  return [
    ['keyspaces_differ', differing.length],
    ...differing.map((line, index): InfoField => [`keyspaces_differ${index}`, line]),
  ];
}

/** The same on nodes with the same ring. */
function digestOf({ owners }: Ring): string {
  return createHash('sha1').update(owners.join('')).digest('hex').slice(0, DIGEST_DIGITS);
}

/** A line for each node, this one among them. Names and addresses are free of commas. */
function memberFields(server: Server): InfoField[] {
  const { node } = server;
  const { membership } = node;
  const nodes = membership.nodes();
  const staying = new Set(membership.members());
  const counts = holdingCounts(membership, nodes, nsOf(server));
  return nodes.map((member, index): InfoField => {
    const { tokens, held, toReceive, toHandOver } = counts.get(member.id) ?? NOTHING;
    const values = [
      `id=${member.id}`,
      `host=${member.host}`,
      `port=${member.port}`,
      `peer_port=${member.peerPort}`,
      `zone=${member.zone}`,
      `weight=${member.weight}`,
      `state=${staying.has(member) ? 'member' : 'leaving'}`,
      `reachable=${node.isReachable(member.id) ? 1 : 0}`,
      `tokens=${tokens}`,
      `held=${held}`,
      `to_receive=${toReceive}`,
      `to_hand_over=${toHandOver}`,
      `tls_port=${node.portBook.portsOf(member).tls}`,
    ];
    return [`member${index}`, values.join(',')];
  });
}

export const memberSections: readonly InfoSection[] = [
  { name: 'membership', isDefault: true, fields: membershipFields },
  // Counts all partitions of all nodes.
  { name: 'members', isDefault: false, fields: memberFields },
];
