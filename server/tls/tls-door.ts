/**
 * Takes connections through the TLS handshake: so many at a time, each for so long. One that says nothing costs no more than
 * its socket.
 *
 * ```
 *   accepted --first byte is TLS's--> shaking --done--> admitted
 *       |             \                   \____ refused, late, oldest of too many, closed --> turned away
 *       |              \_ it is not --> plaintext: the owner's, where it takes such; else turned away
 *       \____ silent, oldest of too many, closed --> turned away
 * ```
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import { endpointText } from '../net/endpoint.js';
import { handshakeFault } from './handshake-fault.js';
import { type DoorLimits, FAREWELL_MS } from './limits.js';
import type { TlsSide } from './tls-setup.js';

/** Who waits behind the door. */
export interface DoorOwner {
  /** The handshake is done; nothing was read of what comes behind it. */
  admit(socket: TLSSocket): void;
  /** Whether connections are taken that begin without TLS. */
  takesPlain(): boolean;
  /** One of them; its first bytes are still to be read. */
  admitPlain(socket: Socket): void;
  /** The connection came to nothing. */
  turnedAway(address: string, reason: string): void;
}

/** A connection that is not through yet. */
interface Visitor {
  readonly socket: Socket;
  readonly address: string;
  readonly timer: Timer;
  isShaking: boolean;
  /** Node has told how it ended. */
  isTold: boolean;
}

const HANDSHAKE_RECORD = 22;
/** A record of TLS: fatal alert, protocol_version. Who speaks TLS, or our peer protocol, understands it. */
const FAREWELL = Buffer.from([21, 3, 3, 0, 2, 2, 70]);
/** Node's own limit is not to be the first. */
const NODES_LIMIT_FACTOR = 2;

export class TlsDoor {
  /** Handshakes since the start, or since `reset`. */
  admitted = 0;
  refused = 0;
  readonly #timers: Timers;
  readonly #limits: DoorLimits;
  readonly #visitors = new Map<string, Visitor>();
  readonly #farewells = new Set<Socket>();
  /** Visitors whose socket has closed while they were shaking; Node says why right after, in the same order, and not whose. */
  readonly #closed: { readonly address: string; readonly isReported: boolean }[] = [];
  #server: Server | undefined;
  #owner: DoorOwner | undefined;

  constructor(timers: Timers, limits: DoorLimits) {
    this.#timers = timers;
    this.#limits = limits;
  }

  /** Connections that are not through yet. */
  get pending(): number {
    return this.#visitors.size;
  }

  /** Who takes what comes through. */
  leadTo(owner: DoorOwner): void {
    this.#owner = owner;
  }

