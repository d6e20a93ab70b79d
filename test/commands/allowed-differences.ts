import { restoredString } from '../../server/rdb/string-payload.js';
import { aclDifferences } from './allowed-acl-differences.js';
import { watchingDifferences } from './allowed-watching-differences.js';
import { type ReplyTree, treeOf, valuesOf } from './reply-tree.js';

/**
 * Where our answers may differ from those of Redis 7.0, and why. An answer is the bytes of the replies, with `<closed>`
 * behind them when the connection was closed. A difference that is met nowhere any more fails the tests.
 */
export interface AllowedDifference {
  readonly reason: string;
  /** The steps to which it applies. */
  readonly when: RegExp;
  /** Where only the steps of a case up to this one, a line each, tell whether it applies. */
  readonly after?: RegExp;
  /** Makes of an answer, Redis's or ours, what must be equal all the same. */
  readonly even: (answer: string) => string;
}

/** For where the two answers have nothing in common: what each of them must be. */
function either(redis: RegExp, ours: RegExp): (answer: string) => string {
  return (answer) => (redis.test(answer) || ours.test(answer) ? 'as expected' : answer);
}

const CLIENT_FIELDS = /(?<= )(?:name|flags|db|sub|psub|ssub|multi|events|cmd|user|redir|resp)=\S*/g;
const COUNTED_STATS =
  /^(?:total_connections_received|total_commands_processed|total_net_(?:in|out)put_bytes|keyspace_hits|keyspace_misses|total_error_replies|expired_keys|evicted_keys):\d+/gm;
const OWN_ARITY = /(\$3\r\nget\r\n):-?2\r\n/g;
/** Where the tips stand in what COMMAND INFO says of a command. */
const TIPS_INDEX = '7';
const STARTED_OR_ENDED = /^cmdstat_(?:info|config\|resetstat)/;

/** Year 287396 as seconds, and as milliseconds from there on. */
const FAR_SECONDS = 9_000_000_000_000;
const farAway = (from: number) => (answer: string) =>
  answer.replace(/:(\d+)/, (whole, digits) => (Number(digits) >= from ? ':far away' : whole));

