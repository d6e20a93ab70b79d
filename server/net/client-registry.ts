import type { Clock } from '../../cluster/ports/clock.js';
import type { Log } from '../../cluster/ports/log.js';
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import { QuietLog } from '../../cluster/wire/quiet-log.js';
import type { ClientConnection } from './connection.js';
import { type ClientLimits, LINGER_US, OUTPUT_STALL_US, SWEEP_PERIOD_MS } from './limits.js';
import { TrafficTotals } from './traffic-totals.js';

const US_PER_S = 1_000_000;

/** All clients of this node, and the rules about how many there may be and for how long. */
export class ClientRegistry implements Iterable<ClientConnection> {
  readonly totals = new TrafficTotals();
  private readonly byIds = new Map<number, ClientConnection>();
  /** Clients that were told goodbye and have not closed their end, with the time until which they may. */
  private readonly lingering = new Map<ClientConnection, number>();
  private lastId = 0;
  private sweeping: Timer | undefined;
  private whenEmpty: (() => void)[] = [];
  /** Many clients at once may stop to read. */
  private readonly quietLog: QuietLog;

  constructor(
    private readonly world: { readonly clock: Clock; readonly timers: Timers; readonly log: Log },
    private readonly limits: ClientLimits,
  ) {
    this.quietLog = new QuietLog(world.clock, world.log);
  }

  /** Clients that can send requests. */
  get count(): number {
    return this.byIds.size;
  }

  get isFull(): boolean {
    return this.byIds.size >= this.limits.clientsMax;
  }

  /** Ids rise with each client, and are not used again. */
  nextId(): number {
    return ++this.lastId;
  }

  byId(id: number): ClientConnection | undefined {
    return this.byIds.get(id);
  }

  /** In the order in which they came. Clients may be closed meanwhile. */
  [Symbol.iterator](): IterableIterator<ClientConnection> {
    return this.byIds.values();
  }

  /** For the listener. */
  add(connection: ClientConnection): void {
    this.byIds.set(connection.id, connection);
    this.totals.connectionsAccepted++;
    this.sweeping ??= this.world.timers.every(SWEEP_PERIOD_MS, () => this.sweep());
  }

  /** A client takes no more requests. For the connection's context. */
  gone(connection: ClientConnection, reason: string): void {
    this.byIds.delete(connection.id);
    this.lingering.set(connection, this.world.clock.monotonicUs() + LINGER_US);
    this.world.log.debug({ client: connection.id, address: connection.address, reason }, 'A client is gone');
  }

  /** The socket of a client is closed. For the connection's context. */
  released(connection: ClientConnection): void {
    this.lingering.delete(connection);
    this.settle();
  }

  /** Ends all clients after their last replies, those that have not gone by `deadlineMs` at once. */
  async endAll(deadlineMs: number): Promise<void> {
    const emptied = new Promise<void>((resolve) => this.whenEmpty.push(resolve));
    for (const connection of this) connection.closeAfterReplies();
    const timer = this.world.timers.after(deadlineMs, () => {
      for (const connection of [...this, ...this.lingering.keys()]) connection.close('the server stops');
    });
    this.settle();
    await emptied;
    timer.stop();
  }

  /** One look at all clients in place of a timer for each. */
  private sweep(): void {
    const nowUs = this.world.clock.monotonicUs();
    const idleUs = this.limits.idleTimeoutS * US_PER_S;
    for (const connection of this) {
      const { id, address } = connection;
      if (connection.stalledUs(nowUs) > OUTPUT_STALL_US) {
        this.quietLog.warn(
          address.slice(0, address.lastIndexOf(':')),
          { client: id, address, bytes: connection.queuedBytes },
          'A client that does not read is closed',
        );
        this.totals.outputBufferCloses++;
        connection.close('it does not read its replies');
      } else if (idleUs > 0 && connection.isAwaited && nowUs - connection.lastInteractionUs > idleUs) {
        connection.close('it was idle for longer than timeout');
      }
    }
    for (const [connection, untilUs] of this.lingering) {
      if (nowUs > untilUs) connection.close('it does not close its end');
    }
    this.settle();
  }

  private settle(): void {
    if (this.byIds.size > 0 || this.lingering.size > 0) return;
    this.sweeping?.stop();
    this.sweeping = undefined;
    for (const resolve of this.whenEmpty) resolve();
    this.whenEmpty = [];
  }
}
