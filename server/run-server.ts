import { join } from 'node:path';
import { ClusterNode } from '../cluster/node.js';
import { nodeClock } from '../cluster/ports/node-clock.js';
import { nodeRandom } from '../cluster/ports/node-random.js';
import { NodeTimers } from '../cluster/ports/node-timers.js';
import { withChecksums } from '../cluster/storage/checksummed-store.js';
import { openRocksStore } from '../cluster/storage/rocks-store.js';
import { AccessControl } from './acl/access-control.js';
import { clientLimitsOf } from './client-limits.js';
import { CommandTable } from './commands/command-table.js';
import { Statistics } from './commands/statistics.js';
import { commandRows } from './commands/table.js';
import type { Config } from './config/config.js';
import { Settings } from './config/settings.js';
import { Dispatcher } from './dispatch.js';
import { FaultInjection } from './faults/fault-injection.js';
import { LatencyBook } from './latency/latency-book.js';
import { makeFolder } from './make-folder.js';
import { ClientRegistry } from './net/client-registry.js';
import { ClientListener } from './net/listener.js';
import { nodeOptionsOf } from './node-options.js';
import { openProcessLog } from './process-log.js';
import { Server } from './server.js';
import { PeerTransport } from './tls/peer-transport.js';
import { TransportSecurity } from './tls/transport-security.js';
import { LatencySpikes } from './watch/latency-spikes.js';
import { WatchedStore } from './watch/watched-store.js';

const STORE_FOLDER = 'store';
const CLIENT_GRACE_MS = 2_000;

/** A server that runs. */
export interface RunningServer {
  /** Port for clients. */
  readonly port: number;
  /** Reads the files of certificates again, where there are any; the log says what came of it. */
  reload(): void;
  /** Answers what is under way, writes everything to the store and frees it. Can be called again. */
  stop(): Promise<void>;
}

/**
 * Opens the store, joins the peers and serves clients. Rejects with `StoreError`, `ListenError`, `TlsFault` or `ConfigError`, whose
 * messages are for people. `shutDown` is called when a client asks the process to stop.
 */
export async function runServer(config: Config, shutDown: () => void): Promise<RunningServer> {
  const timers = new NodeTimers();
  const log = openProcessLog(config);
  const settings = new Settings(config);
  const security = new TransportSecurity({ clock: nodeClock, timers, log }, settings);
  const latency = await LatencyBook.open(timers);
  const options = nodeOptionsOf(config);
  const isDebugged = config.enableDebugCommand !== 'no';
  let opened: ClusterNode | undefined;
  const faults = isDebugged ? new FaultInjection(timers, () => opened?.membership.nodes() ?? []) : undefined;
  const peerTransport = new PeerTransport({ clock: nodeClock, timers, log }, security);
  const transport = faults?.transport(peerTransport) ?? peerTransport;
  const world = { clock: nodeClock, timers, random: nodeRandom, transport, latencies: latency, log };
  const limits = clientLimitsOf(settings);
  const clients = new ClientRegistry(world, limits);
  const commands = new CommandTable(commandRows);
  const access = new AccessControl({ settings, commands, clients, clock: nodeClock, timers, log });
  makeFolder(config.dir, 'dir');
  const folderStore = await withChecksums(await openRocksStore(join(config.dir, STORE_FOLDER)));
  const spikes = new LatencySpikes(nodeClock, () => settings.config.latencyMonitorThreshold);
  const store = new WatchedStore(faults?.store(folderStore) ?? folderStore, spikes, nodeClock);
  const node = await ClusterNode.open(world, store, options);
  // A node that has left and handed everything over has nothing more to do.
  node.transfer?.onGone(shutDown);
  opened = node;
  const statistics = new Statistics(timers, clients.totals);
  const server = new Server({
    settings,
    node,
    latency,
    clients,
    commands,
    statistics,
    spikes,
    timers,
    access,
    security,
    clock: nodeClock,
    log,
    faults,
    shutDown,
  });
  const listener = new ClientListener(world, clients, limits, new Dispatcher(server));
  const port = await listenForClients(listener, config, security);
  const chosen = config.clientPort === 0 ? { port } : {};
  const secure = config.tlsPort === 0 ? {} : { tlsPort: config.tlsPort };
  log.info({ ...chosen, ...secure, node: node.membership.self.id }, 'ready to accept connections');
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    log.info({}, 'stopping');
    await listener.close(CLIENT_GRACE_MS);
    security.close();
    server.close();
    await node.close();
    await store.close();
    latency.close();
    log.info({}, 'stopped; everything is in the store');
  };
  return {
    port,
    reload: () => {
      if (security.isUsed) security.reload('SIGHUP');
      else log.info({}, 'SIGHUP is ignored: without TLS there is nothing to read again');
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** Gives the port without TLS, where there is one; else that with it. */
async function listenForClients(
  listener: ClientListener,
  config: Config,
  security: TransportSecurity,
): Promise<number> {
  const { bind, tcpBacklog: backlog, port, tlsPort } = config;
  if (tlsPort !== 0) await listener.listen({ bind, port: tlsPort, backlog, door: security.clients });
  return port === 0 && tlsPort !== 0 ? tlsPort : listener.listen({ bind, port, backlog });
}
