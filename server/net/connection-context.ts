import type { Session } from '../../cluster/coordinator/session.js';
import type { Clock } from '../../cluster/ports/clock.js';
import type { Login } from '../acl/login.js';
import type { BufferPool } from '../resp/buffer-pool.js';
import type { LongRequests } from '../turns/long-requests.js';
import type { TurnQueue } from '../turns/turn-queue.js';
import type { TurnShare } from '../turns/turn-share.js';
import type { ClientConnection } from './connection.js';
import type { FlushQueue } from './flush-queue.js';
import type { ClientLimits } from './limits.js';
import type { ReplySlot } from './reply-slot.js';
import type { TrafficTotals } from './traffic-totals.js';

/** Who answers requests and hears what becomes of connections. */
export interface RequestHandler {
  /** What a new connection asks the cluster through. */
  openSession(): Session;
  /** Who a new connection acts for. */
  openLogin(): Login;
  /** What a connection from there is told in place of being served: a whole reply; undefined: it is served. */
  doorFault(remoteAddress: string | undefined): string | undefined;
  /** What `dispatch` may get for argument `index` of a command of that name, of so many bytes; undefined: the bytes that come. */
  standIn(connection: ClientConnection, name: Buffer, index: number, bytes: number): Buffer | undefined;
  /** Answers one request: opens a slot, writes its reply and completes it, now or later. `args` has at least one. */
  dispatch(connection: ClientConnection, args: Buffer[]): void;
  /** A slot whose `command` was set has been completed. Its reply may not have left yet. */
  completed(slot: ReplySlot): void;
}

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly handler: RequestHandler;
  readonly limits: ClientLimits;
  readonly clock: Clock;
  readonly flushes: FlushQueue;
  /** Where long requests are read and run. */
  readonly turns: TurnQueue;
  readonly longRequests: LongRequests;
  /** What short requests may take of a turn. */
  readonly share: TurnShare;
  readonly pool: BufferPool;
  readonly totals: TrafficTotals;
  /** Called once for each connection: it takes no more requests, and its socket is closed or about to be. */
  gone(connection: ClientConnection, reason: string): void;
  /** Called once for each connection, after `gone`: its socket is closed. */
  released(connection: ClientConnection): void;
}
