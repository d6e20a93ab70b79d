import net from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../cluster/ports/clock.js';
import type { Log } from '../../cluster/ports/log.js';
import type { Timers } from '../../cluster/ports/timers.js';
import { QuietLog } from '../../cluster/wire/quiet-log.js';
import { BufferPool } from '../resp/buffer-pool.js';
import type { TlsDoor } from '../tls/tls-door.js';
import { LongRequests } from '../turns/long-requests.js';
import { TurnQueue } from '../turns/turn-queue.js';
import { TurnShare } from '../turns/turn-share.js';
import type { ClientRegistry } from './client-registry.js';
import { ClientConnection } from './connection.js';
import type { ConnectionContext, RequestHandler } from './connection-context.js';
import { endpointText } from './endpoint.js';
import { FlushQueue } from './flush-queue.js';
import { type ClientLimits, LINGER_US, REFUSED_MAX } from './limits.js';

/** Where to listen, as in redis.conf: `*` and `::*` mean all addresses, a leading `-` that the address may be missing. */
export interface ListenOptions {
  readonly bind: readonly string[];
  /** 0: the system chooses one, the same for all addresses. */
  readonly port: number;
  readonly backlog: number;
  /** Clients come in through it; not given: they come without TLS. */
  readonly door?: TlsDoor;
}

/** An address can't be listened on; `message` names it and says why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  ENOTFOUND: 'the name is unknown',
};
/** What a `-` in front of an address forgives. */
const MISSING_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT', 'ENOTFOUND']);
const FULL = '-ERR max number of clients reached\r\n';
const MS_PER_S = 1000;
const US_PER_MS = 1000;

/** Accepts clients and gives each a connection. */
export class ClientListener {
  private readonly servers: net.Server[] = [];
  private readonly context: ConnectionContext;
  private readonly refused = new Set<net.Socket>();
  private readonly quietLog: QuietLog;
  private boundPort = 0;

  constructor(
    private readonly world: { readonly clock: Clock; readonly timers: Timers; readonly log: Log },
    private readonly clients: ClientRegistry,
    private readonly limits: ClientLimits,
    handler: RequestHandler,
  ) {
    this.quietLog = new QuietLog(world.clock, world.log);
    const share = new TurnShare(world.timers, world.clock);
    this.context = {
      handler,
      limits,
      clock: world.clock,
      flushes: new FlushQueue(world.timers, () => share.turnEnded()),
      share,
      turns: new TurnQueue(world.timers, world.clock),
      longRequests: new LongRequests(),
      pool: new BufferPool(),
      totals: clients.totals,
      gone: (connection, reason) => clients.gone(connection, reason),
      released: (connection) => clients.released(connection),
    };
  }

  /** The port that clients reach, of the last call of `listen`: 0 until it is done. */
  get port(): number {
    return this.boundPort;
  }

  /** Listens on all addresses, beside those of earlier calls; gives the port. Rejects with `ListenError`, and then listens on none. */
  async listen(options: ListenOptions): Promise<number> {
    this.boundPort = options.port;
    const { door, backlog } = options;
    if (door !== undefined) this.waitBehind(door);
    const take = door === undefined ? (socket: net.Socket) => this.accept(socket) : this.throughDoor(door);
    for (const address of options.bind) {
      try {
        await this.bind(address.replace(/^-/, ''), backlog, take);
      } catch (error) {
        const code = codeOf(error);
        if (address.startsWith('-') && MISSING_ADDRESS.has(code)) continue;
        await this.stopAccepting();
        const where = endpointText(address, options.port);
        throw new ListenError(`cannot listen on ${where}: ${REASONS[code] ?? String(error)}`, { cause: error });
      }
    }
    if (this.servers.length === 0) throw new ListenError('cannot listen: none of the bind addresses exists');
    return this.boundPort;
  }

  /** Accepts no one any more, ends all clients after their last replies, those that dally after `deadlineMs` at once. */
  async close(deadlineMs: number): Promise<void> {
    const stopped = this.stopAccepting();
    await this.clients.endAll(deadlineMs);
    for (const socket of this.refused) socket.destroy();
    await stopped;
  }

  private async bind(address: string, backlog: number, take: (socket: net.Socket) => void): Promise<void> {
    const host = address === '*' ? '0.0.0.0' : address === '::*' ? '::' : address;
    // Half open: a client may shut down its sending side and still wait for its last replies.
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, take);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: this.boundPort, backlog, ipv6Only: host.includes(':') }, resolve);
    });
    server.removeAllListeners('error');
    // Where the process has no descriptor left, each attempt is one of these.
    server.on('error', ({ message }) =>
      this.quietLog.warn(message, { reason: message }, 'A client could not be accepted'),
    );
    this.servers.push(server);
    const bound = server.address();
    if (bound !== null && typeof bound !== 'string') this.boundPort = bound.port;
  }

  /** As Redis does, a client too many is not even shown a certificate. */
  private throughDoor(door: TlsDoor): (socket: net.Socket) => void {
    return (socket) => {
      if (!this.clients.isFull) {
        this.keepAlive(socket);
        door.take(socket);
        return;
      }
      this.clients.totals.connectionsRefused++;
      socket.destroy();
    };
  }

  private waitBehind(door: TlsDoor): void {
    door.leadTo({
      admit: (socket) => this.accept(socket),
      takesPlain: () => false,
      admitPlain: (socket) => socket.destroy(),
      turnedAway: (address, reason) => {
        const host = address.slice(0, address.lastIndexOf(':'));
        this.quietLog.warn(`${host} ${reason}`, { address, reason }, 'the TLS handshake of a client has failed');
      },
    });
  }

  private keepAlive(socket: net.Socket): void {
    const { keepAliveS } = this.limits;
    if (keepAliveS > 0) socket.setKeepAlive(true, keepAliveS * MS_PER_S);
  }

  private accept(socket: net.Socket): void {
    const fault = this.clients.isFull ? FULL : this.context.handler.doorFault(socket.remoteAddress);
    if (fault !== undefined) {
      this.refuse(socket, fault);
      return;
    }
    if (!(socket instanceof TLSSocket)) this.keepAlive(socket);
    this.clients.add(new ClientConnection(this.clients.nextId(), socket, this.context));
  }

  private refuse(socket: net.Socket, fault: string): void {
    this.clients.totals.connectionsRefused++;
    if (this.refused.size >= REFUSED_MAX) {
      socket.destroy();
      return;
    }
    this.refused.add(socket);
    const timer = this.world.timers.after(LINGER_US / US_PER_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      timer.stop();
      this.refused.delete(socket);
    });
    socket.resume();
    socket.end(fault);
  }

  private async stopAccepting(): Promise<void> {
    const servers = this.servers.splice(0);
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
