import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Server } from '../../server.js';
import { KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse, runSubcommand } from '../command.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import { shownValue } from '../shown-sibling.js';
import { helpRow } from '../subcommand-help.js';
import { redisUsage } from './redis-memory.js';

/** Below this there is nothing to find out. */
const LITTLE_BYTES = 5 * 1024 * 1024;
/** Redis's words, where there is as little to tell. */
const NEXT_TO_EMPTY =
  "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n";
const NOTHING_FOUND =
  "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n";
const PERCENT = 100;
/** Figures of these names are no numbers of bytes or keys. */
const NO_BYTES = /ratio$|percentage$|^fragmentation$/;
const HIGH_SHARE = 0.9;
const HIGH_RSS_RATIO = 3;

function usage(call: Call) {
  const { server, connection, args, slot } = call;
  const fault = samplesFault(args);
  if (fault !== undefined) return refuse(server, slot, fault);
  if (refusesKey(call, args[2])) return;
  const key = keyOf(args[2]);
  connection.session.get(connection.db, key.slot, key.text, args[2]?.length ?? 0, (keyBytes, failure, object) => {
    if (refusesFailure(server, slot, failure)) return;
    const value = shownValue(server, key.text, object);
    if (value === undefined) slot.out.nullBulk();
    else slot.out.integer(redisUsage(keyBytes, value.length, parseInt64(value) !== undefined));
    slot.complete();
  });
}

/** Strings have no members to sample. */
function samplesFault(args: readonly Buffer[]): string | undefined {
  for (let at = 3; at < args.length; at += 2) {
    const count = args[at + 1];
    if (keyword(args[at]) !== 'SAMPLES' || count === undefined) return SYNTAX_ERROR;
    const samples = parseInt64(count);
    if (samples === undefined) return NOT_AN_INTEGER;
    if (samples < 0n) return SYNTAX_ERROR;
  }
  return undefined;
}

/** The fields of Redis, in its order. */
function stats({ server, slot }: Call) {
  const { used, peak, startup, allocated, resident, dataset, overhead, clients } = server.memory.measure();
  const keys = server.node.replica.stats().entries;
  const figures: Readonly<Record<string, number>> = {
    'peak.allocated': peak,
    'total.allocated': used,
    'startup.allocated': startup,
    'replication.backlog': 0,
    'clients.slaves': 0,
    'clients.normal': clients,
    'cluster.links': 0,
    'aof.buffer': 0,
    'lua.caches': 0,
    'functions.caches': 0,
    'overhead.total': overhead,
    'keys.count': keys,
    'keys.bytes-per-key': keys === 0 ? 0 : Math.trunc(dataset / keys),
    'dataset.bytes': dataset,
    'dataset.percentage': Math.min(PERCENT, (PERCENT * dataset) / Math.max(1, used - startup)),
    'peak.percentage': (PERCENT * used) / peak,
    'allocator.allocated': used,
    'allocator.active': allocated,
    'allocator.resident': resident,
    'allocator-fragmentation.ratio': allocated / used,
    'allocator-fragmentation.bytes': allocated - used,
    'allocator-rss.ratio': resident / allocated,
    'allocator-rss.bytes': resident - allocated,
    'rss-overhead.ratio': 1,
    'rss-overhead.bytes': 0,
    fragmentation: resident / used,
    'fragmentation.bytes': resident - used,
  };
  const rows = Object.entries(figures);
  slot.out.map(rows.length);
  for (const [name, value] of rows) {
    slot.out.bulkText(name);
    if (NO_BYTES.test(name)) slot.out.double(value);
    else slot.out.integer(value);
  }
  slot.complete();
}

function doctor({ server, slot }: Call) {
  slot.out.verbatim('txt', findings(server));
  slot.complete();
}

/** What may be wrong with the memory, for people. */
function findings(server: Server): string {
  const { used, resident, dataset } = server.memory.measure();
  const { dirtyBytes } = server.node.replica.stats();
  if (dataset < LITTLE_BYTES) return NEXT_TO_EMPTY;
  const { maxmemory } = server.config;
  const found: string[] = [];
  if (dirtyBytes > maxmemory * HIGH_SHARE) {
    found.push(
      'Writes come faster than the disk takes them: soon they are refused. A faster disk or fewer writes help.',
    );
  }
  if (resident > used * HIGH_RSS_RATIO) {
    found.push('The process holds far more memory than it uses: RocksDB and the allocator keep it for later.');
  }
  if (server.clients.totals.queuedBytes > maxmemory) {
    found.push('Clients do not read their replies: CLIENT LIST shows them by omem.');
  }
  if (found.length === 0) return NOTHING_FOUND;
  return `${found.map((text) => `- ${text}`).join('\n')}\n`;
}

/** The collector runs when it needs to; nothing is kept back that could be given up by order. */
function purge({ slot }: Call) {
  slot.out.ok();
  slot.complete();
}

function mallocStats({ slot }: Call) {
  const heap = Object.entries(getHeapStatistics()).map(([name, value]) => `${name}: ${value}`);
  const spaces = getHeapSpaceStatistics().map(
    (space) => `${space.space_name}: used ${space.space_used_size}, size ${space.space_size}`,
  );
  slot.out.verbatim('txt', `___ V8 ___\n${[...heap, ...spaces].join('\n')}\n`);
  slot.complete();
}

const PLAIN: Pick<CommandRow, 'arity' | 'flags' | 'categories' | 'group' | 'since' | 'complexity'> = {
  arity: 2,
  flags: [],
  categories: ['@slow'],
  group: 'server',
  since: '4.0.0',
  complexity: 'O(1)',
};
const FROM_EACH_SHARD = ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'];

const subcommands: readonly CommandRow[] = [
  {
    ...PLAIN,
    name: 'usage',
    arity: -3,
    flags: ['readonly'],
    keys: { first: 2, last: 2, step: 1, flags: ['RO'] },
    categories: ['@read', '@slow'],
    summary: 'Tells how many bytes Redis would need for a key and its value',
    arguments: [KEY_ARGUMENT, { name: 'count', type: 'integer', token: 'SAMPLES', flags: ['optional'] }],
    run: usage,
  },
  {
    ...PLAIN,
    name: 'stats',
    summary: 'Tells what the memory of this node is used for',
    tips: FROM_EACH_SHARD,
    run: stats,
  },
  {
    ...PLAIN,
    name: 'doctor',
    summary: 'Tells people what may be wrong with the memory of this node',
    tips: FROM_EACH_SHARD,
    run: doctor,
  },
  {
    ...PLAIN,
    name: 'purge',
    summary: 'Accepted: memory is given back without being told to',
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    run: purge,
  },
  {
    ...PLAIN,
    name: 'malloc-stats',
    summary: 'Tells what V8 says of its heap',
    tips: FROM_EACH_SHARD,
    run: mallocStats,
  },
  helpRow('memory', 'server', '4.0.0', [
    'DOCTOR',
    '    Tells what may be wrong with the memory of this node.',
    'MALLOC-STATS',
    '    Tells what V8 says of its heap.',
    'PURGE',
    '    Accepted: memory is given back without being told to.',
    'STATS',
    '    Tells what memory is used for.',
    'USAGE <key> [SAMPLES <count>]',
    '    Tells how many bytes Redis would need for the key.',
    'HELP',
    '    Prints this.',
  ]),
];

export const memoryCommands: readonly CommandRow[] = [
  {
    name: 'memory',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '4.0.0',
    group: 'server',
    complexity: 'Depends on subcommand.',
    summary: 'About the memory of this node',
    subcommands,
    run: runSubcommand,
  },
];
