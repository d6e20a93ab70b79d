/** A whole server on 127.0.0.1 over a store in memory, and clients that see its replies byte by byte. */
import net from 'node:net';
import type { Membership } from '../../../cluster/membership/membership.js';
import { StaticMembership } from '../../../cluster/membership/static-membership.js';
import { ClusterNode } from '../../../cluster/node.js';
import type { Log } from '../../../cluster/ports/log.js';
import { nodeClock } from '../../../cluster/ports/node-clock.js';
import { nodeRandom } from '../../../cluster/ports/node-random.js';
import { NodeTimers } from '../../../cluster/ports/node-timers.js';
import type { Store } from '../../../cluster/ports/store.js';
import { MemoryStore } from '../../../cluster/storage/memory-store.js';
import { nodeTransport } from '../../../cluster/wire/node-transport.js';
import { AccessControl } from '../../../server/acl/access-control.js';
import { clientLimitsOf } from '../../../server/client-limits.js';
import { CommandTable } from '../../../server/commands/command-table.js';
import { Statistics } from '../../../server/commands/statistics.js';
import { commandRows } from '../../../server/commands/table.js';
import { completeConfig } from '../../../server/config/config.js';
import { Settings } from '../../../server/config/settings.js';
import { Dispatcher } from '../../../server/dispatch.js';
import { FaultInjection } from '../../../server/faults/fault-injection.js';
import { LatencyBook } from '../../../server/latency/latency-book.js';
import { ClientRegistry } from '../../../server/net/client-registry.js';
import { ClientListener } from '../../../server/net/listener.js';
import { settingsOfNode } from '../../../server/node-options.js';
import { Server } from '../../../server/server.js';
import { TransportSecurity } from '../../../server/tls/transport-security.js';
import { LatencySpikes } from '../../../server/watch/latency-spikes.js';

/** Against what hangs, no limit on speed. */
const DEADLINE_MS = 120_000;
const GRACE_MS = 100;
const CRLF = '\r\n';

const quiet = (): void => undefined;
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export class LiveServer {
  /** How often a client has asked the server to stop. */
  stopsAsked = 0;
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly #clients: RawClient[] = [];

  private constructor(
    readonly port: number,
    readonly server: Server,
  ) {}

  /** `members` takes the place of that of a node which stands alone, `stored` that of an empty store. */
  static async start(
    given: Readonly<Record<string, unknown>> = {},
    members?: Membership,
    stored?: Store,
  ): Promise<LiveServer> {
    const timers = new NodeTimers();
    const latencies = await LatencyBook.open(timers);
    const world = { clock: nodeClock, timers, random: nodeRandom, transport: nodeTransport, latencies, log };
    const config = completeConfig({ port: 0, ...given });
    const alone = { host: '127.0.0.1', port: 1, peerPort: 2 };
    const membership = members ?? new StaticMembership(alone, [], config.partitions);
    const isDebugged = config.enableDebugCommand !== 'no';
    const faults = isDebugged ? new FaultInjection(timers, () => membership.members()) : undefined;
    const store = stored ?? new MemoryStore(timers);
    const node = await ClusterNode.open(world, faults?.store(store) ?? store, {
      membership,
      ...settingsOfNode(config),
      secret: 'a secret of this test',
      listen: undefined,
      background: { targetMs: 0, rateMin: config.backgroundRateMin, rateMax: config.backgroundRateMax },
    });
    const settings = new Settings(config);
    const limits = clientLimitsOf(settings);
    const clients = new ClientRegistry(world, limits);
    const statistics = new Statistics(timers, clients.totals);
    const commands = new CommandTable(commandRows);
    const access = new AccessControl({ settings, commands, clients, clock: nodeClock, timers, log });
    const security = new TransportSecurity(world, settings);
    const server = new Server({
      settings,
      node,
      latency: latencies,
      clients,
      commands,
      statistics,
      spikes: new LatencySpikes(nodeClock, () => settings.config.latencyMonitorThreshold),
      timers,
      access,
      security,
      clock: nodeClock,
      log,
      faults,
      shutDown: () => {
        live.stopsAsked++;
      },
    });
    const listener = new ClientListener(world, clients, limits, new Dispatcher(server));
    const port = await listener.listen({ bind: ['127.0.0.1'], port: 0, backlog: 16 });
    const live = new LiveServer(port, server);
    live.#closers.push(
      () => listener.close(GRACE_MS),
      () => security.close(),
      () => server.close(),
      () => node.close(),
      () => latencies.close(),
    );
    return live;
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const close of this.#closers) await close();
  }
}

/** Sends inline commands; an `ECHO` behind each marks where its reply ends, so that no reply needs to be understood. */
export class RawClient {
  #received = '';
  #isEnded = false;
  #marks = 0;
  #wake: () => void = () => undefined;

  private constructor(readonly socket: net.Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    const ended = (): void => {
      this.#isEnded = true;
      this.#wake();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', ended);
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawClient(socket)));
    });
  }

  /** All bytes that the server answers to one inline command, one char each. Rejects if it closes the connection. */
  async ask(line: string): Promise<string> {
    const mark = `mark-${this.#marks++}`;
    this.socket.write(`${line}${CRLF}ECHO ${mark}${CRLF}`, 'latin1');
    const end = `$${mark.length}${CRLF}${mark}${CRLF}`;
    await this.#until(() => this.#received.includes(end) || this.#isEnded);
    const at = this.#received.indexOf(end);
    if (at < 0) throw new Error(`no answer to '${line}' but: ${this.#received}`);
    const reply = this.#received.slice(0, at);
    this.#received = this.#received.slice(at + end.length);
    return reply;
  }

  /** Sends a command after which the server closes the connection; gives all that it still sent. */
  async askLast(line: string): Promise<string> {
    this.socket.write(line + CRLF, 'latin1');
    return this.ended();
  }

  /** Waits for the server to close the connection. */
  async ended(): Promise<string> {
    await this.#until(() => this.#isEnded);
    return this.#received;
  }

  close(): void {
    this.socket.destroy();
  }

  async #until(isSo: () => boolean): Promise<void> {
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, DEADLINE_MS);
    while (!isSo() && !isLate) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(deadline);
    if (!isSo()) throw new Error(`no complete answer in ${DEADLINE_MS} ms, but: ${this.#received}`);
  }
}

/** A bulk string in RESP. */
export function bulk(text: string): string {
  return `$${text.length}${CRLF}${text}${CRLF}`;
}

/** An array of bulk strings in RESP. */
export function bulks(...texts: string[]): string {
  return `*${texts.length}${CRLF}${texts.map(bulk).join('')}`;
}
