import { join } from 'node:path';
import { ClusterNode } from '../cluster/node.js';
import { nodeClock } from '../cluster/ports/node-clock.js';
import { nodeRandom } from '../cluster/ports/node-random.js';
import { NodeTimers } from '../cluster/ports/node-timers.js';
import { withChecksums } from '../cluster/storage/checksummed-store.js';
import { openRocksStore } from '../cluster/storage/rocks-store.js';
import { nodeTransport } from '../cluster/wire/node-transport.js';
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
import { LatencySpikes } from './watch/latency-spikes.js';
import { WatchedStore } from './watch/watched-store.js';

const STORE_FOLDER = 'store';
const CLIENT_GRACE_MS = 2_000;

/** A server that runs. */
export interface RunningServer {
  /** Port for clients. */
  readonly port: number;
  /** Answers what is under way, writes everything to the store and frees it. Can be called again. */
  stop(): Promise<void>;
}

/**
 * Opens the store, joins the peers and serves clients. Rejects with `StoreError`, `ListenError` or `ConfigError`, whose
 * messages are for people. `shutDown` is called when a client asks the process to stop.
 */
export async function runServer(config: Config, shutDown: () => void): Promise<RunningServer> {
  const timers = new NodeTimers();
  const log = openProcessLog(config);
  const latency = await LatencyBook.open(timers);
  const options = nodeOptionsOf(config);
  const isDebugged = config.enableDebugCommand !== 'no';
  let opened: ClusterNode | undefined;
  const faults = isDebugged ? new FaultInjection(timers, () => opened?.membership.nodes() ?? []) : undefined;
  const transport = faults?.transport(nodeTransport) ?? nodeTransport;
  const world = { clock: nodeClock, timers, random: nodeRandom, transport, latencies: latency, log };
  const settings = new Settings(config);
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
  const statistics = new Statistics(timers);
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
    clock: nodeClock,
    log,
    faults,
    shutDown,
  });
  const listener = new ClientListener(world, clients, limits, new Dispatcher(server));
  const port = await listener.listen({ bind: config.bind, port: config.port, backlog: config.tcpBacklog });
  const chosen = config.port === 0 ? { port } : {};
  log.info({ ...chosen, node: node.membership.self.id }, 'ready to accept connections');
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    log.info({}, 'stopping');
    await listener.close(CLIENT_GRACE_MS);
    server.close();
    await node.close();
    await store.close();
    latency.close();
    log.info({}, 'stopped; everything is in the store');
  };
  return {
    port,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