export const allowedDifferences: readonly AllowedDifference[] = [
  ...aclDifferences,
  ...watchingDifferences,
  {
    reason: 'connections of the two servers have different numbers',
    when: /^CLIENT ID/i,
    even: (answer) => answer.replace(/^:\d+/, ':number'),
  },
  {
    reason: 'a node is always part of a cluster and says so in `mode`; connections have different numbers',
    when: /^HELLO/i,
    even: (answer) =>
      answer.replace(/(\$2\r\nid\r\n):\d+/, '$1:number').replace(/\$(?:10\r\nstandalone|7\r\ncluster)/, 'mode'),
  },
  {
    reason:
      'descriptors, buffers and memory of a connection are inside Node; lib-name and lib-ver (7.2) are for ioredis',
    when: /^CLIENT (?:INFO|LIST)/i,
    even: (answer) => JSON.stringify([answer[0], ...(answer.match(CLIENT_FIELDS) ?? [])]),
  },
  {
    reason: 'RESET is always answered, so that who sends it knows where it stands; Redis mutes it after REPLY SKIP',
    when: /^CLIENT REPLY SKIP\r\nRESET\r\n/,
    even: (answer) => answer.replace(/^\+RESET\r\n/, ''),
  },
  {
    reason: 'Redis quotes arguments, and compares options, as C strings, which a NUL byte ends; ours go on behind it',
    when: /\\x00/,
    // Redis takes `NX\0` as NX.
    even: (answer) =>
      /^-ERR syntax error|^(?:\$-1|_)\r\n$/.test(answer)
        ? 'NX'
        : answer.replace(/^(-ERR Unsupported option )[\s\S]*$/, '$1').replaceAll('\0', ''),
  },
  {
    reason:
      'times beyond the year 287396 are kept as the last instant of it: the greatest number that is exact in JavaScript',
    when: /^(?:TTL|EXPIRETIME)/i,
    even: farAway(FAR_SECONDS),
  },
  {
    reason: 'the same in milliseconds',
    when: /^(?:PTTL|PEXPIRETIME)/i,
    even: farAway(FAR_SECONDS * 1000),
  },
  {
    reason: '`GET key CONTEXT` makes the arity of GET -2',
    when: /^COMMAND INFO .*get/i,
    even: (answer) => answer.replaceAll(OWN_ARITY, '$1:arity\r\n'),
  },
  {
    reason: 'the same in COMMAND GETKEYS',
    when: /^COMMAND GETKEYS(?:ANDFLAGS)? GET a b$/,
    even: either(/^-ERR Invalid number of arguments specified for command\r\n$/, /^\*1\r\n(?:\*2\r\n)?\$1\r\na\r\n/),
  },
  {
    reason: 'SYNC is a command of Redis that there is not here, and a word that other commands take',
    when: /^COMMAND GETKEYS(?:ANDFLAGS)? SYNC\b/i,
    even: either(/^-ERR The command has no key arguments\r\n$/, /^-ERR Invalid command specified\r\n$/),
  },
  {
    reason:
      'DBSIZE, SCAN and their kin tell of the keys of the whole cluster: a client that asked all nodes would be told thrice',
    when: /^COMMAND INFO (?:dbsize|scan|keys|randomkey|wait)$/,
    even: (answer) => JSON.stringify(treeOf(answer), (key, value) => (key === TIPS_INDEX ? 'tips' : value)),
  },
  {
    reason: 'long strings are compressed, by another compressor: what is in them must be the same',
    when: /^DUMP/i,
    even: (answer) => {
      const payload = treeOf(answer);
      const value = typeof payload === 'string' ? restoredString(Buffer.from(payload, 'latin1'), 2 ** 30) : payload;
      return Buffer.isBuffer(value) ? value.toString('latin1') : answer;
    },
  },
  {
    reason: 'keys come in the order of another hash',
    when: /^(?:SCAN|KEYS)/i,
    even: (answer) => (answer.startsWith('*') ? JSON.stringify(sorted(treeOf(answer))) : answer),
  },
  {
    reason: 'which of several keys RANDOMKEY gives is chance',
    when: /^RANDOMKEY$/i,
    even: (answer) => answer.replace(/^\$\d+\r\n.*\r\n$/s, 'some key'),
  },
  {
    reason: 'containers do not have all subcommands of Redis, and in another order; each is compared by itself',
    when: /^COMMAND INFO (?:acl|client|config|latency|command|cluster|slowlog|memory|function|script|module)$/,
    even: (answer) => JSON.stringify(valuesBeforeSubcommands(answer)),
  },
  {
    reason: 'COMMAND GETKEYS documents its arguments, for the hints of redis-cli; in Redis 7.0 it does not',
    when: /^COMMAND DOCS command\|getkeys(?:andflags)?$/,
    even: (answer) => JSON.stringify(valuesOf(documentation(answer), ['since', 'group'])),
  },
  {
    reason: 'commands are described in our own words, without the history of Redis, and with our CONTEXT arguments',
    when: /^COMMAND DOCS (?!(?:acl|client|config|latency|command|cluster|slowlog|memory|function|script|module)$)/,
    even: (answer) => JSON.stringify(documented(answer)),
  },
  {
    reason: 'the documentation of a container holds that of its subcommands, which are compared one by one',
    when: /^COMMAND DOCS (?:acl|client|config|latency|command|cluster|slowlog|memory|function|script|module)$/,
    even: (answer) => JSON.stringify(valuesOf(documentation(answer), ['since', 'group'])),
  },
  {
    reason: 'expired keys are counted until they are overwritten or deleted',
    when: /^DBSIZE$/i,
    after: /PXAT 1\n/,
    even: either(/^:0\r\n$/, /^:1\r\n$/),
  },
  {
    reason: 'options stand in the order of our table; in Redis in that of a hash table',
    when: /^CONFIG GET \w+ \w+/,
    even: (answer) => JSON.stringify(pairsOf(answer).sort()),
  },
  {
    reason: 'the port cannot be changed while a node runs: its peers know it under that port',
    when: /^CONFIG SET port /,
    even: (answer) => answer.replace(/ - .*\r\n/, ''),
  },
  {
    reason: 'refused percentiles are named with their bounds, as bad values of all our options are',
    when: /^CONFIG SET latency-tracking-info-percentiles /,
    even: (answer) => answer.replace(/ - .*\r\n/, ''),
  },
  {
    reason: 'INFO stats has no fields about what we do not have',
    when: /^INFO stats$/,
    even: (answer) => JSON.stringify(answer.match(COUNTED_STATS)),
  },
  {
    reason: 'INFO commandstats has the order of our table, and counts a command when it begins, not when it has ended',
    when: /^INFO commandstats$/,
    even: (answer) =>
      JSON.stringify(
        answer
          .split('\r\n')
          .filter((line) => line.startsWith('cmdstat_') && !STARTED_OR_ENDED.test(line))
          .map((line) => line.replace(/usec=.*?,usec_per_call=.*?,/, ''))
          .sort(),
      ),
  },
];

