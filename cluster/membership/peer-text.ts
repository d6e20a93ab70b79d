import type { PeerAddress } from '../ports/transport.js';

/** How the operator writes a node: `host:port@peerport/zone`. */
export interface PeerText {
  /** A name or an address, in lower case and without brackets. */
  readonly host: string;
  /** For clients (RESP). */
  readonly port: number;
  readonly peerPort: number;
  /** '' where none is named. */
  readonly zone: string;
}

/** As Redis does with its cluster bus: the peer port is so far above the port for clients, unless it is named. */
export const PEER_PORT_OFFSET = 10000;

const PORT_MAX = 65535;

// An IPv6 address is bracketed, so that its colons can be told from the one before the port.
const SHAPE =
  /^(?:\[(?<address>[0-9a-fA-F.]*:[0-9a-fA-F:.]+)\]|(?<name>[^\s:@[\]]+)):(?<port>\d{1,5})(?:@(?<peerPort>\d{1,5}))?(?:\/(?<zone>[^\s/,]+))?$/;

/**
 * Reads `host:port@peerport/zone`, e.g. `10.0.0.1:7001@17001/east`, `node-1:7001` or `[::1]:7001@17001`. Without
 * `@peerport` it is port + 10000; without `/zone` it is ''.
 *
 * @returns the reason in words where the text is something else
 */
export function parsePeer(text: string): PeerText | string {
  const groups = SHAPE.exec(text)?.groups;
  if (groups === undefined) return `'${text}' is not of the form host:port@peerport/zone`;
  const port = Number(groups.port);
  const peerPort = groups.peerPort === undefined ? port + PEER_PORT_OFFSET : Number(groups.peerPort);
  const fault =
    portFault(port) ?? (groups.peerPort === undefined ? impliedPeerPortFault(port) : peerPortFault(peerPort));
  if (fault !== undefined) return `'${text}': ${fault}`;
  if (port === peerPort) return `'${text}': the port and the peer port are the same`;
  return { host: normalHost(groups.address ?? groups.name ?? ''), port, peerPort, zone: groups.zone ?? '' };
}

const SEED_SHAPE = /^(?:\[(?<address>[0-9a-fA-F.]*:[0-9a-fA-F:.]+)\]|(?<name>[^\s:@[\]]+)):(?<port>\d{1,5})$/;

/**
 * Reads where another node listens for its peers: `host:peerport`, e.g. `10.0.0.1:17001` or `[::1]:17001`; or all of
 * `host:port@peerport`, as it stands in lists of peers.
 *
 * @returns the reason in words where the text is something else
 */
export function parseSeed(text: string): PeerAddress | string {
  if (text.includes('@')) {
    const peer = parsePeer(text);
    return typeof peer === 'string' ? peer : { host: peer.host, port: peer.peerPort };
  }
  const groups = SEED_SHAPE.exec(text)?.groups;
  if (groups === undefined) return `'${text}' is not of the form host:peerport`;
  const port = Number(groups.port);
  const fault = peerPortFault(port);
  if (fault !== undefined) return `'${text}': ${fault}`;
  return { host: normalHost(groups.address ?? groups.name ?? ''), port };
}

/** The one way of writing a host that ids are made from. */
export function normalHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

function portFault(port: number): string | undefined {
  return port >= 1 && port <= PORT_MAX ? undefined : `the port must be from 1 to ${PORT_MAX}`;
}

function peerPortFault(port: number): string | undefined {
  return port >= 1 && port <= PORT_MAX ? undefined : `the peer port must be from 1 to ${PORT_MAX}`;
}

function impliedPeerPortFault(port: number): string | undefined {
  if (port + PEER_PORT_OFFSET <= PORT_MAX) return undefined;
  return `port + ${PEER_PORT_OFFSET} is above ${PORT_MAX}: name the peer port (host:port@peerport)`;
}
