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
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../../cluster/ports/transport.js';
import { acceptSocket, dialPlain, listenOn, SocketLink } from '../../cluster/wire/node-transport.js';
import { LINK_REFUSED, QuietLog } from '../../cluster/wire/quiet-log.js';
import { dialFault } from './handshake-fault.js';
import { LINK_MOVE_PERIOD_MS } from './limits.js';
import type { TransportSecurity } from './transport-security.js';

const MOVES_TO_TLS = 'the link moves over to TLS';

export class PeerTransport implements Transport {
  readonly #security: TransportSecurity;
  readonly #quietLog: QuietLog;
  readonly #timers: Timers;
  /** Links without TLS: whether this node has dialled them. */
  readonly #plain = new Map<SocketLink, boolean>();
  #moving: Timer | undefined;

  constructor(
    world: { readonly clock: Clock; readonly timers: Timers; readonly log: Log },
    security: TransportSecurity,
  ) {
    this.#security = security;
    this.#quietLog = new QuietLog(world.clock, world.log);
    this.#timers = world.timers;
    security.onChange(() => this.#moveLinks());
  }

  dial(address: PeerAddress, events: LinkEvents): Link {
    const { mode } = this.#security;
    if (mode === 'prefer' || mode === 'yes') return this.#dialSecure(address, events);
    return this.#keep(dialPlain(address, events), true);
  }

  async listen(address: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener> {
    const door = this.#security.peers;
    door.leadTo({
      admit: (socket) => void acceptSocket(socket, accept),
      takesPlain: () => this.#security.mode !== 'yes',
      admitPlain: (socket) => void this.#keep(acceptSocket(socket, accept), false),
      turnedAway: (remoteAddress, reason) => this.#tell(remoteAddress, reason),
    });
    return listenOn(address, (socket) => {
      if (this.#security.mode === 'no') this.#keep(acceptSocket(socket, accept), false);
      else door.take(socket);
    });
  }

  #keep(link: SocketLink, isDialled: boolean): SocketLink {
    this.#plain.set(link, isDialled);
    this.#security.plaintextLinks = this.#plain.size;
    link.onClosed(() => {
      this.#plain.delete(link);
      this.#security.plaintextLinks = this.#plain.size;
    });
    return link;
  }

  /** Closes the links that are to be with TLS from now on, one after the other: a node is never without its peers. */
  #moveLinks(): void {
    this.#moving?.stop();
    this.#moving = undefined;
    if (this.#nextToMove() === undefined) return;
    this.#moving = this.#timers.every(LINK_MOVE_PERIOD_MS, () => {
      const link = this.#nextToMove();
      if (link === undefined) this.#moveLinks();
      else link.close(MOVES_TO_TLS);
    });
  }

  #nextToMove(): SocketLink | undefined {
    const { mode } = this.#security;
    if (mode !== 'prefer' && mode !== 'yes') return undefined;
    for (const [link, isDialled] of this.#plain) if (isDialled || mode === 'yes') return link;
    return undefined;
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
