/** A listener on 127.0.0.1 whose commands a test answers itself, with a clock and periodic timers that it moves. */
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Session } from '../../../cluster/coordinator/session.js';
import type { LogFields } from '../../../cluster/ports/log.js';
import { NodeTimers } from '../../../cluster/ports/node-timers.js';
import type { Timer } from '../../../cluster/ports/timers.js';
import { CommandCatalogue } from '../../../server/acl/catalogue.js';
import { Login } from '../../../server/acl/login.js';
import { User } from '../../../server/acl/user.js';
import { CommandTable } from '../../../server/commands/command-table.js';
import { ClientRegistry } from '../../../server/net/client-registry.js';
import type { ClientConnection } from '../../../server/net/connection.js';
import type { ClientLimits } from '../../../server/net/limits.js';
import { ClientListener } from '../../../server/net/listener.js';
import type { ReplySlot } from '../../../server/net/reply-slot.js';

/** Against what hangs: on a busy machine a million commands take a minute. */
const DEADLINE_MS = 300_000;
const GRACE_MS = 100;
const MB = 1024 * 1024;

const LIMITS: ClientLimits = {
  bulkBytesMax: 512 * MB,
  queryBufferBytesMax: 64 * MB,
  clientsMax: 100,
  idleTimeoutS: 0,
  keepAliveS: 300,
  outputBytesMax: 64 * MB,
};

/** Answers one request: with `slot.complete()`, now or later. */
export type Answer = (slot: ReplySlot, args: readonly Buffer[]) => void;

/** Time stands still until a test moves it; turns of the event loop and single timers are real. */
class SteppedTimers extends NodeTimers {
  readonly periodic = new Set<() => void>();

  override every(_periodMs: number, callback: () => void): Timer {
    this.periodic.add(callback);
    return { stop: () => this.periodic.delete(callback) };
  }
}

export class Loopback {
  readonly logged: { fields: LogFields; message: string }[] = [];
  readonly clients: ClientRegistry;
  readonly listener: ClientListener;
  private readonly timers = new SteppedTimers();
  private readonly opened: net.Socket[] = [];
  private nowUs = 1_000_000;

  private constructor(answer: Answer, limits: ClientLimits) {
    const keep = (fields: LogFields, message: string): void => {
      this.logged.push({ fields, message });
    };
    const log = { debug: keep, info: keep, warn: keep, error: keep };
    const world = {
      clock: { nowMs: () => this.nowUs / 1000, monotonicUs: () => this.nowUs },
      timers: this.timers,
      log,
    };
    this.clients = new ClientRegistry(world, limits);
    const login = new Login(new User('default', new CommandCatalogue(new CommandTable([])), true));
    login.isStranger = false;
    this.listener = new ClientListener(world, this.clients, limits, {
      // No command of these tests asks the cluster for anything.
      openSession: () => Object.create(Session.prototype),
      openLogin: () => login,
      doorFault: () => undefined,
      standIn: () => undefined,
      dispatch: (connection, args) => answer(connection.openSlot(), args),
      completed: () => undefined,
    });
  }

  static async start(answer: Answer, limits: Partial<ClientLimits> = {}): Promise<Loopback> {
    const loopback = new Loopback(answer, { ...LIMITS, ...limits });
    await loopback.listener.listen({ bind: ['127.0.0.1'], port: 0, backlog: 511 });
    return loopback;
  }

  /** A client that reads all it is sent; the connection has been accepted. */
  async connect(): Promise<TestClient> {
    const socket = net.connect({ host: '127.0.0.1', port: this.listener.port, allowHalfOpen: true });
    this.opened.push(socket);
    const client = new TestClient(socket);
    const seen = this.clients.totals.connectionsAccepted + this.clients.totals.connectionsRefused;
    await until(() => this.clients.totals.connectionsAccepted + this.clients.totals.connectionsRefused > seen);
    return client;
  }

  /** The server's end of the client that connected last. */
  newest(): ClientConnection {
    const connection = [...this.clients].at(-1);
    if (connection === undefined) throw new Error('no client is connected');
    return connection;
  }

  /** Lets `seconds` pass and the periodic timers run once. */
  pass(seconds: number): void {
    this.nowUs += seconds * 1_000_000;
    for (const callback of [...this.timers.periodic]) callback();
  }

  async stop(): Promise<void> {
    for (const socket of this.opened) socket.destroy();
    await this.listener.close(GRACE_MS);
  }
}

/** A bare socket and what it has received. */
export class TestClient {
  readonly chunks: Buffer[] = [];
  receivedBytes = 0;
  isEnded = false;
  isClosed = false;

  constructor(readonly socket: net.Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.receivedBytes += chunk.length;
    });
    socket.on('end', () => {
      this.isEnded = true;
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  get received(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits for exactly these bytes since the connection began. */
  async receives(expected: string): Promise<void> {
    await until(
      () => this.receivedBytes >= expected.length,
      () => `received ${JSON.stringify(this.received.slice(-200))}`,
    );
    if (this.received !== expected) {
      throw new Error(`received ${JSON.stringify(this.received)}, expected ${JSON.stringify(expected)}`);
    }
  }
}

/** Waits until `condition` holds, a turn of the event loop at a time; throws after a deadline. */
export async function until(condition: () => boolean, tell: () => string = () => ''): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${condition}. ${tell()}`);
    await nextTurn();
  }
}
