import { COMMAND_PREFIX } from '../latency/latency-book.js';
import { type Call, type CommandRow, runSubcommand } from './command.js';
import type { Command } from './command-table.js';
import { helpRow } from './subcommand-help.js';

function histogram({ server, args, slot }: Call) {
  const wanted = args.length > 2 ? named(args.slice(2), server.commands.findFull.bind(server.commands)) : undefined;
  const commands = [...(wanted ?? server.commands.withSubcommands())];
  const rows = commands.flatMap((command) => {
    const buckets = server.latency.known(COMMAND_PREFIX + command.fullName)?.cumulativeCounts() ?? [];
    return buckets.length === 0 ? [] : [{ name: command.fullName, buckets }];
  });
  slot.out.map(rows.length);
  for (const { name, buckets } of rows) {
    slot.out.bulkText(name);
    slot.out.map(2);
    slot.out.bulkText('calls');
    slot.out.integer(buckets[buckets.length - 1]?.count ?? 0);
    slot.out.bulkText('histogram_usec');
    slot.out.map(buckets.length);
    for (const { upToUs, count } of buckets) {
      slot.out.integer(upToUs);
      slot.out.integer(count);
    }
  }
  slot.complete();
}

/** The commands of these names; a container stands for its subcommands, as in Redis. Unknown names are left out. */
function named(names: readonly Buffer[], find: (name: string) => Command | undefined): Command[] {
  return names.flatMap((name) => {
    const command = find(name.toString('latin1'));
    if (command === undefined) return [];
    return command.subcommands === undefined ? [command] : [command, ...command.subcommands.all];
  });
}

/** Events that were longer than a threshold are not watched here: histograms see all of them. */
function latest({ slot }: Call) {
  slot.out.array(0);
  slot.complete();
}

function reset({ slot }: Call) {
  slot.out.integer(0);
  slot.complete();
}

const ADMIN: Pick<CommandRow, 'flags' | 'categories' | 'group' | 'complexity'> = {
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['@admin', '@slow', '@dangerous'],
  group: 'server',
  complexity: 'O(1)',
};

const subcommands: readonly CommandRow[] = [
  {
    ...ADMIN,
    name: 'histogram',
    arity: -2,
    since: '7.0.0',
    complexity: 'O(N) where N is the number of commands with latencies',
    summary: 'Tells how many calls took how long, in powers of two',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    arguments: [{ name: 'command', type: 'string', flags: ['optional', 'multiple'] }],
    run: histogram,
  },
  {
    ...ADMIN,
    name: 'latest',
    arity: 2,
    since: '2.8.13',
    summary: 'Tells of no events: latencies are all in the histograms',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    run: latest,
  },
  {
    ...ADMIN,
    name: 'reset',
    arity: -2,
    since: '2.8.13',
    summary: 'Forgets no events: there are none',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    arguments: [{ name: 'event', type: 'string', flags: ['optional', 'multiple'] }],
    run: reset,
  },
  helpRow('latency', 'server', '2.8.13', [
    'HISTOGRAM [<command> ...]',
    '    Tells how many calls took at most 1, 2, 4, 8 ... microseconds.',
    'LATEST',
    '    Always empty: no events are sampled.',
    'RESET [<event> ...]',
    '    Always 0; CONFIG RESETSTAT sets the histograms back.',
    'HELP',
    '    Prints this.',
  ]),
];

export const latencyCommands: readonly CommandRow[] = [
  {
    name: 'latency',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '2.8.13',
    group: 'server',
    complexity: 'Depends on subcommand.',
    summary: 'About how long commands take',
    subcommands,
    run: runSubcommand,
  },
];
