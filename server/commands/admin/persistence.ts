/** Saving by order. Writes are stored as they come; this also waits until the disk has them. */
import type { Server } from '../../server.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';

const ALREADY_RUNNING = 'ERR Background save already in progress';

function save({ server, slot }: Call) {
  if (server.saves.isRunning) return refuse(server, slot, ALREADY_RUNNING);
  server.saves.save().then(
    () => {
      slot.out.ok();
      slot.complete();
    },
    (error: unknown) => refuse(server, slot, `ERR ${reasonOf(error)}`),
  );
}

function saveInBackground({ server, args, slot }: Call) {
  if (args.length > 2 || (args.length === 2 && keyword(args[1]) !== 'SCHEDULE')) {
    return refuse(server, slot, SYNTAX_ERROR);
  }
  if (server.saves.isRunning) return refuse(server, slot, ALREADY_RUNNING);
  begin(server);
  slot.out.simple('Background saving started');
  slot.complete();
}

/** There is no such file; what its rewriting is good for, that all is on disk, is done all the same. */
function rewriteLog({ server, slot }: Call) {
  const isBusy = server.saves.isRunning;
  if (!isBusy) begin(server);
  slot.out.simple(`Background append only file rewriting ${isBusy ? 'scheduled' : 'started'}`);
  slot.complete();
}

function begin(server: Server): void {
  server.saves.save().catch((error: unknown) => server.log.error({ reason: reasonOf(error) }, 'a save has failed'));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lastSave({ server, slot }: Call) {
  slot.out.integer(server.saves.lastS);
  slot.complete();
}

const ADMIN: Pick<CommandRow, 'categories' | 'group' | 'since'> = {
  categories: ['@admin', '@slow', '@dangerous'],
  group: 'server',
  since: '1.0.0',
};
const PER_WRITE = 'O(N) where N is the number of writes that are not yet stored';

export const persistenceCommands: readonly CommandRow[] = [
  {
    ...ADMIN,
    name: 'save',
    arity: 1,
    flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
    complexity: PER_WRITE,
    summary: 'Waits until the disk of this node has all that it has acknowledged; nothing else waits meanwhile',
    run: save,
  },
  {
    ...ADMIN,
    name: 'bgsave',
    arity: -1,
    flags: ['admin', 'noscript', 'no_async_loading'],
    complexity: 'O(1)',
    summary: 'Begins to do what SAVE does',
    arguments: [{ name: 'schedule', type: 'pure-token', token: 'SCHEDULE', since: '3.2.2', flags: ['optional'] }],
    run: saveInBackground,
  },
  {
    ...ADMIN,
    name: 'bgrewriteaof',
    arity: 1,
    flags: ['admin', 'noscript', 'no_async_loading'],
    complexity: 'O(1)',
    summary: 'Begins to do what SAVE does: there is no append-only file',
    run: rewriteLog,
  },
  {
    ...ADMIN,
    name: 'lastsave',
    arity: 1,
    flags: ['loading', 'stale', 'fast'],
    categories: ['@admin', '@fast', '@dangerous'],
    complexity: 'O(1)',
    summary: 'Tells when the last save by order ended, or when the node started',
    tips: ['nondeterministic_output'],
    run: lastSave,
  },
];