  /** Handshakes that begin from now on are with these; those that have begun, and what came through, go on as they are. */
  use(side: TlsSide | undefined): void {
    if (side === undefined) {
      this.#server = undefined;
      return;
    }
    const server = createServer({ ...side.server, handshakeTimeout: this.#limits.timeLimitMs * NODES_LIMIT_FACTOR });
    server.on('secureConnection', (socket) => this.#done(socket));
    server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    this.#server = server;
  }

  /** Begins with a connection that was just accepted. */
  take(socket: Socket): void {
    const key = keyOf(socket);
    const address = endpointText(socket.remoteAddress, socket.remotePort);
    if (key === undefined) {
      socket.destroy();
      return;
    }
    if (this.#visitors.size >= this.#limits.pendingMax) this.#dropOldest();
    const timer = this.#timers.after(this.#limits.timeLimitMs, () => this.#late(key));
    const visitor = { socket, address, timer, isShaking: false, isTold: false };
    this.#visitors.set(key, visitor);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#gone(key, visitor));
    socket.once('end', () => {
      if (this.#visitors.get(key) === visitor && !visitor.isShaking) socket.destroy();
    });
    socket.once('data', (chunk: Buffer) => this.#begin(key, visitor, chunk));
  }

  reset(): void {
    this.admitted = 0;
    this.refused = 0;
  }

  /** Closes all that are not through. */
  close(): void {
    for (const [key, { socket, timer }] of this.#visitors) {
      timer.stop();
      this.#visitors.delete(key);
      socket.destroy();
    }
    for (const socket of this.#farewells) socket.destroy();
  }

  #begin(key: string, visitor: Visitor, chunk: Buffer): void {
    if (this.#visitors.get(key) !== visitor) return;
    const { socket } = visitor;
    // TLS, or the owner, takes over from the first byte on.
    socket.pause();
    socket.unshift(chunk);
    const isTls = chunk[0] === HANDSHAKE_RECORD;
    const server = this.#server;
    if (isTls && server !== undefined) {
      visitor.isShaking = true;
      server.emit('connection', socket);
    } else if (!isTls && this.#owner?.takesPlain() === true) {
      this.#remove(key, visitor);
      this.#owner.admitPlain(socket);
      socket.resume();
    } else {
      this.#turnAway(key, visitor, isTls ? 'TLS is not spoken here' : 'it speaks no TLS');
      this.#sayFarewell(socket);
    }
  }

  #done(socket: TLSSocket): void {
    const key = keyOf(socket);
    const visitor = key === undefined ? undefined : this.#visitors.get(key);
    if (key === undefined || visitor === undefined) {
      socket.destroy();
      return;
    }
    // `optional` asks Node to let everybody in: who shows a certificate that is not good is none of those.
    visitor.isTold = true;
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) {
      this.#turnAway(key, visitor, handshakeFault(new Error('unauthorized'), socket));
      socket.destroy();
      return;
    }
    this.#remove(key, visitor);
    this.admitted++;
    this.#owner?.admit(socket);
  }

  #failed(error: Error, socket: TLSSocket): void {
    const reason = handshakeFault(error, socket);
    const key = keyOf(socket);
    if (key === undefined) {
      const closed = this.#closed.shift();
      if (closed !== undefined && !closed.isReported) this.#report(closed.address, reason);
      return;
    }
    const visitor = this.#visitors.get(key);
    if (visitor !== undefined) {
      visitor.isTold = true;
      this.#turnAway(key, visitor, reason);
    }
    socket.destroy();
  }

  #gone(key: string, visitor: Visitor): void {
    const { address, isShaking, isTold } = visitor;
    const isReported = this.#visitors.get(key) !== visitor;
    if (!isReported) this.#remove(key, visitor);
    if (isShaking && !isTold) this.#closed.push({ address, isReported });
    else if (!isReported) this.#report(address, 'it closed the connection before it said anything');
  }

  #late(key: string): void {
    const visitor = this.#visitors.get(key);
    if (visitor === undefined) return;
    this.#turnAway(key, visitor, `no handshake within ${this.#limits.timeLimitMs} ms`);
    visitor.socket.destroy();
  }

  #dropOldest(): void {
    for (const [key, visitor] of this.#visitors) {
      this.#turnAway(key, visitor, 'too many handshakes at once');
      visitor.socket.destroy();
      return;
    }
  }

  #turnAway(key: string, visitor: Visitor, reason: string): void {
    this.#remove(key, visitor);
    this.#report(visitor.address, reason);
  }

  #remove(key: string, visitor: Visitor): void {
    visitor.timer.stop();
    this.#visitors.delete(key);
  }

  #report(address: string, reason: string): void {
    this.refused++;
    this.#owner?.turnedAway(address, reason);
  }

  /** So that the other end can say what is wrong; closing with unread bytes would make the kernel drop it. */
  #sayFarewell(socket: Socket): void {
    if (this.#farewells.size >= this.#limits.pendingMax) {
      socket.destroy();
      return;
    }
    this.#farewells.add(socket);
    const timer = this.#timers.after(FAREWELL_MS, () => socket.destroy());
    socket.once('close', () => {
      timer.stop();
      this.#farewells.delete(socket);
    });
    socket.on('end', () => socket.destroy());
    socket.on('data', () => undefined);
    socket.end(FAREWELL);
    socket.resume();
  }
}

/** One connection, as TCP tells it from all others: its socket and the TLS over it have the same. Undefined once it is closed. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  if (remoteAddress === undefined) return undefined;
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
