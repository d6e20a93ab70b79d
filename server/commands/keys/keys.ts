/** Commands on keys whatever they hold: deletion, existence, type. */
import type { Change } from '../../../cluster/coordinator/changes/change.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import type { CommandRow, Handler } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { Gather } from '../gather.js';
import { readable, shownAt } from '../shown-sibling.js';

const DELETE: Change = { kind: 'delete', context: undefined };

const del: Handler = (call) => {
  const { server, slot, connection, args } = call;
  for (let i = 1; i < args.length; i++) if (refusesKey(call, args[i])) return;
  const gather = new Gather<boolean>(server, slot, args.length - 1, (deleted) => {
    slot.out.integer(deleted.filter(Boolean).length);
  });
  for (let i = 1; i < args.length; i++) {
    const key = keyOf(args[i]);
    connection.session.modify(connection.db, key.slot, key.text, DELETE, i - 1, (index, failure, applied) =>
      gather.arrived(index, failure, applied),
    );
  }
};

const exists: Handler = (call) => {
  const { server, slot, connection, args } = call;
  for (let i = 1; i < args.length; i++) if (refusesKey(call, args[i])) return;
  const gather = new Gather<boolean>(server, slot, args.length - 1, (areThere) => {
    const found = areThere.filter(Boolean).length;
    server.statistics.keyspaceHits += found;
    server.statistics.keyspaceMisses += areThere.length - found;
    slot.out.integer(found);
  });
  for (let i = 1; i < args.length; i++) {
    const key = keyOf(args[i]);
    connection.session.get(connection.db, key.slot, key.text, i - 1, (index, failure, object) =>
      gather.arrived(index, failure, shownAt(server, key.text, readable(server, object)) >= 0),
    );
  }
};

const type: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const key = keyOf(args[1]);
  connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, object) => {
    if (refusesFailure(server, slot, failure)) return;
    const isThere = shownAt(server, key.text, readable(server, object)) >= 0;
    server.statistics.countLookup(isThere);
    slot.out.simple(isThere ? 'string' : 'none');
    slot.complete();
  });
};

const KEYS_ARGUMENT = [{ name: 'key', type: 'key', flags: ['multiple'] }] as const;

/** Generic commands on whole keys. */
export const keyCommands: readonly CommandRow[] = [
  {
    name: 'del',
    arity: -2,
    flags: ['write'],
    keys: { first: 1, last: -1, step: 1, flags: ['RM', 'delete'] },
    categories: ['@keyspace', '@write', '@slow'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(N) where N is the number of keys that will be removed.',
    summary: 'Delete keys, with all siblings that a read quorum knows',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: KEYS_ARGUMENT,
    run: del,
  },
  {
    name: 'unlink',
    arity: -2,
    flags: ['write', 'fast'],
    keys: { first: 1, last: -1, step: 1, flags: ['RM', 'delete'] },
    categories: ['@keyspace', '@write', '@fast'],
    since: '4.0.0',
    group: 'generic',
    complexity: 'O(N) where N is the number of keys that will be removed.',
    summary: 'Delete keys; the same as DEL',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: KEYS_ARGUMENT,
    run: del,
  },
  {
    name: 'exists',
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: { first: 1, last: -1, step: 1, flags: ['RO'] },
    categories: ['@keyspace', '@read', '@fast'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(N) where N is the number of keys to check.',
    summary: 'Count how many of the given keys exist',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: KEYS_ARGUMENT,
    run: exists,
  },
  {
    name: 'touch',
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: { first: 1, last: -1, step: 1, flags: ['RO'] },
    categories: ['@keyspace', '@read', '@fast'],
    since: '3.2.1',
    group: 'generic',
    complexity: 'O(N) where N is the number of keys that will be touched.',
    summary: 'Count how many of the given keys exist; nobody notes when a key is read',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: KEYS_ARGUMENT,
    run: exists,
  },
  {
    name: 'type',
    arity: 2,
    flags: ['readonly', 'fast'],
    keys: { first: 1, last: 1, step: 1, flags: ['RO'] },
    categories: ['@keyspace', '@read', '@fast'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Get the type of the value stored at a key',
    arguments: [{ name: 'key', type: 'key' }],
    run: type,
  },
];
