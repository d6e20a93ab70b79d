import { pureTokens } from '../arguments/argument-rows.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';

function time({ server, slot }: Call) {
  const nowMs = server.clock.nowMs();
  slot.out.array(2);
  slot.out.bulkText(String(Math.trunc(nowMs / 1000)));
  slot.out.bulkText(String(Math.trunc((nowMs % 1000) * 1000)));
  slot.complete();
}

/** Of the whole cluster; an incomplete count is an error, not a number. */
function databaseSize({ server, connection, slot }: Call) {
  server.node.countKeys(connection.db, (count, missing) => {
    if (missing > 0) {
      return refuse(server, slot, `CLUSTERDOWN no reachable node holds ${missing} of the partitions: can't count`);
    }
    slot.out.integer(count);
    slot.complete();
  });
}

function shutDown({ server, connection, args, slot }: Call) {
  const options = new Set(args.slice(1).map(keyword));
  const isKnown = [...options].every((option) => ['SAVE', 'NOSAVE', 'NOW', 'FORCE', 'ABORT'].includes(option));
  const isContradiction = options.has('SAVE') && options.has('NOSAVE');
  if (!isKnown || isContradiction || (options.has('ABORT') && args.length > 2)) {
    return refuse(server, slot, SYNTAX_ERROR);
  }
  if (options.has('ABORT')) return refuse(server, slot, 'ERR No shutdown in progress.');
  // Success has no answer but the end of the connection.
  connection.setReplyMode('off', slot);
  slot.complete();
  server.shutDown();
}

export const serverCommands: readonly CommandRow[] = [
  {
    name: 'time',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    categories: ['@fast'],
    since: '2.6.0',
    group: 'server',
    complexity: 'O(1)',
    summary: 'Tells the time of this node in seconds and microseconds',
    tips: ['nondeterministic_output'],
    run: time,
  },
  {
    name: 'dbsize',
    arity: 1,
    flags: ['readonly', 'fast'],
    categories: ['@keyspace', '@read', '@fast'],
    since: '1.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of nodes',
    summary: 'Counts the keys of the database in the whole cluster',
    run: databaseSize,
  },
  {
    name: 'shutdown',
    arity: -1,
    flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
    categories: ['@admin', '@slow', '@dangerous'],
    since: '1.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of writes not yet stored',
    summary: 'Stores what is not yet stored and stops this node',
    arguments: [
      {
        name: 'nosave_save',
        type: 'oneof',
        flags: ['optional'],
        arguments: pureTokens('nosave', 'save'),
      },
      { name: 'now', type: 'pure-token', token: 'NOW', since: '7.0.0', flags: ['optional'] },
      { name: 'force', type: 'pure-token', token: 'FORCE', since: '7.0.0', flags: ['optional'] },
      { name: 'abort', type: 'pure-token', token: 'ABORT', since: '7.0.0', flags: ['optional'] },
    ],
    run: shutDown,
  },
];
