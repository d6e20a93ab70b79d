/**
 * The sections of `INFO` about what the process uses and has done: the fields of Redis in its order, at 0 where there is no such
 * thing here, then our own.
 */
import { freemem, totalmem } from 'node:os';
import type { Server } from '../../server.js';
import { humanBytes, type InfoField, type InfoSection } from './info-section.js';

const PERCENT = 100;
const BYTES_PER_KIB = 1024;

/** A number of bytes, and the same for people. */
function bytesField(name: string, bytes: number): InfoField[] {
  return [
    [name, bytes],
    [`${name}_human`, humanBytes(bytes)],
  ];
}

function share(part: number, whole: number): string {
  return `${(whole === 0 ? 0 : (PERCENT * part) / whole).toFixed(2)}%`;
}

const zeros = (...names: readonly string[]): InfoField[] => names.map((name) => [name, 0]);

function memoryFields(server: Server): InfoField[] {
  const { used, peak, startup, allocated, resident, dataset, overhead, clients } = server.memory.measure();
  const { maxmemory, maxmemoryPolicy } = server.config;
  return [
    ...bytesField('used_memory', used),
    ...bytesField('used_memory_rss', resident),
    ...bytesField('used_memory_peak', peak),
    ['used_memory_peak_perc', share(used, peak)],
    ['used_memory_overhead', overhead],
    ['used_memory_startup', startup],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', share(Math.min(dataset, used - startup), Math.max(1, used - startup))],
    ['allocator_allocated', used],
    ['allocator_active', allocated],
    ['allocator_resident', resident],
    ...bytesField('total_system_memory', totalmem()),
    ...zeros('used_memory_lua', 'used_memory_vm_eval'),
    ['used_memory_lua_human', humanBytes(0)],
    ...zeros('used_memory_scripts_eval', 'number_of_cached_scripts', 'number_of_functions', 'number_of_libraries'),
    ['used_memory_vm_functions', 0],
    ...bytesField('used_memory_vm_total', 0),
    ['used_memory_functions', 0],
    ...bytesField('used_memory_scripts', 0),
    ...bytesField('maxmemory', maxmemory),
    ['maxmemory_policy', maxmemoryPolicy],
    ['allocator_frag_ratio', (allocated / used).toFixed(2)],
    ['allocator_frag_bytes', allocated - used],
    ['allocator_rss_ratio', (resident / allocated).toFixed(2)],
    ['allocator_rss_bytes', resident - allocated],
    ['rss_overhead_ratio', '1.00'],
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', (resident / used).toFixed(2)],
    ['mem_fragmentation_bytes', resident - used],
    ...zeros(
      'mem_not_counted_for_evict',
      'mem_replication_backlog',
      'mem_total_replication_buffers',
      'mem_clients_slaves',
    ),
    ['mem_clients_normal', clients],
    ...zeros('mem_cluster_links', 'mem_aof_buffer'),
    ['mem_allocator', 'v8'],
    ...zeros('active_defrag_running', 'lazyfree_pending_objects', 'lazyfreed_objects'),
    // The kernel counts in KiB.
    ['used_memory_rss_peak', process.resourceUsage().maxRSS * BYTES_PER_KIB],
    ['used_memory_heap_total', allocated],
    ['free_system_memory', freemem()],
  ];
}

function persistenceFields({ node, saves }: Server): InfoField[] {
  const replica = node.replica.stats();
  return [
    ...zeros('loading', 'async_loading', 'current_cow_peak', 'current_cow_size', 'current_cow_size_age'),
    ['current_fork_perc', '0.00'],
    ...zeros('current_save_keys_processed', 'current_save_keys_total'),
    ['rdb_changes_since_last_save', replica.dirtyEntries],
    ['rdb_bgsave_in_progress', saves.isRunning ? 1 : 0],
    ['rdb_last_save_time', saves.lastS],
    ['rdb_last_bgsave_status', saves.lastFailed ? 'err' : 'ok'],
    ['rdb_last_bgsave_time_sec', saves.lastTookS],
    ['rdb_current_bgsave_time_sec', saves.runsForS()],
    ['rdb_saves', saves.count],
    ...zeros('rdb_last_cow_size', 'rdb_last_load_keys_expired', 'rdb_last_load_keys_loaded'),
    ...zeros('aof_enabled', 'aof_rewrite_in_progress', 'aof_rewrite_scheduled'),
    ['aof_last_rewrite_time_sec', -1],
    ['aof_current_rewrite_time_sec', -1],
    ['aof_last_bgrewrite_status', 'ok'],
    ...zeros('aof_rewrites', 'aof_rewrites_consecutive_failures'),
    ['aof_last_write_status', replica.storeFailures === 0 ? 'ok' : 'err'],
    ...zeros('aof_last_cow_size', 'module_fork_in_progress', 'module_fork_last_cow_size'),
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
    ...zeros('total_net_repl_input_bytes', 'total_net_repl_output_bytes'),
    ['instantaneous_input_kbps', (statistics.bytesInPerSecond / BYTES_PER_KIB).toFixed(2)],
    ['instantaneous_output_kbps', (statistics.bytesOutPerSecond / BYTES_PER_KIB).toFixed(2)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', totals.connectionsRefused],
    ...zeros('sync_full', 'sync_partial_ok', 'sync_partial_err'),
    ['expired_keys', node.replica.expiry.expired],
    ['expired_stale_perc', '0.00'],
    ...zeros('expired_time_cap_reached_count', 'expire_cycle_cpu_milliseconds', 'evicted_keys'),
    ['evicted_clients', totals.outputBufferCloses],
    ...zeros('total_eviction_exceeded_time', 'current_eviction_exceeded_time'),
    ['keyspace_hits', statistics.keyspaceHits],
    ['keyspace_misses', statistics.keyspaceMisses],
    ...zeros('pubsub_channels', 'pubsub_patterns', 'pubsubshard_channels', 'latest_fork_usec', 'total_forks'),
    ...zeros('migrate_cached_sockets', 'slave_expires_tracked_keys', 'active_defrag_hits', 'active_defrag_misses'),
    ...zeros('active_defrag_key_hits', 'active_defrag_key_misses', 'total_active_defrag_time'),
    ...zeros('current_active_defrag_time', 'tracking_total_keys', 'tracking_total_items', 'tracking_total_prefixes'),
    ['unexpected_error_replies', 0],
    ['total_error_replies', statistics.errorReplies],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', totals.reads],
    ['total_writes_processed', totals.writes],
    ...zeros('io_threaded_reads_processed', 'io_threaded_writes_processed'),
    ...zeros('reply_buffer_shrinks', 'reply_buffer_expands'),
    ['client_query_buffer_limit_disconnections', totals.queryBufferCloses],
    ['client_output_buffer_limit_disconnections', totals.outputBufferCloses],
    ['cache_evictions', node.replica.stats().evictions],
    // As Redis 7.2 names them; 7.0 does not count them.
    ['acl_access_denied_auth', access.denied.auth],
    ['acl_access_denied_cmd', access.denied.command],
    ['acl_access_denied_key', access.denied.key],
    ['acl_access_denied_channel', access.denied.channel],
  ];
}

export const usageSections: readonly InfoSection[] = [
  { name: 'memory', isDefault: true, fields: memoryFields },
  { name: 'persistence', isDefault: true, fields: persistenceFields },
  { name: 'stats', isDefault: true, fields: statsFields },
];
