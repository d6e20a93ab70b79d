/** The commands of Redis and ours by family, as Redis groups them, and what is promised of each family. */
import { REDIS_COMMANDS } from '../acl/redis-commands.js';
import type { CommandRow } from './command.js';

export interface CommandFamily {
  readonly name: string;
  /** Names without subcommands, in lower case, between blanks: of all commands of Redis 7.0, and of ours. */
  readonly commands: string;
  /** What is other than in Redis, in a sentence; '' where nothing is, or nothing is there. */
  readonly promise: string;
}

export const COMMAND_FAMILIES: readonly CommandFamily[] = [
  {
    name: 'strings',
    commands:
      'get set delex mget mset strlen setnx setex psetex getset getdel getex msetnx getrange substr append setrange lcs',
    promise:
      'What reads and then writes a key is atomic while the ring and the set of reachable nodes do not change; `MSET` and `MSETNX` are one put a key, not one atomic step',
  },
  {
    name: 'bitmaps',
    commands: 'setbit getbit bitcount bitpos bitop bitfield bitfield_ro',
    promise: 'As for strings; `BITOP` reads its keys and then puts the result, not one atomic step',
  },
  {
    name: 'counters',
    commands: 'incr decr incrby decrby incrbyfloat',
    promise:
      'They merge: what is added at nodes that can not see each other adds up; meanwhile two can answer the same sum. `INCRBYFLOAT` is exact to 17 decimals',
  },
  {
    name: 'keys',
    commands:
      'del unlink exists touch type rename renamenx copy move dump restore object wait scan keys randomkey expire pexpire expireat pexpireat ttl pttl expiretime pexpiretime persist migrate restore-asking sort sort_ro',
    promise:
      'Of the whole cluster, through any node; `RENAME`, `COPY` and `MOVE` put the new key and then delete what was read of the old one, not one atomic step',
  },
  {
    name: 'connection',
    commands: 'auth ping echo hello quit reset select client',
    promise: '`CLIENT` tells of the connections of the node that is asked',
  },
  {
    name: 'server',
    commands:
      'info config latency slowlog lolwut memory save bgsave bgrewriteaof lastsave role replicaof slaveof failover module monitor command time dbsize shutdown flushdb flushall swapdb debug psync replconf sync',
    promise:
      'They tell of the node that is asked, but for `DBSIZE`, an estimate for the cluster, and `FLUSHDB`, `FLUSHALL` and `SWAPDB`, which reach all nodes, later those that are down. There is no primary to follow, and there are no modules',
  },
  { name: 'ACL', commands: 'acl', promise: 'Users belong to a node: each has its own file of them' },
  {
    name: 'cluster',
    commands: 'cluster readonly readwrite asking dynamo',
    promise:
      'The coordinator of each slot is shown as its master; no node sends `MOVED`, and slots are not assigned by hand: the ring does that',
  },
  {
    name: 'lists',
    commands:
      'llen lindex lpos lrange lpop lpush lpushx rpop rpush rpushx linsert lmove lmpop lrem lset ltrim rpoplpush blmove blmpop blpop brpop brpoplpush',
    promise: '',
  },
  {
    name: 'hashes',
    commands:
      'hexists hget hlen hmget hstrlen hgetall hkeys hrandfield hscan hvals hdel hincrby hincrbyfloat hmset hset hsetnx',
    promise: '',
  },
  {
    name: 'sets',
    commands:
      'scard sismember smismember sdiff sinter sintercard smembers srandmember sscan sunion sadd smove spop srem sdiffstore sinterstore sunionstore',
    promise: '',
  },
  {
    name: 'sorted sets',
    commands:
      'zcard zcount zlexcount zmscore zrank zrevrank zscore zdiff zinter zintercard zrandmember zrange zrangebylex zrangebyscore zrevrange zrevrangebylex zrevrangebyscore zscan zunion zadd zincrby zpopmax zpopmin zrem bzpopmax bzpopmin zdiffstore zinterstore zmpop zrangestore zremrangebylex zremrangebyrank zremrangebyscore zunionstore bzmpop',
    promise: '',
  },
  {
    name: 'streams',
    commands:
      'xlen xpending xrange xrevrange xread xgroup xinfo xack xadd xautoclaim xclaim xdel xsetid xtrim xreadgroup',
    promise: '',
  },
  {
    name: 'pub/sub',
    commands: 'publish spublish psubscribe punsubscribe ssubscribe subscribe sunsubscribe unsubscribe pubsub',
    promise: '',
  },
  {
    name: 'transactions',
    commands: 'multi exec discard watch unwatch',
    promise:
      'For what libraries send as one: the commands run in their order when `EXEC` comes, but commands of other clients may come between, and nothing is isolated or taken back. `WATCH` compares versions just before; it is no lock',
  },
  {
    name: 'scripting',
    commands: 'function script eval eval_ro evalsha evalsha_ro fcall fcall_ro',
    promise: 'There is no Lua; what lists or removes scripts and functions finds none',
  },
  {
    name: 'geo',
    commands:
      'geodist geohash geopos georadius_ro georadiusbymember_ro geosearch geoadd georadius georadiusbymember geosearchstore',
    promise: '',
  },
  { name: 'hyperloglog', commands: 'pfcount pfadd pfmerge pfdebug pfselftest', promise: '' },
];

/** The families as a Markdown table: what of each there is, what is promised of it, what is not there yet. */
export function familyTable(rows: readonly CommandRow[]): string {
  const ours = new Map(rows.map((row) => [row.name, row]));
  const lines = COMMAND_FAMILIES.map(({ name, commands, promise }) => {
    const names = commands.split(' ');
    const there = names.filter((command) => ours.has(command));
    const missing = names.flatMap((command) => missingOf(command, ours.get(command)));
    return `| ${name} | ${shown(there)} | ${promise} | ${there.length === 0 ? 'all' : shown(missing)} |`;
  });
  const header = [
    '| family | supported | what is promised, where it is not as in Redis | not yet |',
    '|---|---|---|---|',
  ];
  return [...header, ...lines, ''].join('\n');
}

/** What of a command of Redis we lack: all of it, or some of its subcommands. */
function missingOf(command: string, row: CommandRow | undefined): readonly string[] {
  if (row === undefined) return [command];
  const own = new Set((row.subcommands ?? []).map((subcommand) => `${command}|${subcommand.name}`));
  return REDIS_COMMANDS.flatMap(([, names]) => names.split(' ')).filter(
    (name) => name.startsWith(`${command}|`) && !own.has(name),
  );
}

function shown(names: readonly string[]): string {
  return names.map((name) => `\`${name.replace('|', ' ').toUpperCase()}\``).join(' ');
}
