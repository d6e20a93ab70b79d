/**
 * HOT PATH (`write`, by `SocketLink`). The Transport between nodes over TCP, with TLS or without, as `tls-cluster` says at the
 * moment. Dialled without TLS a link is what `node-transport.ts` makes of it.
 *
 * | `tls-cluster` | dials    | takes             |
 * | ------------- | -------- | ----------------- |
 * | no            | plaintext | plaintext         |
 * | accept        | plaintext | TLS and plaintext |
 * | prefer        | TLS       | TLS and plaintext |
 * | yes           | TLS       | TLS               |
 */
import { connect } from 'node:tls';
import type { Clock } from '../../cluster/ports/clock.js';
import { audit, type Log } from '../../cluster/ports/log.js';
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../../cluster/ports/transport.js';
import { acceptSocket, dialPlain, listenOn, SocketLink } from '../../cluster/wire/node-transport.js';
import { LINK_REFUSED, QuietLog } from '../../cluster/wire/quiet-log.js';
import { dialFault } from './handshake-fault.js';
import type { TransportSecurity } from './transport-security.js';

const NOW_TLS_ONLY = 'tls-cluster is yes now';

export class PeerTransport implements Transport {
  readonly #security: TransportSecurity;
  readonly #quietLog: QuietLog;
  readonly #plain = new Set<SocketLink>();

  constructor(world: { readonly clock: Clock; readonly log: Log }, security: TransportSecurity) {
    this.#security = security;
    this.#quietLog = new QuietLog(world.clock, world.log);
    security.onChange(() => {
      if (security.mode === 'yes') for (const link of this.#plain) link.close(NOW_TLS_ONLY);
    });
  }

  dial(address: PeerAddress, events: LinkEvents): Link {
    const { mode } = this.#security;
    if (mode === 'prefer' || mode === 'yes') return this.#dialSecure(address, events);
    return this.#keep(dialPlain(address, events));
  }

  async listen(address: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener> {
    const door = this.#security.peers;
    door.leadTo({
      admit: (socket) => void acceptSocket(socket, accept),
      takesPlain: () => this.#security.mode !== 'yes',
      admitPlain: (socket) => void this.#keep(acceptSocket(socket, accept)),
      turnedAway: (remoteAddress, reason) => this.#tell(remoteAddress, reason),
    });
    return listenOn(address, (socket) => {
      if (this.#security.mode === 'no') this.#keep(acceptSocket(socket, accept));
      else door.take(socket);
    });
  }

  #keep(link: SocketLink): SocketLink {
    this.#plain.add(link);
    link.onClosed(() => this.#plain.delete(link));
    return link;
  }

  #dialSecure({ host, port }: PeerAddress, events: LinkEvents): Link {
    const socket = connect({
      ...this.#security.dial,
      host,
      port,
      // Who answers proves it by the secret, not by the name of the host it is on.
      checkServerIdentity: () => undefined,
    });
    socket.setNoDelay(true);
    const link = new SocketLink(socket, `${host}:${port}`, dialFault);
    const { endText } = link;
    link.endText = `TLS: ${endText}; it may not take the certificate of this node`;
    link.watch(events);
    socket.once('secureConnect', () => events.opened());
    socket.once('data', () => {
      link.endText = endText;
    });
    socket.on('data', (chunk: Buffer) => events.received(chunk));
    return link;
  }

  #tell(remoteAddress: string, reason: string): void {
    // Each attempt comes from another port.
    const host = remoteAddress.slice(0, remoteAddress.lastIndexOf(':'));
    this.#quietLog.warn(
      `${host} ${reason}`,
      { ...audit(undefined, remoteAddress, LINK_REFUSED), reason: `TLS: ${reason}` },
      'a link was refused',
    );
  }
}
