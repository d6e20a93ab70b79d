/** The sections of `INFO` about what was counted and measured. */
import { COMMAND_PREFIX } from '../../latency/latency-book.js';
import type { LatencySummary } from '../../latency/recording.js';
import type { Server } from '../../server.js';
import { counterFields } from './info-healing.js';
import type { InfoField, InfoSection } from './info-section.js';

function commandFields({ commands }: Server): InfoField[] {
  const fields: InfoField[] = [];
  for (const command of commands.withSubcommands()) {
    const { calls, totalUs, rejectedCalls, failedCalls } = command;
    if (calls === 0 && rejectedCalls === 0) continue;
    const perCall = calls === 0 ? 0 : totalUs / calls;
    fields.push([
      `cmdstat_${command.fullName}`,
      `calls=${calls},usec=${Math.round(totalUs)},usec_per_call=${perCall.toFixed(2)},rejected_calls=${rejectedCalls},failed_calls=${failedCalls}`,
    ]);
  }
  return fields;
}

function errorFields({ statistics }: Server): InfoField[] {
  return [...statistics.errorCounts].sort().map(([code, count]) => [`errorstat_${code}`, `count=${count}`]);
}

function shownPercentiles(server: Server): { names: readonly string[]; values: readonly number[] } {
  const names = server.config.latencyTrackingInfoPercentiles;
  return { names, values: names.map(Number) };
}

function percentileText(names: readonly string[], summary: LatencySummary): string {
  return names.map((name, at) => `p${name}=${(summary.percentilesUs[at] ?? 0).toFixed(3)}`).join(',');
}

function commandLatencyFields(server: Server): InfoField[] {
  const { names, values } = shownPercentiles(server);
  return server.latency
    .entries(COMMAND_PREFIX, values)
    .map(({ name, life }) => [
      `latency_percentiles_usec_${name.slice(COMMAND_PREFIX.length)}`,
      percentileText(names, life),
    ]);
}

/** Everything that is measured: commands, gets and puts of this coordinator, round trips to peers, the store. */
function latencyFields(server: Server): InfoField[] {
  const { names, values } = shownPercentiles(server);
  const line = (summary: LatencySummary): string => {
    const { count, meanUs, maxUs } = summary;
    return `count=${count},mean=${meanUs.toFixed(3)},${percentileText(names, summary)},max=${maxUs.toFixed(3)}`;
  };
  return server.latency.entries('', values).flatMap(({ name, life, lastMinute }): InfoField[] => {
    // A colon ends the name of a field.
    const field = `latency_usec_${name.replaceAll(/[\s:]/g, '_')}`;
    return [
      [field, line(life)],
      [`${field}_last_minute`, line(lastMinute)],
    ];
  });
}

function clusterFields(server: Server): InfoField[] {
  return [['cluster_enabled', server.config.clusterEnabled === 'yes' ? 1 : 0]];
}

/**
 * A prefix as a part of the name of a field, which ends at the first colon: such bytes are written as in URLs (`cart%3A`). So is the
 * first one where there would be two fields of that name.
 */
function fieldNameOf(prefix: string): string {
  if (/^(?:default|hits|misses)$/.test(prefix)) return `%${prefix.charCodeAt(0).toString(16)}${prefix.slice(1)}`;
  return prefix.replaceAll(
    /[^!-$&-9;-~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function dynamoFields({ node, waitingWrites }: Server): InfoField[] {
  const { membership, counters, keyspaces } = node;
  const members = membership.members();
  const replica = node.replica.stats();
  const fields: InfoField[] = [
    ['node_id', membership.self.id],
    ['zone', membership.self.zone],
    ['partitions', membership.ring().partitionCount],
    ['nodes', members.length],
    ['nodes_reachable', members.filter((member) => node.isReachable(member.id)).length],
  ];
  for (const { prefix, n, r, w, sloppy, reconcile, durability } of keyspaces.rows()) {
    const name = prefix === '' ? 'keyspace_default' : `keyspace_${fieldNameOf(prefix)}`;
    const quorum = `n=${n},r=${r},w=${w},sloppy=${sloppy ? 'yes' : 'no'}`;
    fields.push([name, `${quorum},reconcile=${reconcile},durability=${durability}`]);
  }
  fields.push(...counterFields(counters, false));
  fields.push(['flush_sweep_partitions_left', node.flushSweep.partitionsLeft]);
  fields.push(
    ['cached_objects', replica.entries],
    ['cached_bytes', replica.bytes],
    ['refused_writes', replica.refusedWrites],
    ['writes_under_way_bytes', node.writes.bytes],
    ['writes_under_way_room', Math.round(node.writes.roomBytes)],
    ['waiting_writes', waitingWrites.count],
    ['waiting_writes_refused', waitingWrites.refused],
    ['warm', replica.warm ? 1 : 0],
  );
  return fields;
}

export const measuredSections: readonly InfoSection[] = [
  { name: 'commandstats', isDefault: false, fields: commandFields },
  { name: 'errorstats', isDefault: true, fields: errorFields },
  { name: 'latencystats', isDefault: false, fields: commandLatencyFields },
  { name: 'latency', isDefault: false, fields: latencyFields },
  { name: 'cluster', isDefault: true, fields: clusterFields },
  { name: 'dynamo', isDefault: true, fields: dynamoFields },
];
