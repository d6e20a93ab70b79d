/** `CLUSTER`, and what cluster clients send beside it: `READONLY`, `READWRITE`, `ASKING`. */
import { SLOT_COUNT, type Slot, slotOf } from '../../../cluster/ring/slots.js';
import type { Server } from '../../server.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { type Call, type CommandFlag, type CommandRow, refuse, runSubcommand } from '../command.js';
import { failureText } from '../failure-text.js';
import { helpRow } from '../subcommand-help.js';
import { type ClusterMap, clusterMap, infoText, nodesText } from './cluster-map.js';
import { forgetRow, meetRow } from './cluster-members.js';
import { writeShards, writeSlots } from './cluster-replies.js';

const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
const NOTHING = Buffer.alloc(0);
const CHANGES_BY_ITSELF = ['nondeterministic_output'];

const HELP_LINES: readonly string[] = [
  'COUNT-FAILURE-REPORTS <node-id>',
  '    Tells how many nodes report <node-id> as failed: always 0, as each node goes by what it sees itself.',
  'COUNTKEYSINSLOT <slot>',
  '    Counts the keys in <slot> that this node holds.',
  'FORGET <node-id>',
  '    Declares <node-id> dead: its partitions go to the other nodes. One that is alive leaves by DYNAMO LEAVE.',
  'GETKEYSINSLOT <slot> <count>',
  '    Tells up to <count> keys in <slot> that this node holds.',
  'INFO',
  '    Describes the state of the cluster.',
  'KEYSLOT <key>',
  '    Tells the slot of <key>.',
  'MEET <host> <port> [<peer-port>]',
  '    Unites this node and its cluster with the node that listens there, and its cluster.',
  'MYID',
  '    Tells the id of this node.',
  'NODES',
  '    Describes the nodes as this node sees them, one a line:',
  '    <id> <ip:port@peer-port> <flags> - 0 <heard-ms> 0 <link> <slots> ...',
  'SHARDS',
  '    Tells which nodes serve which slots, by groups of nodes; those that still receive the keys are loading.',
  'SLOTS',
  '    Tells which nodes serve which slots, range by range: first slot, last slot, the node that coordinates now, and',
  '    the others that hold the keys.',
  'HELP',
  '    Prints this.',
];

function mapOf(server: Server): ClusterMap {
  const { node } = server;
  const keyspace = node.keyspaces.of('');
  return clusterMap({
    self: node.membership.self,
    members: node.membership.nodes(),
    partitionCount: node.routes.partitionCount,
    keyspace,
    placement: (partition) => node.routes.placement(partition, keyspace.n),
    isReachable: (id) => node.isReachable(id),
    heardMs: (id) => {
      const agoMs = node.peers.get(id)?.heardMsAgo();
      return agoMs === undefined ? 0 : server.clock.nowMs() - agoMs;
    },
    portsOf: (member) => node.portBook.portsOf(member),
  });
}

function runSlots({ server, connection, slot }: Call): void {
  writeSlots(slot.out, mapOf(server), connection.isSecure);
  slot.complete();
}

function runShards({ server, slot }: Call): void {
  writeShards(slot.out, mapOf(server));
  slot.complete();
}

function runNodes({ server, connection, slot }: Call): void {
  slot.out.verbatim('txt', nodesText(mapOf(server), connection.isSecure));
  slot.complete();
}

function runInfo({ server, slot }: Call): void {
  slot.out.verbatim('txt', infoText(mapOf(server)));
  slot.complete();
}

function runMyId({ server, slot }: Call): void {
  slot.out.bulkText(server.node.membership.self.id);
  slot.complete();
}

function runKeySlot({ args, slot }: Call): void {
  slot.out.integer(slotOf(args[2] ?? NOTHING));
  slot.complete();
}

/** What this node itself holds, as in Redis: not what is in the whole cluster. */
function runCountKeysInSlot({ server, connection, args, slot }: Call): void {
  const clusterSlot = slotArgument(args[2], 'ERR Invalid slot');
  if (typeof clusterSlot === 'string') {
    refuse(server, slot, clusterSlot);
    return;
  }
  server.node.replica.scans.countKeysInSlot(connection.db, clusterSlot).then(
    (count) => {
      slot.out.integer(count);
      slot.complete();
    },
    (error: unknown) => refuse(server, slot, scanFailure(error)),
  );
}

function runGetKeysInSlot({ server, connection, args, slot }: Call): void {
  const outOfRange = 'ERR Invalid slot or number of keys';
  const countMax = parseInt64(args[3] ?? NOTHING);
  const clusterSlot = countMax === undefined ? NOT_AN_INTEGER : slotArgument(args[2], outOfRange);
  if (typeof clusterSlot === 'string' || countMax === undefined || countMax < 0n) {
    refuse(server, slot, typeof clusterSlot === 'string' ? clusterSlot : outOfRange);
    return;
  }
  server.node.replica.scans.keysInSlot(connection.db, clusterSlot, Number(countMax)).then(
    (keys) => {
      slot.out.array(keys.length);
      for (const key of keys) slot.out.bulk(Buffer.from(key, 'latin1'));
      slot.complete();
    },
    (error: unknown) => refuse(server, slot, scanFailure(error)),
  );
}

/** The slot, or the error that Redis answers with. */
function slotArgument(argument: Buffer | undefined, outOfRange: string): Slot | string {
  const number = parseInt64(argument ?? NOTHING);
  if (number === undefined) return NOT_AN_INTEGER;
  return number >= 0n && number < BigInt(SLOT_COUNT) ? (Number(number) as Slot) : outOfRange;
}

function scanFailure(error: unknown): string {
  return failureText({ code: 'StoreFailed', reason: error instanceof Error ? error.message : String(error) });
}

