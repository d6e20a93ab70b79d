import { parsePeer, parseSeed } from '../../cluster/membership/peer-text.js';
import { VERSION_MAX, VERSION_MIN } from '../../cluster/wire/versions.js';
import { SLOW_ENTRIES_MAX } from '../watch/limits.js';
import { type OptionRow, row } from './option-row.js';
import { integer, listOf, milliseconds, oneOf, powerOfTwo, size, text, yesNo } from './option-types.js';
import { TLS_OPTION_ROWS } from './tls-options.js';

export type { OptionRow } from './option-row.js';

/** A value that tools ask for and that can't be another. */
function fixed<const N extends string, const W extends string>(
  name: N,
  value: W,
  doc: string,
  more: Pick<OptionRow, 'mutable'> = {},
): OptionRow<N, W> {
  return row(name, oneOf(value), value, doc, { ...more, fixed: true });
}

/** Test suites set these to what they are. */
const SETTABLE = { mutable: true } as const;

const PORT_MAX = 65535;
const PEERS_MAX = 1000;
const SEEDS_MAX = 100;
const WEIGHT_MAX = 1000;
const MB = 1024 ** 2;
const GB = 1024 ** 3;
const host = text(253, { form: /^[\w.:%-]*$/, says: 'a host name or an IP address' });
const word = text(64, { form: /^[\w.-]*$/, says: 'up to 64 letters, digits and any of ._-' });
const addresses = listOf('addresses', 16, (item) =>
  /^-?[\w.:%*-]+$/.test(item) ? undefined : 'expected a host name, an IP address, * or ::*',
);
const peer = listOf('peers as host:port@peerport', PEERS_MAX, (item) => {
  const parsed = parsePeer(item);
  return typeof parsed === 'string' ? parsed : undefined;
});
const seed = listOf('nodes as host:peerport', SEEDS_MAX, (item) => {
  const parsed = parseSeed(item);
  return typeof parsed === 'string' ? parsed : undefined;
});
const nodeId = text(40, { form: /^([0-9a-f]{40})?$/, says: 'the 40 hex digits of a node id' });
const percentile = listOf('numbers from 0 to 100', 16, (item) =>
  /^\d+(\.\d+)?$/.test(item) && Number(item) <= 100 ? undefined : 'expected a number from 0 to 100',
);

