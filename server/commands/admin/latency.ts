import { COMMAND_PREFIX } from '../../latency/latency-book.js';
import { type Call, type CommandRow, refuse, runSubcommand } from '../command.js';
import type { Command } from '../command-table.js';
import { helpRow } from '../subcommand-help.js';
import { latencyDoctor, latencyGraph } from './latency-report.js';

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

function latest({ server, slot }: Call) {
  const all = server.spikes.all();
  slot.out.array(all.length);
  for (const { event, spikes, maxMs } of all) {
    const last = spikes.at(-1);
    slot.out.array(4);
    slot.out.bulkText(event);
    slot.out.integer(last?.atS ?? 0);
    slot.out.integer(last?.ms ?? 0);
    slot.out.integer(maxMs);
  }
  slot.complete();
}

function history({ server, args, slot }: Call) {
  const spikes = server.spikes.series(eventOf(args))?.spikes ?? [];
  slot.out.array(spikes.length);
  for (const { atS, ms } of spikes) {
    slot.out.array(2);
    slot.out.integer(atS);
    slot.out.integer(ms);
  }
  slot.complete();
}

function graph({ server, args, slot }: Call) {
  const event = eventOf(args);
  const series = server.spikes.series(event);
  if (series === undefined) return refuse(server, slot, `ERR No samples available for event '${event}'`, 'latin1');
  slot.out.verbatim('txt', latencyGraph(series, Math.trunc(server.clock.nowMs() / MS_PER_S)));
  slot.complete();
}

function doctor({ server, slot }: Call) {
  slot.out.verbatim('txt', latencyDoctor(server.spikes.all(), server.spikes.isWatching));
  slot.complete();
}

function reset({ server, args, slot }: Call) {
  const { spikes } = server;
  const events = args.length === 2 ? spikes.all().map(({ event }) => event) : args.slice(2).map(latin1);
  slot.out.integer(events.filter((event) => spikes.forget(event)).length);
  slot.complete();
}

function eventOf(args: readonly Buffer[]): string {
  return latin1(args[2] ?? Buffer.alloc(0));
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

const MS_PER_S = 1000;

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
    summary: 'Tells the last time that each event took long, and the longest',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    run: latest,
  },
  {
    ...ADMIN,
    name: 'history',
    arity: 3,
    since: '2.8.13',
    summary: 'Tells when an event took long, and how long, a line a second at the most',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    arguments: [{ name: 'event', type: 'string' }],
    run: history,
  },
  {
    ...ADMIN,
    name: 'graph',
    arity: 3,
    since: '2.8.13',
    summary: 'Draws when an event took long, and how long',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    arguments: [{ name: 'event', type: 'string' }],
    run: graph,
  },
  {
    ...ADMIN,
    name: 'doctor',
    arity: 2,
    since: '2.8.13',
    summary: 'Tells people which events took long, and what may help',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    run: doctor,
  },
  {
    ...ADMIN,
    name: 'reset',
    arity: -2,
    since: '2.8.13',
    summary: 'Forgets what was noted of events',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    arguments: [{ name: 'event', type: 'string', flags: ['optional', 'multiple'] }],
    run: reset,
  },
  helpRow('latency', 'server', '2.8.13', [
    'HISTOGRAM [<command> ...]',
    '    Tells how many calls took at most 1, 2, 4, 8 ... microseconds.',
    'LATEST',
    '    Tells the last and the longest time of each event that took latency-monitor-threshold.',
    'HISTORY <event>',
    '    Tells the last times of that event.',
    'GRAPH <event>',
    '    Draws them.',
    'DOCTOR',
    '    Tells what was seen, and what may help.',
    'RESET [<event> ...]',
    '    Forgets these events, or all; CONFIG RESETSTAT sets the histograms back.',
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
