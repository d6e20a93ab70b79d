/** Commands that hold clients up, and let them go on. */

import { pureTokens } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { NOT_AN_INTEGER } from '../error-text.js';
import { subcommandFault } from '../subcommand-help.js';

const MODE_REFUSED = 'ERR CLIENT PAUSE mode must be WRITE or ALL';

function pause({ server, args, slot }: Call) {
  if (args.length > 4) return refuse(server, slot, subcommandFault(args), 'latin1');
  const mode = args[3] === undefined ? 'ALL' : keyword(args[3]);
  if (mode !== 'ALL' && mode !== 'WRITE') return refuse(server, slot, MODE_REFUSED);
  const ms = args[2] && parseInt64(args[2]);
  if (ms === undefined) return refuse(server, slot, 'ERR timeout is not an integer or out of range');
  if (ms < 0n) return refuse(server, slot, 'ERR timeout is negative');
  slot.out.ok();
  slot.complete();
  server.pause.begin(Number(ms), mode === 'WRITE');
}

function unpause({ server, slot }: Call) {
  slot.out.ok();
  slot.complete();
  if (server.pause.isOn) server.pause.end();
}

function unblock({ server, args, slot }: Call) {
  if (args.length > 4) return refuse(server, slot, subcommandFault(args), 'latin1');
  const reason = args[3] === undefined ? 'TIMEOUT' : keyword(args[3]);
  if (reason !== 'TIMEOUT' && reason !== 'ERROR') {
    return refuse(server, slot, 'ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
  }
  const id = args[2] && parseInt64(args[2]);
  if (id === undefined) return refuse(server, slot, NOT_AN_INTEGER);
  const block = server.clients.byId(Number(id))?.block;
  const ends = block?.mayEnd === true && block.end === undefined;
  if (ends) block.end = reason === 'ERROR' ? 'error' : 'timeout';
  slot.out.integer(ends ? 1 : 0);
  slot.complete();
}

const ADMIN: Pick<CommandRow, 'flags' | 'categories' | 'group'> = {
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['@admin', '@slow', '@dangerous', '@connection'],
  group: 'connection',
};

export const pauseSubcommands: readonly CommandRow[] = [
  {
    ...ADMIN,
    name: 'pause',
    arity: -3,
    since: '2.9.50',
    complexity: 'O(1)',
    summary: 'Lets all commands that clients send to this node wait for a time, or only those that write',
    arguments: [
      { name: 'timeout', type: 'integer' },
      {
        name: 'mode',
        type: 'oneof',
        since: '6.2.0',
        flags: ['optional'],
        arguments: pureTokens('write', 'all'),
      },
    ],
    run: pause,
  },
  {
    ...ADMIN,
    name: 'unpause',
    arity: 2,
    since: '6.2.0',
    complexity: 'O(N) where N is the number of commands that wait',
    summary: 'Ends a pause',
    run: unpause,
  },
  {
    ...ADMIN,
    name: 'unblock',
    arity: -3,
    since: '5.0.0',
    complexity: 'O(1)',
    summary: 'Ends the WAIT of a client',
    arguments: [
      { name: 'client-id', type: 'integer' },
      {
        name: 'timeout_error',
        type: 'oneof',
        flags: ['optional'],
        arguments: pureTokens('timeout', 'error'),
      },
    ],
    run: unblock,
  },
];