/** Every option, in the order in which they are documented. The README's table is made from these rows. */
export const OPTION_ROWS = [
  row('port', integer(0, PORT_MAX), 6379, 'Port for Redis clients; 0 lets the system choose.'),
  row('bind', addresses, ['127.0.0.1'], 'Addresses to listen on for Redis clients; * and ::* mean all.'),
  row(
    'peer-port',
    integer(-1, PORT_MAX),
    -1,
    'Port for the other nodes; 0 lets the system choose, -1: `port` + 10000.',
    {
      fallbackSays: '`port` + 10000',
    },
  ),
  row('peer-bind', host, '', 'Address to listen on for the other nodes.', { fallbackSays: 'the first of `bind`' }),
  row('announce-host', host, '', 'Host under which clients and the other nodes reach this node.', {
    fallbackSays: 'the first of `bind`',
  }),
  ...TLS_OPTION_ROWS,
  row('dir', text(4096), './data', 'Folder that holds the data of this node, and of no other.'),
  row('logfile', text(4096), '', 'File to log to.', { fallbackSays: 'standard output' }),
  row('loglevel', oneOf('debug', 'verbose', 'notice', 'warning'), 'notice', 'The least grave messages to log.'),
  row(
    'peers',
    peer,
    [],
    'The nodes that found the cluster together, this one may be among them; the same on each of them.',
    {
      fallbackSays: 'none',
    },
  ),
  row(
    'seeds',
    seed,
    [],
    'Some nodes of a cluster that this one joins, in place of `peers`; any that can be reached will do.',
    {
      fallbackSays: 'none',
    },
  ),
  row(
    'replace',
    nodeId,
    '',
    'The id of a dead node whose place and partitions this one takes as it joins by `seeds`.',
    {
      fallbackSays: 'none',
    },
  ),
  row('cluster-name', word, 'cartwheel', 'Nodes of another name are turned away.'),
  row('cluster-secret', text(1024), '', 'What the nodes prove to each other to know; at least 16 characters.', {
    secret: true,
    fallbackSays: 'none',
  }),
  row('cluster-secret-file', text(4096), '', 'File that holds the cluster secret, in place of `cluster-secret`.', {
    fallbackSays: 'none',
  }),
  row('partitions', powerOfTwo(1, 16384), 256, 'Partitions of the ring; the same on all nodes, for ever.'),
  row('zone', word, '', 'Where this node stands; replicas are spread over zones.', { fallbackSays: 'none' }),
  row('weight', integer(1, WEIGHT_MAX), 1, 'The share of the partitions that this node takes, relative to the others.'),
  row('n', integer(1, 16), 3, 'Replicas of each key (N).'),
  row('r', integer(1, 16), 2, 'Replicas that must answer a read (R).'),
  row('w', integer(1, 16), 2, 'Replicas that must acknowledge a write (W).'),
  row(
    'sloppy',
    yesNo,
    true,
    'Whether other nodes stand in for those of the N that can not be reached, for reads and for writes.',
  ),
  row(
    'reconcile',
    oneOf('newest', 'siblings'),
    'newest',
    'Whether a `SET` without a context replaces what is there, or adds a sibling.',
  ),
  row(
    'durability',
    oneOf('buffer', 'log', 'fsync-one', 'fsync'),
    'log',
    'What a replica has done with a write when it acknowledges.',
  ),
  row(
    'keyspace',
    // Read word by word once the options that it falls back to are known.
    text(65536, { form: /^/, says: 'a prefix, then some of n=, r=, w=, sloppy=, reconcile=, durability=' }),
    '',
    'Keys with a prefix of their own settings: `keyspace cart: n=3 r=2 w=2 sloppy=yes reconcile=siblings durability=log`; what is not named is as in the default keyspace.',
    { repeatable: true, fallbackSays: 'none' },
  ),
  row('databases', integer(1, 16), 16, 'Databases for `SELECT`.'),
  row('maxmemory', size(8 * MB, 1024 * GB), 100 * MB, 'Bytes for cached and not yet written objects.', {
    fallbackSays: '100mb',
  }),
  row('key-max-len', size(1, 64 * 1024), 64 * 1024, 'Longest key in bytes.', { mutable: true }),
  row('value-max-len', size(1, 64 * MB), MB, 'Longest value in bytes; the same on all nodes.'),
  row('maxclients', integer(1, 1_000_000), 10_000, 'Most clients at a time.', { mutable: true }),
  row('timeout', integer(0, 2_147_483_647), 0, 'Seconds until an idle client is closed; 0: never.', { mutable: true }),
  row('tcp-keepalive', integer(0, 2_147_483_647), 300, 'Seconds between keep-alive probes; 0: none.', {
    mutable: true,
  }),
  row('tcp-backlog', integer(1, PORT_MAX), 511, 'Connections that may wait to be accepted.'),
  row('proto-max-bulk-len', size(MB, 512 * MB), 512 * MB, 'Longest single argument in bytes.', { mutable: true }),
  row('client-query-buffer-limit', size(MB, 2 * GB), 64 * MB, 'Most bytes of a command that is not yet complete.', {
    mutable: true,
  }),
  row(
    'client-output-buffer-limit',
    size(MB, 2 * GB),
    256 * MB,
    'Most bytes of replies that wait for a client that does not read; beyond, it is closed.',
    { mutable: true },
  ),
  row(
    'protocol-version-max',
    integer(VERSION_MIN, VERSION_MAX),
    VERSION_MAX,
    'The highest version of the peer protocol to speak; lower while nodes are upgraded one by one, if the new one is to wait.',
  ),
  row('request-timeout-ms', milliseconds(10, 600_000), 1000, 'How long a get or a put waits for replicas.'),
  row('clock-drift-max-ms', milliseconds(100, 86_400_000), 60_000, 'Writes dated further ahead than this are refused.'),
  row('clock-entries-max', integer(2, 15), 10, 'Longest version vector; the oldest entry goes first.'),
  row('object-flush-ms', milliseconds(1, 60_000), 100, 'How long `buffer` durability may keep a write in memory.'),
  row(
    'hint-bytes-max',
    size(MB, 64 * GB),
    64 * MB,
    'Memory for hints, about 240 bytes and the key each; more are dropped.',
    {
      fallbackSays: '64mb',
    },
  ),
  row('hint-window-ms', milliseconds(1000, 86_400_000), 10_800_000, 'How long hints for a node that is down are kept.'),
  row(
    'exchange-period-ms',
    milliseconds(0, 86_400_000),
    10_000,
    'How often a node compares its replicas with those of another one at random, and repairs what differs; 0: never.',
  ),
  row(
    'transfer-settle-ms',
    milliseconds(1_000, 3_600_000),
    30_000,
    'A node that a partition moves away from keeps its copy for so long after all who are to hold it have it: until all nodes are sure to know.',
  ),
  row(
    'foreground-p99-target-ms',
    milliseconds(0, 600_000),
    0,
    'The p99 of gets and puts that background work may not break; 0: half again what it is without background work, within 5 and 100 ms.',
  ),
  row('background-rate-min', integer(1, 1_000_000), 500, 'Keys a second that background work may always handle.'),
  row(
    'background-rate-max',
    integer(1, 1_000_000),
    50_000,
    'Keys a second that background work may handle on a node without clients.',
  ),
  row(
    'tombstone-grace-ms',
    milliseconds(1000, 31_622_400_000),
    86_400_000,
    'How long deleted and expired keys are remembered, and a node may be away; more than `hint-window-ms`, the same on all nodes.',
  ),
  row('requirepass', text(512), '', 'Password of the user `default`; without one nobody needs to log in.', {
    mutable: true,
    secret: true,
    fallbackSays: 'none',
  }),
  row(
    'user',
    text(1_000_000),
    '',
    'A user of this node with the rules of `ACL SETUSER`: `user alice on >secret ~cart:* +@read`; once for each, in a file.',
    { repeatable: true, ofWords: true, secret: true, fallbackSays: 'none' },
  ),
  row(
    'aclfile',
    text(4096),
    '',
    'File with the users of this node, in place of `user`; read by `ACL LOAD`, written by `ACL SAVE`.',
    {
      fallbackSays: 'none',
    },
  ),
  row('acllog-max-len', integer(0, 100_000), 128, 'Entries of `ACL LOG`.', { mutable: true }),
  row(
    'acl-pubsub-default',
    oneOf('allchannels', 'resetchannels'),
    'resetchannels',
    'Which channels a new user may use: all, or none.',
    { mutable: true },
  ),
  row(
    'protected-mode',
    yesNo,
    true,
    'Whether only clients on this machine are served as long as the user `default` has no password.',
    { mutable: true },
  ),
  row(
    'login-delay-max-ms',
    milliseconds(0, 60_000),
    2000,
    'How long a login of an address waits at the most whose logins keep failing; 0: never.',
    { mutable: true },
  ),
  row(
    'slowlog-log-slower-than',
    integer(-1, 999_999_999_999_999),
    10_000,
    'Microseconds from which on a request comes into the slow log; 0: every one, -1: none.',
    { mutable: true },
  ),
  row('slowlog-max-len', integer(0, SLOW_ENTRIES_MAX), 128, 'Entries of the slow log.', { mutable: true }),
  row(
    'latency-monitor-threshold',
    milliseconds(0, 3_600_000),
    0,
    'Milliseconds from which on an event is told by `LATENCY LATEST`; 0: nothing is watched.',
    { mutable: true },
  ),
  row('latency-tracking', yesNo, true, 'Whether latencies of commands are recorded.', { mutable: true }),
  row('latency-tracking-info-percentiles', percentile, ['50', '99', '99.9'], 'Percentiles that `INFO` shows.', {
    mutable: true,
  }),
  row(
    'enable-debug-command',
    oneOf('no', 'yes', 'local'),
    'no',
    'Who may order faults by `DEBUG`: nobody, everybody, or clients on this machine.',
  ),
  fixed('save', '', 'No snapshots: writes are stored as they come.', SETTABLE),
  fixed('appendonly', 'no', 'No append-only file: `durability` says what is kept.', SETTABLE),
  fixed('maxmemory-policy', 'noeviction', 'Keys are never evicted.', SETTABLE),
  fixed('cluster-enabled', 'yes', 'Every node is a cluster node.'),
] as const;

type Row = (typeof OPTION_ROWS)[number];
type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The value of every option by its name in camel case, e.g. `requestTimeoutMs`. */
export type OptionValues = {
  readonly [R in Row as CamelCase<R['name']>]: R extends OptionRow<string, infer T> ? T : never;
};

/** `request-timeout-ms` as a property of `OptionValues`. */
export function propertyOf(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