function valuesBeforeSubcommands(answer: string): unknown {
  const [command] = treeOf(answer);
  return typeof command === 'string' ? command : command?.slice(0, -1);
}

function documentation(answer: string) {
  const tree = treeOf(answer);
  return typeof tree === 'string' ? tree : tree[1];
}

const DOCUMENTED = ['since', 'group', 'doc_flags', 'deprecated_since', 'replaced_by'];

/** What of the documentation of a command must be that of Redis. */
function documented(answer: string): unknown {
  const [args, ...texts] = valuesOf(documentation(answer), ['arguments', ...DOCUMENTED]);
  const own = (argument: unknown): boolean => JSON.stringify(argument).includes('CONTEXT');
  return [...texts, typeof args === 'string' ? args : args?.filter((argument) => !own(argument))];
}

/** With the strings of each list in alphabetical order. */
function sorted(tree: ReplyTree): unknown {
  return typeof tree === 'string' ? tree : tree.map(sorted).sort();
}

function pairsOf(answer: string): string[] {
  const tree = treeOf(answer);
  if (typeof tree === 'string') return [tree];
  return tree.flatMap((name, index) => (index % 2 === 0 ? [`${name}=${tree[index + 1]}`] : []));
}

/** Input on which Redis says nothing, and leaves the connection open; ours is closed after the reply of that pattern. */
export interface Unanswered {
  readonly reason: string;
  readonly input: string;
  readonly ours: RegExp;
}

export const unansweredByRedis: readonly Unanswered[] = [
  {
    reason: 'Redis closes after a reply, and so never when QUIT is not answered',
    input: 'CLIENT REPLY OFF\r\nPING\r\nQUIT\r\n',
    ours: /^$/,
  },
  { reason: 'the same with REPLY SKIP', input: 'CLIENT REPLY SKIP\r\nQUIT\r\n', ours: /^$/ },
  { reason: 'the same with a protocol error', input: 'CLIENT REPLY OFF\r\n*1\r\nfoo\r\n', ours: /^$/ },
  {
    reason: 'a request has at most 1048576 arguments; Redis waits for up to 2147483647',
    input: '*1048577\r\n',
    ours: /^-ERR Protocol error: invalid multibulk length\r\n$/,
  },
  {
    reason: 'Redis looks for the end of the line with strchr, which a NUL byte ends',
    input: '*1\r\n\0\r\n',
    ours: /^-ERR Protocol error: expected '\$', got '\0'\r\n$/,
  },
];
