/** What is encrypted, with which certificates, and how handshakes go. */
import type { Server } from '../../server.js';
import type { CertificateFigures } from '../../tls/credentials.js';
import { daysLeft } from '../../tls/expiry-watch.js';
import type { InfoField, InfoSection } from './info-section.js';

const MS_PER_S = 1000;

function tlsFields(server: Server): InfoField[] {
  const { security, config, clock } = server;
  const { clients, peers } = security.certificates;
  const nowMs = clock.nowMs();
  const secureClients = [...server.clients].filter((client) => client.isSecure).length;
  return [
    ['tls_port', config.tlsPort],
    ['tls_cluster', config.tlsCluster],
    ['tls_auth_clients', config.tlsAuthClients],
    ['tls_connected_clients', secureClients],
    ['tls_handshakes', security.clients.admitted],
    ['tls_handshakes_failed', security.clients.refused],
    ['tls_handshakes_pending', security.clients.pending],
    ['tls_cluster_handshakes', security.peers.admitted],
    ['tls_cluster_handshakes_failed', security.peers.refused],
    ['tls_cluster_handshakes_pending', security.peers.pending],
    ['tls_cluster_plaintext_links', security.plaintextLinks],
    ['tls_reloads', security.reloads],
    ['tls_reloads_failed', security.failedReloads],
    ...certificateFields('tls_certificate', clients, nowMs),
    ...certificateFields('tls_cluster_certificate', peers, nowMs),
  ];
}

function certificateFields(name: string, certificate: CertificateFigures | undefined, nowMs: number): InfoField[] {
  if (certificate === undefined) return [];
  return [
    [`${name}_subject`, certificate.subject],
    [`${name}_sha256`, certificate.fingerprint],
    [`${name}_not_after`, Math.trunc(certificate.notAfterMs / MS_PER_S)],
    [`${name}_days_left`, daysLeft(certificate, nowMs)],
  ];
}

export const tlsSection: InfoSection = { name: 'tls', isDefault: true, fields: tlsFields };
