/** HOT PATH (`write`). The Transport over TCP. */
import { once } from 'node:events';
import net from 'node:net';
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../ports/transport.js';

/** A dialled socket reads into one buffer of this size: no allocation a chunk. */
const READ_BYTES = 64 * 1024;
const BACKLOG = 128;

class NodeLink implements Link {
  /** Why the link is being closed; the first reason counts. */
  private reason: string | undefined;

  constructor(
    private readonly socket: net.Socket,
    readonly remoteAddress: string,
  ) {}

  /** Reports the end of the socket to `events`, once. */
  watch(events: LinkEvents): void {
    const { socket } = this;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.reason ??= error.code === undefined ? error.message : `${error.code}: ${error.message}`;
    });
    socket.on('close', () => events.closed(this.reason ?? 'the other end closed the connection'));
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

export const nodeTransport: Transport = {
  dial({ host, port }: PeerAddress, events: LinkEvents): Link {
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
    const link = new NodeLink(socket, `${host}:${port}`);
    link.watch(events);
    socket.once('connect', () => events.opened());
    return link;
  },

  async listen({ host, port }: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener> {
    const server = net.createServer({ noDelay: true }, (socket) => {
      const link = new NodeLink(socket, `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`);
      const events = accept(link);
      link.watch(events);
      socket.on('data', (chunk: Buffer) => events.received(chunk));
      events.opened();
    });
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
    // Later errors (no file descriptors left to accept with) pass by themselves; the links that stand are unharmed.
    server.on('error', () => undefined);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
    return { port: address.port, close: () => void server.close() };
  },
};
