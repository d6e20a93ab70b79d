/** Commands about a master and its replicas: every node is equal here, so that there is nobody to follow or to replace. */
import { pureTokens } from '../arguments/argument-rows.js';
import { type ArgumentRow, type Call, type CommandRow, type Handler, refuse } from '../command.js';

/** In the words of a node of a Redis Cluster. */
const refused =
  (text: string): Handler =>
  ({ server, slot }) =>
    refuse(server, slot, text);

function role({ slot }: Call) {
  slot.out.array(3);
  slot.out.bulkText('master');
  slot.out.integer(0);
  slot.out.array(0);
  slot.complete();
}

const ADMIN: Pick<CommandRow, 'categories' | 'group' | 'complexity'> = {
  categories: ['@admin', '@slow', '@dangerous'],
  group: 'server',
  complexity: 'O(1)',
};
const MASTER: readonly ArgumentRow[] = [
  {
    name: 'args',
    type: 'oneof',
    arguments: [
      {
        name: 'host-port',
        type: 'block',
        arguments: [
          { name: 'host', type: 'string' },
          { name: 'port', type: 'integer' },
        ],
      },
      {
        name: 'no-one',
        type: 'block',
        arguments: pureTokens('no', 'one'),
      },
    ],
  },
];
const FOLLOW: Pick<CommandRow, 'arity' | 'flags' | 'arguments' | 'summary' | 'run'> = {
  arity: 3,
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  arguments: MASTER,
  summary: 'Always refused: no node follows another one',
  run: refused('ERR REPLICAOF not allowed in cluster mode.'),
};

export const replicationCommands: readonly CommandRow[] = [
  {
    ...ADMIN,
    name: 'role',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast'],
    categories: ['@admin', '@fast', '@dangerous'],
    since: '2.8.12',
    summary: 'Says what each node is: a master without replicas of its own',
    run: role,
  },
  { ...ADMIN, ...FOLLOW, name: 'replicaof', since: '5.0.0' },
  {
    ...ADMIN,
    ...FOLLOW,
    name: 'slaveof',
    since: '1.0.0',
    deprecated: { since: '5.0.0', replacedBy: '`REPLICAOF`' },
  },
  {
    ...ADMIN,
    name: 'failover',
    arity: -1,
    flags: ['admin', 'noscript', 'stale'],
    since: '6.2.0',
    summary: 'Always refused: there is no master whose place another node could take',
    arguments: [
      {
        name: 'target',
        type: 'block',
        token: 'TO',
        flags: ['optional'],
        arguments: [
          { name: 'host', type: 'string' },
          { name: 'port', type: 'integer' },
          { name: 'force', type: 'pure-token', token: 'FORCE', flags: ['optional'] },
        ],
      },
      { name: 'abort', type: 'pure-token', token: 'ABORT', flags: ['optional'] },
      { name: 'milliseconds', type: 'integer', token: 'TIMEOUT', flags: ['optional'] },
    ],
    run: refused('ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.'),
  },
];
