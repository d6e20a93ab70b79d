/** `DYNAMO`: what the cluster does that Redis has no words for. */

import { roleAt } from '../../../cluster/coordinator/placement.js';
import type { Member, MemberState } from '../../../cluster/membership/membership.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import { type Partition, partitionOf } from '../../../cluster/ring/slots.js';
import type { Server } from '../../server.js';
import { KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { type Key, keyOf, refusesKey } from '../arguments/key-argument.js';
import { answerChange, elasticOf, STANDS_ALONE } from '../cluster/elastic.js';
import { type Call, type CommandRow, type Handler, refuse, runSubcommand } from '../command.js';
import { wrongArity } from '../error-text.js';
import { helpRow } from '../subcommand-help.js';
import { writeHints } from './dynamo-hints.js';
import { type KeyPlace, writeOwners, writeVersions } from './dynamo-replies.js';
import { writePartitionSync, writeSync } from './dynamo-sync.js';
import { writeTransfers } from './dynamo-transfers.js';

const HELP_LINES: readonly string[] = [
  'HINTS',
  '    Tells which nodes have missed writes that this one keeps for them, and how far their delivery is.',
  'LEAVE',
  '    This node leaves the cluster: it hands over all that it holds while it goes on serving, and then stops.',
  'OWNERS <key>',
  '    Tells which nodes <key> belongs to, in the order in which they serve it: its primaries; while its partition moves,',
  '    those that are to be and those that are to be no longer; then who stands in for those that can not be reached.',
  'SYNC [<partition>]',
  '    Tells how the comparison of replicas stands; with <partition> compares it with all its other primaries now.',
  'TRANSFERS',
  '    Tells how far the transfers of partitions to and from this node are.',
  'VERSIONS <key>',
  '    Asks each of them what it holds of <key>: version vector, siblings, what it misses and what is superseded.',
  'HELP',
  '    Prints this.',
];

function placeOf(server: Server, { slot, text }: Key): KeyPlace {
  const { routes, keyspaces } = server.node;
  const partition = partitionOf(slot, routes.partitionCount);
  const keyspace = keyspaces.of(text);
  return { slot, partition, keyspace, primaries: routes.placement(partition, keyspace.n).n };
}

function membersOf({ node }: Server): Map<NodeId, Member> {
  return new Map(node.membership.nodes().map((member) => [member.id, member]));
}

const owners: Handler = (call) => {
  const { server, slot, args } = call;
  if (refusesKey(call, args[2])) return;
  const { node } = server;
  const place = placeOf(server, keyOf(args[2]));
  const members = membersOf(server);
  const staying = new Set(node.membership.members());
  const placement = node.routes.placement(place.partition, place.keyspace.n);
  const shown = placement.targets.flatMap(({ id }, index) => {
    const member = members.get(id);
    if (member === undefined) return [];
    const role = roleAt(placement, index);
    return { member, role, isReachable: node.isReachable(id), isLeaving: !staying.has(member) };
  });
  writeOwners(slot.out, place, shown);
  slot.complete();
};

function versions(call: Call): void {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[2])) return;
  const { node } = server;
  const key = keyOf(args[2]);
  const members = membersOf(server);
  void node.copiesOf(connection.db, key.slot, key.text).then((copies) => {
    writeVersions(slot.out, placeOf(server, key), copies, (id) => members.get(id));
    slot.complete();
  });
}

function hints({ server, slot }: Call): void {
  const { node } = server;
  const members = membersOf(server);
  const targets = node.hints
    .byTarget()
    .filter(({ count }) => count > 0)
    .map((pending) => ({
      ...pending,
      member: members.get(pending.target),
      isReachable: node.isReachable(pending.target),
    }));
  writeHints(slot.out, targets, node.hints.loaded, server.clock.nowMs());
  slot.complete();
}

/** Answers before anything is handed over: that may take hours, and the process ends with it. Asked twice it is under way. */
function leave({ server, slot }: Call): void {
  const membership = elasticOf(server);
  if (membership === undefined) {
    refuse(server, slot, STANDS_ALONE);
    return;
  }
  const state = membership.state();
  if (state === 'leaving') {
    slot.out.ok();
    slot.complete();
    return;
  }
  if (state !== 'member') {
    refuse(server, slot, `ERR this node is ${STATE_WORDS[state]}`);
    return;
  }
  void answerChange(server, slot, membership.leave());
}

