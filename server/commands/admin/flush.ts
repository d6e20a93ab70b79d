/** Commands on whole databases: emptying them, and which number means which. */
import type { Failure } from '../../../cluster/failure.js';
import { DB_COUNT } from '../../../cluster/storage/layout.js';
import type { ClientConnection } from '../../net/connection.js';
import { INT32_MAX, INT32_MIN, parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type ArgumentRow, type Call, type CommandRow, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';

const OUT_OF_RANGE = 'ERR DB index is out of range';

/** Neither waits for keys to be removed: nobody is shown them from the reply on, and their space is given back behind. */
function takesMode(args: readonly Buffer[]): boolean {
  if (args.length === 1) return true;
  return args.length === 2 && ['ASYNC', 'SYNC'].includes(keyword(args[1]));
}

function flush(call: Call, dbsOf: (connection: ClientConnection) => readonly number[]) {
  const { server, connection, args, slot } = call;
  if (!takesMode(args)) return refuse(server, slot, SYNTAX_ERROR);
  alone(call, () => server.node.databases.flush(dbsOf(connection)));
}

function swap(call: Call) {
  const { server, args, slot } = call;
  const first = indexOf(args[1]);
  if (first === undefined) return refuse(server, slot, 'ERR invalid first DB index');
  const second = indexOf(args[2]);
  if (second === undefined) return refuse(server, slot, 'ERR invalid second DB index');
  const { databases } = server.config;
  if (![first, second].every((db) => db >= 0 && db < databases)) return refuse(server, slot, OUT_OF_RANGE);
  if (first === second) {
    slot.out.ok();
    slot.complete();
    return;
  }
  alone(call, () => server.node.databases.swap(first, second));
}

/** Runs `change` when all earlier commands of the connection have been answered, and before all later ones. */
function alone({ server, connection, slot }: Call, change: () => Promise<Failure | number | undefined>) {
  connection.requests.runAlone(slot, () => {
    void change().then((outcome) => {
      if (typeof outcome === 'object' && refusesFailure(server, slot, outcome)) return;
      slot.out.ok();
      slot.complete();
    });
  });
}

/** As Redis reads it: an integer of 32 bits. */
function indexOf(argument: Buffer | undefined): number | undefined {
  const db = argument && parseInt64(argument);
  return db === undefined || db < INT32_MIN || db > INT32_MAX ? undefined : Number(db);
}

const ALL_DATABASES: readonly number[] = Array.from({ length: DB_COUNT }, (_, db) => db);

const MODE: ArgumentRow = {
  name: 'async',
  type: 'oneof',
  flags: ['optional'],
  arguments: [
    { name: 'async', type: 'pure-token', token: 'ASYNC', since: '4.0.0' },
    { name: 'sync', type: 'pure-token', token: 'SYNC', since: '6.2.0' },
  ],
};
const FLUSH = {
  arity: -1,
  flags: ['write'],
  categories: ['@keyspace', '@write', '@slow', '@dangerous'],
  since: '1.0.0',
  group: 'server',
  complexity: 'O(N) where N is the number of nodes',
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  arguments: [MODE],
} as const;

export const flushCommands: readonly CommandRow[] = [
  {
    ...FLUSH,
    name: 'flushdb',
    summary: 'Empty the database on all nodes: at once where they can be reached, else as soon as they can be',
    run: (call) => flush(call, ({ db }) => [db]),
  },
  {
    ...FLUSH,
    name: 'flushall',
    summary: 'Empty all databases on all nodes: at once where they can be reached, else as soon as they can be',
    run: (call) => flush(call, () => ALL_DATABASES),
  },
  {
    name: 'swapdb',
    arity: 3,
    flags: ['write', 'fast'],
    categories: ['@keyspace', '@write', '@fast', '@dangerous'],
    since: '4.0.0',
    group: 'server',
    complexity: 'O(N) where N is the number of nodes',
    summary: 'Swap two databases for all clients of all nodes; of two swaps at the same time the later one holds',
    arguments: [
      { name: 'index1', type: 'integer' },
      { name: 'index2', type: 'integer' },
    ],
    run: swap,
  },
];
