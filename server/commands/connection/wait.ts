/** `WAIT`: how many replicas hold what this connection wrote last. */
import type { Block } from '../../net/connection.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { type CommandRow, type Handler, refuse } from '../command.js';
import { NOT_AN_INTEGER } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';

const UNBLOCKED = 'UNBLOCKED client unblocked via CLIENT UNBLOCK';

const wait: Handler = ({ server, slot, connection, args }) => {
  const replicas = parseInt64(args[1]);
  if (replicas === undefined) return refuse(server, slot, NOT_AN_INTEGER);
  const timeoutMs = parseInt64(args[2]);
  if (timeoutMs === undefined) return refuse(server, slot, 'ERR timeout is not an integer or out of range');
  if (timeoutMs < 0n) return refuse(server, slot, 'ERR timeout is negative');
  const block: Block = { end: undefined, mayEnd: true };
  connection.block = block;
  const until = {
    replicas: Number(replicas),
    timeoutMs: Number(timeoutMs),
    isOver: () => connection.isClosed || block.end !== undefined,
  };
  void server.node.heldWrites(connection.session, until).then((held) => {
    if (connection.block === block) connection.block = undefined;
    if (block.end === 'error') return refuse(server, slot, UNBLOCKED);
    if (typeof held !== 'number') {
      refusesFailure(server, slot, held);
      return;
    }
    slot.out.integer(held);
    slot.complete();
  });
};

/** `WAIT`. Clients that asked all nodes would be told of writes that went through others: no tips to do so. */
export const waitCommands: readonly CommandRow[] = [
  {
    name: 'wait',
    arity: 3,
    flags: ['noscript'],
    categories: ['@slow', '@connection'],
    since: '3.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary:
      'Wait until so many replicas, beside the one that coordinated, hold the last 32 keys that this connection wrote',
    arguments: [
      { name: 'numreplicas', type: 'integer' },
      { name: 'timeout', type: 'integer' },
    ],
    run: wait,
  },
];
