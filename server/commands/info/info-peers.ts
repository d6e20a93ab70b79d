import type { Server } from '../../server.js';
import type { InfoField, InfoSection } from './info-section.js';

const MS_PER_S = 1000;

/** A line for each other node, as this one sees it. `since` is a UNIX time; what reasons say is free of commas. */
function peerFields({ node, clock }: Server): InfoField[] {
  const nowMs = clock.nowMs();
  const fields: InfoField[] = [];
  for (const member of node.membership.members()) {
    const peer = node.peers.get(member.id);
    if (peer === undefined) continue;
    const { reachable, sinceMs, changes, reason } = peer.view();
    const heardMs = peer.heardMsAgo();
    const values = [
      `id=${member.id}`,
      `host=${member.host}`,
      `port=${member.port}`,
      `zone=${member.zone}`,
      `state=${reachable ? 'reachable' : 'unreachable'}`,
      `since=${Math.trunc(sinceMs / MS_PER_S)}`,
      `for=${Math.max(0, Math.trunc((nowMs - sinceMs) / MS_PER_S))}`,
      `heard_ms_ago=${heardMs ?? -1}`,
      `changes=${changes}`,
      `p99_usec=${peer.p99Us()}`,
      `outstanding=${peer.outstanding()}`,
      `reason=${reason.replaceAll(/[,\r\n]/g, ' ')}`,
    ];
    fields.push([`peer${fields.length}`, values.join(',')]);
  }
  return fields;
}

export const peersSection: InfoSection = { name: 'peers', isDefault: true, fields: peerFields };