/** Nodes do not report each other as failed: each goes by what it sees itself. */
function runCountFailureReports({ server, args, slot }: Call): void {
  const id = (args[2] ?? NOTHING).toString('latin1');
  if (!server.node.membership.nodes().some((member) => member.id === id)) {
    refuse(server, slot, `ERR Unknown node ${id}`);
    return;
  }
  slot.out.integer(0);
  slot.complete();
}

/** Every node reads and writes every key: these modes change nothing but what `CLIENT LIST` shows. */
function runReadonly({ connection, slot }: Call): void {
  connection.isReadonly = true;
  slot.out.ok();
  slot.complete();
}

function runReadwrite({ connection, slot }: Call): void {
  connection.isReadonly = false;
  slot.out.ok();
  slot.complete();
}

/** `ASK` is never answered, so that there is nothing to prepare for. */
function runAsking({ slot }: Call): void {
  slot.out.ok();
  slot.complete();
}

function subcommand(row: Omit<CommandRow, 'flags' | 'categories' | 'group'>): CommandRow {
  return { ...row, flags: ['stale'], categories: ['@slow'], group: 'cluster' };
}

const SUBCOMMANDS: readonly CommandRow[] = [
  {
    ...subcommand({
      name: 'count-failure-reports',
      arity: 3,
      since: '3.0.0',
      complexity: 'O(N) where N is the number of failure reports',
      summary: 'Return the number of failure reports active for a given node',
      tips: CHANGES_BY_ITSELF,
      arguments: [{ name: 'node-id', type: 'string' }],
      run: runCountFailureReports,
    }),
    flags: ['admin', 'stale'],
    categories: ['@admin', '@slow', '@dangerous'],
  },
  subcommand({
    name: 'countkeysinslot',
    arity: 3,
    since: '3.0.0',
    complexity: 'O(N) where N is the number of local keys in the partition of the slot',
    summary: 'Return the number of local keys in the specified hash slot',
    arguments: [{ name: 'slot', type: 'integer' }],
    run: runCountKeysInSlot,
  }),
  forgetRow,
  subcommand({
    name: 'getkeysinslot',
    arity: 4,
    since: '3.0.0',
    complexity: 'O(N) where N is the number of local keys in the partition of the slot',
    summary: 'Return local key names in the specified hash slot',
    tips: CHANGES_BY_ITSELF,
    arguments: [
      { name: 'slot', type: 'integer' },
      { name: 'count', type: 'integer' },
    ],
    run: runGetKeysInSlot,
  }),
  subcommand({
    name: 'info',
    arity: 2,
    since: '3.0.0',
    complexity: 'O(P) where P is the number of partitions',
    summary: 'Provides info about Redis Cluster node state',
    tips: CHANGES_BY_ITSELF,
    run: runInfo,
  }),
  subcommand({
    name: 'keyslot',
    arity: 3,
    since: '3.0.0',
    complexity: 'O(N) where N is the number of bytes in the key',
    summary: 'Returns the hash slot of the specified key',
    arguments: [{ name: 'key', type: 'string' }],
    run: runKeySlot,
  }),
  meetRow,
  subcommand({
    name: 'myid',
    arity: 2,
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Return the node id',
    run: runMyId,
  }),
  subcommand({
    name: 'nodes',
    arity: 2,
    since: '3.0.0',
    complexity: 'O(P) where P is the number of partitions',
    summary: 'Get Cluster config for the node',
    tips: CHANGES_BY_ITSELF,
    run: runNodes,
  }),
  subcommand({
    name: 'shards',
    arity: 2,
    since: '7.0.0',
    complexity: 'O(P) where P is the number of partitions',
    summary: 'Get array of cluster slots to node mappings',
    tips: CHANGES_BY_ITSELF,
    run: runShards,
  }),
  subcommand({
    name: 'slots',
    arity: 2,
    since: '3.0.0',
    complexity: 'O(P) where P is the number of partitions',
    summary: 'Get array of Cluster slot to node mappings',
    tips: CHANGES_BY_ITSELF,
    deprecated: { since: '7.0.0', replacedBy: '`CLUSTER SHARDS`' },
    run: runSlots,
  }),
  helpRow('cluster', 'cluster', '5.0.0', HELP_LINES),
];

const FAST: readonly CommandFlag[] = ['loading', 'stale', 'fast'];
const CONNECTION_CATEGORIES: readonly string[] = ['@fast', '@connection'];

export const clusterCommands: readonly CommandRow[] = [
  {
    name: 'cluster',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '3.0.0',
    group: 'cluster',
    complexity: 'Depends on subcommand.',
    summary: 'A container for cluster commands',
    subcommands: SUBCOMMANDS,
    run: runSubcommand,
  },
  {
    name: 'readonly',
    arity: 1,
    flags: FAST,
    categories: CONNECTION_CATEGORIES,
    since: '3.0.0',
    group: 'cluster',
    complexity: 'O(1)',
    summary: 'Enables read queries for a connection to a cluster replica node',
    run: runReadonly,
  },
  {
    name: 'readwrite',
    arity: 1,
    flags: FAST,
    categories: CONNECTION_CATEGORIES,
    since: '3.0.0',
    group: 'cluster',
    complexity: 'O(1)',
    summary: 'Disables read queries for a connection to a cluster replica node',
    run: runReadwrite,
  },
  {
    name: 'asking',
    arity: 1,
    flags: ['fast'],
    categories: CONNECTION_CATEGORIES,
    since: '3.0.0',
    group: 'cluster',
    complexity: 'O(1)',
    summary: 'Sent by cluster clients after an -ASK redirect',
    run: runAsking,
  },
];
