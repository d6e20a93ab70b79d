/** The sections of `INFO` about this process; the names of the fields are Redis's, which tools look for. */
import { freemem, release, totalmem, type } from 'node:os';
import type { Partition } from '../../cluster/ring/slots.js';
import type { Server } from '../server.js';
import { versionText } from '../version.js';
import { humanBytes, type InfoField, type InfoSection } from './info-section.js';
import { REDIS_VERSION } from './version.js';

const US_PER_S = 1_000_000;
const MS_PER_S = 1000;
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
    ['cartwheel_version', CARTWHEEL_VERSION],
    ['node_version', process.version],
    ['os', `${type()} ${release()} ${process.arch}`],
    ['arch_bits', 64],
    ['process_id', process.pid],
    ['run_id', server.runId],
    ['tcp_port', server.node.membership.self.port],
    ['server_time_usec', nowMs * MS_PER_S],
    ['uptime_in_seconds', uptimeS],
    ['uptime_in_days', Math.trunc(uptimeS / S_PER_DAY)],
    ['executable', process.execPath],
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
    ['held_clients', held],
    ['blocked_clients', blocked],
    ['tracking_clients', 0],
    ['clients_in_timeout_table', 0],
  ];
}

function memoryFields(server: Server): InfoField[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const used = heapUsed + external;
  const { maxmemory } = server.config;
  const replica = server.node.replica.stats();
  return [
    ['used_memory', used],
    ['used_memory_human', humanBytes(used)],
    ['used_memory_rss', rss],
    ['used_memory_rss_human', humanBytes(rss)],
    // The kernel counts in KiB.
    ['used_memory_rss_peak', process.resourceUsage().maxRSS * 1024],
    ['used_memory_heap_total', heapTotal],
    ['used_memory_dataset', replica.bytes],
    ['total_system_memory', totalmem()],
    ['total_system_memory_human', humanBytes(totalmem())],
    ['free_system_memory', freemem()],
    ['maxmemory', maxmemory],
    ['maxmemory_human', humanBytes(maxmemory)],
    ['maxmemory_policy', server.config.maxmemoryPolicy],
    ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ['mem_allocator', 'v8'],
  ];
}

function persistenceFields(server: Server): InfoField[] {
  const replica = server.node.replica.stats();
  return [
    ['loading', 0],
    ['async_loading', 0],
    ['rdb_changes_since_last_save', replica.dirtyEntries],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_save_time', Math.trunc(server.startedMs / MS_PER_S)],
    ['rdb_last_bgsave_status', 'ok'],
    ['aof_enabled', 0],
    ['aof_rewrite_in_progress', 0],
    ['aof_last_write_status', replica.storeFailures === 0 ? 'ok' : 'err'],
    ['store_dirty_entries', replica.dirtyEntries],
    ['store_dirty_bytes', replica.dirtyBytes],
    ['store_journal_bytes', replica.journalBytes],
    ['store_batches', replica.batches],
    ['store_batched_rows', replica.batchedRows],
    ['store_failures', replica.storeFailures],
  ];
}

function statsFields({ statistics, clients, node, access }: Server): InfoField[] {
  const { totals } = clients;
  return [
    ['total_connections_received', totals.connectionsAccepted + totals.connectionsRefused],
    ['total_commands_processed', statistics.commandsProcessed],
    ['instantaneous_ops_per_sec', statistics.opsPerSecond],
    ['total_net_input_bytes', totals.bytesIn],
    ['total_net_output_bytes', totals.bytesOut],
    ['rejected_connections', totals.connectionsRefused],
    ['sync_full', 0],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', 0],
    ['evicted_keys', 0],
    ['evicted_clients', totals.outputBufferCloses],
    ['client_query_buffer_limit_disconnections', totals.queryBufferCloses],
    ['client_output_buffer_limit_disconnections', totals.outputBufferCloses],
    ['keyspace_hits', statistics.keyspaceHits],
    ['keyspace_misses', statistics.keyspaceMisses],
    ['cache_evictions', node.replica.stats().evictions],
    ['pubsub_channels', 0],
    ['pubsub_patterns', 0],
    ['latest_fork_usec', 0],
    ['total_error_replies', statistics.errorReplies],
    // As Redis 7.2 names them; 7.0 does not count them.
    ['acl_access_denied_auth', access.denied.auth],
    ['acl_access_denied_cmd', access.denied.command],
    ['acl_access_denied_key', access.denied.key],
    ['acl_access_denied_channel', access.denied.channel],
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
  ];
}

function cpuFields(): InfoField[] {
  const { system, user } = process.cpuUsage();
  return [
    ['used_cpu_sys', (system / US_PER_S).toFixed(6)],
    ['used_cpu_user', (user / US_PER_S).toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
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
    const count = node.replica.countKeys(stored, own);
    if (count === 0) continue;
    fields.push([`db${db}`, `keys=${count},expires=${node.replica.countExpiring(stored, own)},avg_ttl=0`]);
  }
  return fields;
}

export const processSections: readonly InfoSection[] = [
  { name: 'server', isDefault: true, fields: serverFields },
  { name: 'clients', isDefault: true, fields: clientFields },
  { name: 'memory', isDefault: true, fields: memoryFields },
  { name: 'persistence', isDefault: true, fields: persistenceFields },
  { name: 'stats', isDefault: true, fields: statsFields },
  { name: 'replication', isDefault: true, fields: replicationFields },
  { name: 'cpu', isDefault: true, fields: cpuFields },
];

/** Stands last, as in Redis. */
export const keyspaceSection: InfoSection = { name: 'keyspace', isDefault: true, fields: keyspaceFields };
