import { parseInt64 } from '../arguments/integer-argument.js';
import { type Call, type CommandRow, refuse, runSubcommand } from '../command.js';
import { helpRow, subcommandFault } from '../subcommand-help.js';

const COUNT_DEFAULT = 10;

function get({ server, args, slot }: Call) {
  if (args.length > 3) return refuse(server, slot, subcommandFault(args), 'latin1');
  const count = args[2] === undefined ? BigInt(COUNT_DEFAULT) : parseInt64(args[2]);
  if (count === undefined || count < -1n) {
    return refuse(server, slot, 'ERR count should be greater than or equal to -1');
  }
  const { slowLog } = server;
  const entries = slowLog.newest(count === -1n ? slowLog.length : Number(count));
  const { out } = slot;
  out.array(entries.length);
  for (const { id, atS, us, args: words, address, clientName } of entries) {
    out.array(6);
    out.integer(id);
    out.integer(atS);
    out.integer(us);
    out.array(words.length);
    for (const word of words) out.bulk(Buffer.from(word, 'latin1'));
    out.bulkText(address);
    out.bulkText(clientName);
  }
  slot.complete();
}

function length({ server, slot }: Call) {
  slot.out.integer(server.slowLog.length);
  slot.complete();
}

function reset({ server, slot }: Call) {
  server.slowLog.reset();
  slot.out.ok();
  slot.complete();
}

const ADMIN: Pick<CommandRow, 'flags' | 'categories' | 'group' | 'since'> = {
  flags: ['admin', 'loading', 'stale'],
  categories: ['@admin', '@slow', '@dangerous'],
  group: 'server',
  since: '2.2.12',
};

const subcommands: readonly CommandRow[] = [
  {
    ...ADMIN,
    name: 'get',
    arity: -2,
    complexity: 'O(N) where N is the number of entries that are told',
    summary: 'Tells the last requests that took long, from their arrival to their answer',
    tips: ['request_policy:all_nodes', 'nondeterministic_output'],
    arguments: [{ name: 'count', type: 'integer', flags: ['optional'] }],
    run: get,
  },
  {
    ...ADMIN,
    name: 'len',
    arity: 2,
    complexity: 'O(1)',
    summary: 'Counts the entries of the slow log',
    tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
    run: length,
  },
  {
    ...ADMIN,
    name: 'reset',
    arity: 2,
    complexity: 'O(N) where N is the number of entries of the slow log',
    summary: 'Empties the slow log',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    run: reset,
  },
  helpRow('slowlog', 'server', '6.2.0', [
    'GET [<count>]',
    '    Tells the newest <count> entries (default: 10; -1: all), each of them:',
    '    id, UNIX time, microseconds, arguments, address and name of the client.',
    'LEN',
    '    Counts the entries.',
    'RESET',
    '    Forgets all entries.',
    'HELP',
    '    Prints this.',
  ]),
];

export const slowlogCommands: readonly CommandRow[] = [
  {
    name: 'slowlog',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '2.2.12',
    group: 'server',
    complexity: 'Depends on subcommand.',
    summary: 'About requests that took long',
    subcommands,
    run: runSubcommand,
  },
];