function transfers({ server, slot }: Call): void {
  const members = membersOf(server);
  const shown = server.node.transfers().map((transfer) => ({ ...transfer, member: members.get(transfer.peer) }));
  writeTransfers(slot.out, shown);
  slot.complete();
}

function sync(call: Call): void {
  const { server, slot, args } = call;
  const { antiEntropy, membership } = server.node;
  const members = membersOf(server);
  const memberOf = (id: NodeId) => members.get(id);
  const argument = args[2];
  if (argument === undefined) {
    writeSync(slot.out, antiEntropy.status(), memberOf);
    slot.complete();
    return;
  }
  if (args.length > 3) {
    refuse(server, slot, wrongArity('dynamo|sync'));
    return;
  }
  const { partitionCount } = membership.ring();
  const number = parseInt64(argument);
  if (number === undefined || number < 0n || number >= BigInt(partitionCount)) {
    refuse(server, slot, `ERR partition must be a number from 0 to ${partitionCount - 1}`);
    return;
  }
  const partition = Number(number) as Partition;
  void antiEntropy.exchangeNow(partition).then((reports) => {
    for (const status of antiEntropy.status(partition)) writePartitionSync(slot.out, status, reports, memberOf);
    slot.complete();
  });
}

const STATE_WORDS: Readonly<Record<Exclude<MemberState, 'member' | 'leaving'>, string>> = {
  joining: 'not a member yet: it is still joining',
  gone: 'gone from the cluster already',
  forgotten: 'no member: another node has declared it dead',
};

const COMMON: Pick<CommandRow, 'categories' | 'group' | 'since'> = {
  categories: ['@slow'],
  group: 'cluster',
  since: '0.1.0',
};
/** For operators; as in Redis such commands are in two categories of their own. */
const ADMIN: Pick<CommandRow, 'flags' | 'categories'> = {
  flags: ['admin', 'stale'],
  categories: ['@admin', '@slow', '@dangerous'],
};
const KEY: Pick<CommandRow, 'keys' | 'arguments'> = {
  keys: { first: 2, last: 2, step: 1, flags: ['RO'] },
  arguments: [KEY_ARGUMENT],
};

const subcommands: readonly CommandRow[] = [
  {
    ...COMMON,
    ...ADMIN,
    name: 'hints',
    arity: 2,
    complexity: 'O(N) where N is the number of hints',
    summary: 'Tells which nodes have missed writes that this one keeps for them',
    tips: ['nondeterministic_output'],
    run: hints,
  },
  {
    ...COMMON,
    ...ADMIN,
    name: 'leave',
    arity: 2,
    complexity: 'O(1); handing over goes on behind it',
    summary: 'Makes this node hand over all that it holds, leave the cluster and stop',
    run: leave,
  },
  {
    ...COMMON,
    ...KEY,
    name: 'owners',
    arity: 3,
    flags: ['readonly', 'stale'],
    complexity: 'O(N) where N is the number of nodes',
    summary: 'Tells which nodes a key belongs to, and which of them can be reached',
    tips: ['nondeterministic_output'],
    run: owners,
  },
  {
    ...COMMON,
    ...ADMIN,
    name: 'sync',
    arity: -2,
    complexity:
      'O(P) where P is the number of partitions; with a partition, what it takes to compare it with each primary',
    summary: 'Tells how the comparison of replicas stands, or compares one partition now',
    tips: ['nondeterministic_output'],
    arguments: [{ name: 'partition', type: 'integer', flags: ['optional'] }],
    run: sync,
  },
  {
    ...COMMON,
    ...ADMIN,
    name: 'transfers',
    arity: 2,
    complexity: 'O(N) where N is the number of nodes',
    summary: 'Tells how far the transfers of partitions to and from this node are',
    tips: ['nondeterministic_output'],
    run: transfers,
  },
  {
    ...COMMON,
    ...KEY,
    name: 'versions',
    arity: 3,
    flags: ['readonly', 'stale'],
    complexity: 'O(N) where N is the number of nodes, all of which are asked',
    summary: 'Tells what each node holds of a key, and where they differ',
    tips: ['nondeterministic_output'],
    run: versions,
  },
  helpRow('dynamo', 'cluster', '0.1.0', HELP_LINES),
];

export const dynamoCommands: readonly CommandRow[] = [
  {
    ...COMMON,
    name: 'dynamo',
    arity: -2,
    flags: [],
    complexity: 'Depends on subcommand.',
    summary: 'About keys and replicas as a Dynamo sees them',
    subcommands,
    run: runSubcommand,
  },
];
