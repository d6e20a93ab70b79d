/** The sections of `INFO` about this process; the names of the fields are Redis's, which tools look for. */
import { release, type } from 'node:os';
import type { Partition } from '../../../cluster/ring/slots.js';
import type { Server } from '../../server.js';
import { versionText } from '../../version.js';
import { REDIS_VERSION } from '../version.js';
import type { InfoField, InfoSection } from './info-section.js';
import { usageSections } from './info-usage.js';

const US_PER_S = 1_000_000;
const MS_PER_S = 1000;
/** Redis's periodic work a second; ours has timers of its own. */
const HZ = 10;
/** The clock of Redis's eviction has 24 bits. */
const LRU_CLOCK_TURN_S = 2 ** 24;
const S_PER_DAY = 86_400;
const CARTWHEEL_VERSION = versionText();

function serverFields(server: Server): InfoField[] {
  const nowMs = server.clock.nowMs();
  const uptimeS = Math.max(0, Math.trunc((nowMs - server.startedMs) / MS_PER_S));
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0'],
    ['redis_mode', 'cluster'],
    ['os', `${type()} ${release()} ${process.arch}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', 'epoll'],
    ['atomicvar_api', 'c11-builtin'],
    ['gcc_version', '0.0.0'],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', server.runId],
    ['tcp_port', server.node.membership.self.port],
    ['server_time_usec', Math.trunc(nowMs * MS_PER_S)],
    ['uptime_in_seconds', uptimeS],
    ['uptime_in_days', Math.trunc(uptimeS / S_PER_DAY)],
    ['hz', HZ],
    ['configured_hz', HZ],
    ['lru_clock', Math.trunc(nowMs / MS_PER_S) % LRU_CLOCK_TURN_S],
    ['executable', process.execPath],
    ['config_file', server.config.configFile],
    ['io_threads_active', 0],
    ['cartwheel_version', CARTWHEEL_VERSION],
    ['node_version', process.version],
  ];
}

function clientFields(server: Server): InfoField[] {
  let largestInput = 0;
  let largestOutput = 0;
  let held = 0;
  let blocked = 0;
  for (const connection of server.clients) {
    largestInput = Math.max(largestInput, connection.requestBytes);
    largestOutput = Math.max(largestOutput, connection.queuedBytes);
    if (connection.isHeld) held++;
    if (connection.block !== undefined) blocked++;
  }
  return [
    ['connected_clients', server.clients.count],
    ['cluster_connections', [...server.node.peers.values()].filter((peer) => peer.reachable()).length],
    ['maxclients', server.config.maxclients],
    ['client_recent_max_input_buffer', largestInput],
    ['client_recent_max_output_buffer', largestOutput],
    ['blocked_clients', blocked],
    ['tracking_clients', 0],
    ['clients_in_timeout_table', 0],
    ['held_clients', held],
  ];
}

function replicationFields(server: Server): InfoField[] {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', server.runId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', 0],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', 0],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ];
}

function cpuFields(): InfoField[] {
  const { system, user } = process.cpuUsage();
  return [
    ['used_cpu_sys', (system / US_PER_S).toFixed(6)],
    ['used_cpu_user', (user / US_PER_S).toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
    ['used_cpu_sys_main_thread', (system / US_PER_S).toFixed(6)],
    ['used_cpu_user_main_thread', (user / US_PER_S).toFixed(6)],
  ];
}

/**
 * As each node of a Redis Cluster does, this one tells its own keys: those of the partitions that it serves first, so
 * that the sum over all nodes is the number of keys. `DBSIZE` asks the others.
 */
function keyspaceFields({ node, config }: Server): InfoField[] {
  const { routes, keyspaces } = node;
  const [leastN = 1] = keyspaces.ns;
  const own: Partition[] = [];
  for (let partition = 0; partition < routes.partitionCount; partition++) {
    const candidate = partition as Partition;
    if (routes.placement(candidate, leastN).ownPlace === 0) own.push(candidate);
  }
  const fields: InfoField[] = [];
  for (let db = 0; db < config.databases; db++) {
    const stored = node.databases.stored(db);
    const count = node.replica.counts.live(stored, own);
    if (count === 0) continue;
    const expires = node.replica.counts.expiring(stored, own);
    const averageTtlMs = expires === 0 ? 0 : node.replica.expiry.averageTtlMs(stored);
    fields.push([`db${db}`, `keys=${count},expires=${expires},avg_ttl=${averageTtlMs}`]);
  }
  return fields;
}

export const processSections: readonly InfoSection[] = [
  { name: 'server', isDefault: true, fields: serverFields },
  { name: 'clients', isDefault: true, fields: clientFields },
  ...usageSections,
  { name: 'replication', isDefault: true, fields: replicationFields },
  { name: 'cpu', isDefault: true, fields: cpuFields },
  { name: 'modules', isDefault: true, fields: () => [] },
];

/** Stands last, as in Redis. */
export const keyspaceSection: InfoSection = { name: 'keyspace', isDefault: true, fields: keyspaceFields };
