import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pause } from '../../scripts/processes/wait.js';
import { ReplyScanner } from './reply-scanner.js';

const HOST = '127.0.0.1';
const WRITE_MS = 5_000;
/** Generous: many clients and nodes may share a few cores. */
const ANSWER_MS = 120_000;
const POLL_MS = 2;

/** One connection of a client that does not behave. Whatever becomes of it is fine but for replies that are none. */
export class HostileConnection {
  readonly scanner = new ReplyScanner();
  receivedBytes = 0;
  isClosed = false;
  /** Why the replies are not well formed. */
  fault: string | undefined;

  private constructor(
    readonly socket: Socket,
    isScanned: boolean,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.receivedBytes += chunk.length;
      if (isScanned && this.fault === undefined) this.scan(chunk);
    });
    // A reset is as good an answer as any.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** Undefined: the other side does not take the connection. `isScanned` false: what comes back are no RESP replies. */
  static async open(port: number, isScanned = true): Promise<HostileConnection | undefined> {
    const socket = connect(port, HOST);
    const connection = new HostileConnection(socket, isScanned);
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(connection));
      socket.once('close', () => resolve(undefined));
    });
  }

  /** Sends bytes and waits until the kernel has taken them, for a few seconds at the most. */
  async send(bytes: Buffer): Promise<void> {
    if (this.isClosed || this.socket.destroyed || bytes.length === 0) return;
    if (this.socket.write(bytes)) return;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), WRITE_MS);
    const { signal } = patience;
    const gone = once(this.socket, 'close', { signal });
    await Promise.race([once(this.socket, 'drain', { signal }), gone]).catch(() => undefined);
    clearTimeout(timer);
    patience.abort();
    await gone.catch(() => undefined);
  }

  /** Waits until so many replies came, or the connection is closed, or bytes are wrong, or the time is over. */
  async replies(count: number, deadlineMs = ANSWER_MS): Promise<boolean> {
    const endMs = performance.now() + deadlineMs;
    while (this.scanner.replies < count && !this.isClosed && this.fault === undefined) {
      if (performance.now() > endMs) return false;
      await pause(POLL_MS);
    }
    return this.scanner.replies >= count;
  }

  /** Waits until the other side has closed the connection, or the time is over. */
  async closed(deadlineMs = ANSWER_MS): Promise<boolean> {
    const endMs = performance.now() + deadlineMs;
    while (!this.isClosed && performance.now() < endMs) await pause(POLL_MS);
    return this.isClosed;
  }

  /** Takes no more bytes from the kernel. */
  stopReading(): void {
    this.socket.pause();
  }

  end(): void {
    this.socket.destroy();
  }

  /** Closes with a RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  private scan(chunk: Buffer): void {
    try {
      this.scanner.feed(chunk);
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
      this.socket.destroy();
    }
  }
}
