/** HOT PATH (`write`). The Transport over TCP, and the parts of it that TLS uses too. */
import { once } from 'node:events';
import net from 'node:net';
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../ports/transport.js';

/** A dialled socket reads into one buffer of this size: no allocation a chunk. */
const READ_BYTES = 64 * 1024;
const BACKLOG = 128;

/** A link over a socket, of TCP or of TLS over it. */
export class SocketLink implements Link {
  /** Why the link is being closed; the first reason counts. */
  private reason: string | undefined;
  /** What is said of an end that the other side has made. */
  endText = 'the other end closed the connection';

  constructor(
    private readonly socket: net.Socket,
    readonly remoteAddress: string,
    /** Says an error in words. */
    private readonly wordsFor = errorText,
  ) {}

  /** Reports the end of the socket to `events`, once. */
  watch(events: LinkEvents): void {
    const { socket } = this;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reason ??= this.wordsFor(error);
    });
    socket.on('close', () => events.closed(this.reason ?? this.endText));
  }

  /** `callback` runs once, when the socket is closed. */
  onClosed(callback: () => void): void {
    this.socket.once('close', callback);
  }

  write(bytes: Buffer): boolean {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return true;
    socket.write(bytes);
    // Node tries the system call at once: with nothing queued the kernel has copied all of it.
    return socket.writableLength === 0;
  }

  queuedBytes(): number {
    return this.socket.writableLength;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(reason: string): void {
    this.reason ??= reason;
    this.socket.destroy();
  }
}

function errorText(error: NodeJS.ErrnoException): string {
  return error.code === undefined ? error.message : `${error.code}: ${error.message}`;
}

/** Starts a connection without TLS. */
export function dialPlain({ host, port }: PeerAddress, events: LinkEvents): SocketLink {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const socket = net.connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer,
      callback: (bytesRead) => {
        events.received(buffer.subarray(0, bytesRead));
        return true;
      },
    },
  });
  const link = new SocketLink(socket, `${host}:${port}`);
  link.watch(events);
  socket.once('connect', () => events.opened());
  return link;
}

/** Makes a link of a connection that was accepted. */
export function acceptSocket(socket: net.Socket, accept: (link: Link) => LinkEvents): SocketLink {
  const link = new SocketLink(socket, `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`);
  const events = accept(link);
  link.watch(events);
  socket.on('data', (chunk: Buffer) => events.received(chunk));
  events.opened();
  return link;
}

/** Listens, and hands over each connection. Rejects when the address can't be bound. */
export async function listenOn({ host, port }: PeerAddress, take: (socket: net.Socket) => void): Promise<Listener> {
  const server = net.createServer({ noDelay: true }, take);
  server.listen({ host, port, backlog: BACKLOG });
  await once(server, 'listening');
  // Later errors (no file descriptors left to accept with) pass by themselves; the links that stand are unharmed.
  server.on('error', () => undefined);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return { port: address.port, close: () => void server.close() };
}

export const nodeTransport: Transport = {
  dial: dialPlain,
  listen: (address, accept) => listenOn(address, (socket) => void acceptSocket(socket, accept)),
};
