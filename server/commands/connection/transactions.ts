/**
 * `MULTI`, `EXEC` and `WATCH` for what libraries send: the commands run one after the other when `EXEC` comes, and are answered
 * together. Other clients' commands may come between them, at this node and at others: nothing is isolated, and nothing is
 * taken back. `WATCH` compares versions just before the first of them runs.
 */

import { decodeObject, encodeClock, type ObjectBytes } from '../../../cluster/version/codec.js';
import type { ClientConnection } from '../../net/connection.js';
import { WATCHED_KEYS_MAX } from '../../net/limits.js';
import { Transaction, type WatchedKey } from '../../net/transaction.js';
import type { Server } from '../../server.js';
import { ALL_KEYS, KEYS_ARGUMENT } from '../arguments/argument-rows.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { type CommandRow, type Handler, refuse } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { Gather } from '../gather.js';
import { getStep } from '../session-steps.js';
import { shownValue } from '../shown-sibling.js';

const multi: Handler = ({ server, connection, slot }) => {
  if (connection.transaction !== undefined) return refuse(server, slot, 'ERR MULTI calls can not be nested');
  connection.transaction = new Transaction();
  slot.out.ok();
  slot.complete();
};

const discard: Handler = ({ server, connection, slot }) => {
  if (connection.transaction === undefined) return refuse(server, slot, 'ERR DISCARD without MULTI');
  connection.endTransaction();
  slot.out.ok();
  slot.complete();
};

const exec: Handler = ({ server, connection, slot }) => {
  const { transaction, watched } = connection;
  if (transaction === undefined) return refuse(server, slot, 'ERR EXEC without MULTI');
  connection.endTransaction();
  if (transaction.isDoomed) {
    return refuse(server, slot, 'EXECABORT Transaction discarded because of previous errors.');
  }
  const { requests } = transaction;
  connection.requests.runAlone(slot, () => {
    void firstChange(server, connection, watched).then((change) => {
      if (typeof change === 'object' && refusesFailure(server, slot, change)) return;
      if (change === 'changed') {
        slot.out.nullArray();
      } else {
        // The replies of the requests, which come next, are the elements.
        slot.out.array(requests.length);
        connection.requests.sendAhead(requests);
      }
      slot.complete();
    });
  });
};

const watch: Handler = (call) => {
  const { server, connection, slot, args } = call;
  if (connection.transaction !== undefined) return refuse(server, slot, 'ERR WATCH inside MULTI is not allowed');
  for (let i = 1; i < args.length; i++) if (refusesKey(call, args[i])) return;
  if (connection.watched.length + args.length - 1 > WATCHED_KEYS_MAX) {
    return refuse(server, slot, `ERR a client may watch ${WATCHED_KEYS_MAX} keys at a time`);
  }
  const { db, session } = connection;
  const gather = new Gather<WatchedKey>(server, slot, args.length - 1, (keys) => {
    for (const key of keys) if (key !== undefined) connection.watched.push(key);
    slot.out.ok();
  });
  gather.ask((index) => {
    const key = keyOf(args[index + 1]);
    session.get(db, key.slot, key.text, index, (at, failure, object) => {
      const state = stateOf(server, key.text, object);
      gather.arrived(at, failure, { db, slot: key.slot, key: key.text, state });
    });
  });
};

const unwatch: Handler = ({ connection, slot }) => {
  connection.watched = [];
  slot.out.ok();
  slot.complete();
};

/** Whether a watched key is not what it was; a failure where that can't be known. */
async function firstChange(server: Server, { session }: ClientConnection, watched: readonly WatchedKey[]) {
  for (const { db, slot, key, state } of watched) {
    const { failure, object } = await getStep(session, { db, key: { text: key, slot } });
    if (failure !== undefined) return failure;
    if (stateOf(server, key, object) !== state) return 'changed';
  }
  return 'unchanged';
}

/** Equal where the replicas hold the same versions, and they show something or nothing as before. */
function stateOf(server: Server, key: string, object: ObjectBytes | undefined): string {
  if (object === undefined) return '';
  const isThere = shownValue(server, key, object) !== undefined;
  return `${isThere ? '+' : '-'}${encodeClock(decodeObject(object).clock).toString('latin1')}`;
}

const FAST = {
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['@fast', '@transaction'],
  group: 'transactions',
} as const;

/** Commands that gather others. */
export const transactionCommands: readonly CommandRow[] = [
  {
    ...FAST,
    name: 'multi',
    arity: 1,
    since: '1.2.0',
    complexity: 'O(1)',
    summary: 'Begin to queue commands; they run one after the other at EXEC, not isolated from those of other clients',
    run: multi,
  },
  {
    name: 'exec',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
    categories: ['@slow', '@transaction'],
    since: '1.2.0',
    group: 'transactions',
    complexity: 'Depends on commands in the transaction',
    summary:
      'Run the commands queued since MULTI in their order; other clients may come between, and nothing is taken back',
    run: exec,
  },
  {
    ...FAST,
    name: 'discard',
    arity: 1,
    since: '2.0.0',
    complexity: 'O(N), when N is the number of queued commands',
    summary: 'Forget the commands queued since MULTI',
    run: discard,
  },
  {
    ...FAST,
    name: 'watch',
    arity: -2,
    keys: { ...ALL_KEYS, flags: ['RO'] },
    since: '2.2.0',
    complexity: 'O(1) for every key.',
    summary: 'Let EXEC run nothing if one of the keys has changed by then; versions are compared just before it runs',
    arguments: [KEYS_ARGUMENT],
    run: watch,
  },
  {
    ...FAST,
    name: 'unwatch',
    arity: 1,
    since: '2.2.0',
    complexity: 'O(1)',
    summary: 'Forget the watched keys',
    run: unwatch,
  },
];
