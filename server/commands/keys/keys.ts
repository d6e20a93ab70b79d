/** Commands on keys whatever they hold: deletion, existence, type. */

import type { Change } from '../../../cluster/coordinator/changes/change.js';
import type { ModifyDone } from '../../../cluster/coordinator/changes/modify.js';
import { ALL_KEYS, FIRST_KEY, KEY_ARGUMENT, KEYS_ARGUMENT } from '../arguments/argument-rows.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import type { CommandRow, Handler } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { Gather } from '../gather.js';
import { readable, shownAt } from '../shown-sibling.js';

const DELETE: Change = { kind: 'delete', context: undefined };

const del: Handler = (call) => {
  const { server, slot, connection, args } = call;
  for (let i = 1; i < args.length; i++) if (refusesKey(call, args[i])) return;
  const { db, session } = connection;
  let deleted = 0;
  const gather = new Gather<undefined>(server, slot, args.length - 1, () => slot.out.integer(deleted));
  const arrived: ModifyDone<number> = (index, failure, applied) => {
    if (applied) deleted++;
    gather.arrived(index, failure, undefined);
  };
  gather.ask((index) => {
    const key = keyOf(args[index + 1]);
    session.modify(db, key.slot, key.text, DELETE, index, arrived);
  });
};

const exists: Handler = (call) => {
  const { server, slot, connection, args } = call;
  for (let i = 1; i < args.length; i++) if (refusesKey(call, args[i])) return;
  const { db, session } = connection;
  let found = 0;
  const gather = new Gather<undefined>(server, slot, args.length - 1, () => {
    server.statistics.keyspaceHits += found;
    server.statistics.keyspaceMisses += args.length - 1 - found;
    slot.out.integer(found);
  });
  gather.ask((index) => {
    const key = keyOf(args[index + 1]);
    session.get(db, key.slot, key.text, index, (at, failure, object) => {
      if (shownAt(server, key.text, readable(server, object)) >= 0) found++;
      gather.arrived(at, failure, undefined);
    });
  });
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

const OF_MANY_KEYS = {
  arity: -2,
  group: 'generic',
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  arguments: [KEYS_ARGUMENT],
} as const;
const DELETING = {
  ...OF_MANY_KEYS,
  keys: { ...ALL_KEYS, flags: ['RM', 'delete'] },
  complexity: 'O(N) where N is the number of keys that will be removed.',
  run: del,
} as const;
const COUNTING = {
  ...OF_MANY_KEYS,
  flags: ['readonly', 'fast'],
  keys: { ...ALL_KEYS, flags: ['RO'] },
  categories: ['@keyspace', '@read', '@fast'],
  run: exists,
} as const;

/** Generic commands on whole keys. */
export const keyCommands: readonly CommandRow[] = [
  {
    ...DELETING,
    name: 'del',
    flags: ['write'],
    categories: ['@keyspace', '@write', '@slow'],
    since: '1.0.0',
    summary: 'Delete keys, with all siblings that a read quorum knows',
  },
  {
    ...DELETING,
    name: 'unlink',
    flags: ['write', 'fast'],
    categories: ['@keyspace', '@write', '@fast'],
    since: '4.0.0',
    summary: 'Delete keys; the same as DEL',
  },
  {
    ...COUNTING,
    name: 'exists',
    since: '1.0.0',
    complexity: 'O(N) where N is the number of keys to check.',
    summary: 'Count how many of the given keys exist',
  },
  {
    ...COUNTING,
    name: 'touch',
    since: '3.2.1',
    complexity: 'O(N) where N is the number of keys that will be touched.',
    summary: 'Count how many of the given keys exist; nobody notes when a key is read',
  },
  {
    name: 'type',
    arity: 2,
    flags: ['readonly', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RO'] },
    categories: ['@keyspace', '@read', '@fast'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Get the type of the value stored at a key',
    arguments: [KEY_ARGUMENT],
    run: type,
  },
];
