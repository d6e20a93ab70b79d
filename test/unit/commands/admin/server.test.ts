import testOf, { type TestFn } from 'ava';
import { bulk, bulks, LiveServer } from '../live-server.js';

const test = testOf as TestFn<LiveServer>;

test.beforeEach(async (t) => {
  t.context = await LiveServer.start({ clusterSecret: 'sixteen letters!' });
});
test.afterEach.always((t) => t.context.stop());

/** What redis-server 7.0.15 answers to the same lines on one connection. */
const AS_REDIS: readonly (readonly [line: string, reply: string])[] = [
  ['CONFIG', "-ERR wrong number of arguments for 'config' command\r\n"],
  ['CONFIG foo', "-ERR unknown subcommand 'foo'. Try CONFIG HELP.\r\n"],
  ['CONFIG GET', "-ERR wrong number of arguments for 'config|get' command\r\n"],
  ['CONFIG GET save', bulks('save', '')],
  ['CONFIG GET appendonly', bulks('appendonly', 'no')],
  ['CONFIG GET maxmemory-policy', bulks('maxmemory-policy', 'noeviction')],
  ['CONFIG GET nosuch', '*0\r\n'],
  ['CONFIG GET [st]ave', bulks('save', '')],
  ['CONFIG GET max?lient[r-t]', bulks('maxclients', '10000')],
  ['CONFIG SET foo 1', "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'\r\n"],
  ['CONFIG SET foo 1 timeout', '-ERR syntax error\r\n'],
  [
    'CONFIG SET maxclients abc',
    "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - argument couldn't be parsed into an integer\r\n",
  ],
  [
    'CONFIG SET databases 5',
    "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config\r\n",
  ],
  [
    'CONFIG SET timeout 1 timeout 2',
    "-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter\r\n",
  ],
  ['CONFIG SET timeout 7 maxclients 100', '+OK\r\n'],
  ['CONFIG GET timeout', bulks('timeout', '7')],
  ['COMMAND foo', "-ERR unknown subcommand 'foo'. Try COMMAND HELP.\r\n"],
  ['COMMAND COUNT 1', "-ERR wrong number of arguments for 'command|count' command\r\n"],
  ['COMMAND GETKEYS get', "-ERR wrong number of arguments for 'command|getkeys' command\r\n"],
  ['COMMAND GETKEYS nosuch a', '-ERR Invalid command specified\r\n'],
  ['COMMAND GETKEYS ping a', '-ERR The command has no key arguments\r\n'],
  ['COMMAND GETKEYS config get a', '-ERR The command has no key arguments\r\n'],
  ['COMMAND GETKEYS set a', '-ERR Invalid number of arguments specified for command\r\n'],
  ['COMMAND GETKEYS mset a b c d', bulks('a', 'c')],
  ['COMMAND GETKEYSANDFLAGS mget a', '*1\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n'],
  ['COMMAND LIST foo', '-ERR syntax error\r\n'],
  ['COMMAND LIST FILTERBY foo x', '-ERR syntax error\r\n'],
  ['COMMAND LIST FILTERBY MODULE x', '*0\r\n'],
  ['COMMAND LIST FILTERBY ACLCAT nosuch', '*0\r\n'],
  ['COMMAND LIST FILTERBY PATTERN pin*', bulks('ping')],
  ['COMMAND INFO nosuch', '*1\r\n$-1\r\n'],
  ['COMMAND DOCS nosuch', '*0\r\n'],
  [
    'COMMAND INFO client|id',
    '*1\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n*3\r\n+noscript\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\n*2\r\n+@slow\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n',
  ],
  [
    'COMMAND INFO mset',
    '*1\r\n*10\r\n$4\r\nmset\r\n:-3\r\n*2\r\n+write\r\n+denyoom\r\n:1\r\n:-1\r\n:2\r\n*3\r\n+@write\r\n+@string\r\n+@slow\r\n*2\r\n$26\r\nrequest_policy:multi_shard\r\n$29\r\nresponse_policy:all_succeeded\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+OW\r\n+update\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:2\r\n$5\r\nlimit\r\n:0\r\n*0\r\n',
  ],
  ['INFO nosuch', bulk('')],
  ['TIME 1', "-ERR wrong number of arguments for 'time' command\r\n"],
  ['DBSIZE 1', "-ERR wrong number of arguments for 'dbsize' command\r\n"],
  ['SHUTDOWN foo', '-ERR syntax error\r\n'],
  ['SHUTDOWN NOSAVE SAVE', '-ERR syntax error\r\n'],
  ['SHUTDOWN ABORT NOW', '-ERR syntax error\r\n'],
  ['SHUTDOWN ABORT', '-ERR No shutdown in progress.\r\n'],
];

test('a server is administered in the words of Redis', async (t) => {
  const client = await t.context.connect();
  for (const [line, reply] of AS_REDIS) t.is(await client.ask(line), reply, line);
});

test('COMMAND INFO has sets and maps for clients of RESP3', async (t) => {
  const client = await t.context.connect();
  await client.ask('HELLO 3');
  t.is(
    await client.ask('COMMAND INFO set nosuch'),
    '*2\r\n*10\r\n$3\r\nset\r\n:-3\r\n~2\r\n+write\r\n+denyoom\r\n:1\r\n:1\r\n:1\r\n~3\r\n+@write\r\n+@string\r\n+@slow\r\n~0\r\n~1\r\n%4\r\n$5\r\nnotes\r\n$48\r\nRW and ACCESS due to the optional `GET` argument\r\n$5\r\nflags\r\n~4\r\n+RW\r\n+access\r\n+update\r\n+variable_flags\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n~0\r\n_\r\n',
  );
  t.is(await client.ask('CONFIG GET save'), `%1\r\n${bulk('save')}${bulk('')}`);
});

test('COMMAND tells of every command, with as many as it counts', async (t) => {
  const client = await t.context.connect();
  const count = Number((await client.ask('COMMAND COUNT')).slice(1));
  t.true((await client.ask('COMMAND')).startsWith(`*${count}\r\n*10\r\n`));
  t.true((await client.ask('COMMAND INFO')).startsWith(`*${count}\r\n*10\r\n`));
  t.true((await client.ask('COMMAND DOCS')).startsWith(`*${count * 2}\r\n`));
  t.true((await client.ask('COMMAND LIST')).includes(bulk('client|setname')));
});

test('COMMAND DOCS documents arguments and subcommands', async (t) => {
  const client = await t.context.connect();
  await client.ask('HELLO 3');
  t.is(
    await client.ask('COMMAND DOCS echo'),
    `%1\r\n${bulk('echo')}%5\r\n${bulk('summary')}${bulk('Answers the message')}${bulk('since')}${bulk('1.0.0')}` +
      `${bulk('group')}${bulk('connection')}${bulk('complexity')}${bulk('O(1)')}${bulk('arguments')}*1\r\n%2\r\n` +
      `${bulk('name')}${bulk('message')}${bulk('type')}${bulk('string')}`,
  );
  const config = await client.ask('COMMAND DOCS config');
  t.true(config.includes(`${bulk('subcommands')}%5\r\n${bulk('config|get')}%5\r\n`));
  t.true((await client.ask('COMMAND DOCS get')).includes(`${bulk('key_spec_index')}:0\r\n`));
});

test('CONFIG GET never shows a secret', async (t) => {
  const client = await t.context.connect();
  const all = await client.ask('CONFIG GET *');
  t.true(all.includes(bulk('cluster-secret') + bulk('********')));
  t.false(all.includes('sixteen letters!'));
});

test('an option that was set takes effect at once', async (t) => {
  const client = await t.context.connect();
  await client.ask('CONFIG SET maxclients 1');
  const refused = await t.context.connect();
  t.is(await refused.ended(), '-ERR max number of clients reached\r\n');
});

test('INFO has the asked-for sections in a fixed order, and the default ones unless asked', async (t) => {
  const client = await t.context.connect();
  const titles = async (line: string) => (await client.ask(line)).match(/^# \w+/gm)?.map((title) => title.slice(2));
  const defaults = ['Server', 'Clients', 'Memory', 'Persistence', 'Stats', 'Replication', 'CPU', 'Modules'];
  t.deepEqual(await titles('INFO'), [
    ...defaults,
    'Errorstats',
    'Cluster',
    'Dynamo',
    'Healing',
    'Membership',
    'Peers',
    'TLS',
    'Keyspace',
  ]);
  t.deepEqual(await titles('INFO default'), await titles('INFO'));
  t.deepEqual(await titles('INFO keyspace SERVER nosuch server'), ['Server', 'Keyspace']);
  const everything = [
    ...defaults,
    'Commandstats',
    'Errorstats',
    'Latencystats',
    'Latency',
    'Cluster',
    'Dynamo',
    'Healing',
    'Membership',
    'Members',
    'Peers',
    'TLS',
    'Keyspace',
  ];
  t.deepEqual(await titles('INFO everything'), everything);
  t.deepEqual(await titles('INFO all'), everything);
  await client.ask('HELLO 3');
  t.regex(await client.ask('INFO cluster'), /^=34\r\ntxt:# Cluster\r\ncluster_enabled:1\r\n\r\n$/);
});

test('INFO has what clients and tools look for', async (t) => {
  const client = await t.context.connect();
  const info = await client.ask('INFO');
  for (const line of [
    'redis_version:7.0.15',
    'redis_mode:cluster',
    'loading:0',
    'maxmemory_policy:noeviction',
    'role:master',
    'cluster_enabled:1',
    'connected_clients:1',
    'maxclients:10000',
  ]) {
    t.true(info.includes(`\r\n${line}\r\n`), line);
  }
  t.regex(info, /\r\nrun_id:[\da-f]{40}\r\n/);
});

test('INFO dynamo tells of quorums and of the work of this coordinator', async (t) => {
  const client = await t.context.connect();
  await client.ask('SET a 1');
  await client.ask('GET a');
  await client.ask('GET b');
  const info = await client.ask('INFO dynamo');
  for (const line of [
    'nodes:1',
    'nodes_reachable:1',
    'partitions:256',
    'keyspace_default:n=3,r=2,w=2,sloppy=yes,reconcile=newest,durability=log',
    'reads_one_version:1',
    'reads_no_version:1',
    'coordinated_gets:2',
    'coordinated_puts:1',
    'clock_truncations:0',
  ]) {
    t.true(info.includes(`\r\n${line}\r\n`), `${line} in ${info}`);
  }
});

test('INFO healing tells what is still to be brought to others, and what the work behind may take', async (t) => {
  const client = await t.context.connect();
  const info = await client.ask('INFO healing');
  for (const field of [
    'tombstones_pending:0',
    'hints_pending:0',
    'hints_pending_bytes:0',
    'hints_kept:0',
    'read_repairs:0',
  ]) {
    t.true(info.includes(`\r\n${field}\r\n`), `${field} in ${info}`);
  }
  t.regex(info, /\r\nbackground_share:[\d.]+\r\n/);
  t.false((await client.ask('INFO dynamo')).includes('hints_'), 'each figure stands in one section');
});

test('INFO latency has a whole life and a last minute of everything that is measured', async (t) => {
  const client = await t.context.connect();
  await client.ask('SET a 1');
  const info = await client.ask('INFO latency');
  const figures = String.raw`:count=1,mean=[\d.]+,p50=[\d.]+,p99=[\d.]+,p99\.9=[\d.]+,max=[\d.]+`;
  for (const name of ['command_set', 'coordinator_put']) {
    t.regex(info, new RegExp(`\r\nlatency_usec_${name}${figures}\r\nlatency_usec_${name}_last_minute${figures}\r\n`));
  }
});

test('keys are counted by database', async (t) => {
  const client = await t.context.connect();
  t.is(await client.ask('DBSIZE'), ':0\r\n');
  await client.ask('MSET a 1 b 2 c 3');
  await client.ask('DEL c');
  await client.ask('EXPIRE a 1000');
  await client.ask('SET e 5 EX 1000');
  await client.ask('SET e 6');
  await client.ask('SELECT 4');
  await client.ask('SET d 4');
  t.is(await client.ask('DBSIZE'), ':1\r\n');
  t.regex(
    await client.ask('INFO keyspace'),
    // Within the millisecond in which it was set a key has all of its time left.
    /\r\n# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=(?:1000000|9\d{5})\r\ndb4:keys=1,expires=0,avg_ttl=0\r\n/,
  );
});

test('what needs Lua says that there is none; a script by its digest sends clients to EVAL for that', async (t) => {
  const client = await t.context.connect();
  const unsupported = (name: string): string =>
    `-ERR ${name} is not supported: this server runs no Lua scripts and no functions\r\n`;
  t.is(await client.ask('EVALSHA abc 1 k'), '-NOSCRIPT No matching script. Please use EVAL.\r\n');
  t.is(await client.ask('eval "return 1" 0'), unsupported('EVAL'));
  t.is(await client.ask('EVAL_RO "return 1" 0'), unsupported('EVAL_RO'));
  t.is(await client.ask('SCRIPT LOAD "return 1"'), unsupported('SCRIPT LOAD'));
  t.is(await client.ask('SCRIPT DEBUG YES'), unsupported('SCRIPT DEBUG'));
  t.is(await client.ask('FUNCTION LOAD REPLACE "#!lua name=a"'), unsupported('FUNCTION LOAD'));
  t.is(await client.ask('FUNCTION DUMP'), unsupported('FUNCTION DUMP'));
  t.is(await client.ask('FUNCTION RESTORE x'), unsupported('FUNCTION RESTORE'));
  t.is(await client.ask('FCALL f 0'), '-ERR Function not found\r\n');
});

test('a key that has expired is counted when it is written over', async (t) => {
  const client = await t.context.connect();
  await client.ask('SET a 1 PX 1');
  while ((await client.ask('GET a')) !== '$-1\r\n') await client.ask('PING');
  await client.ask('SET a 2 EX 1000');
  await client.ask('SET a 3');
  t.regex(await client.ask('INFO stats'), /\r\nexpired_keys:1\r\n/);
  await client.ask('CONFIG RESETSTAT');
  t.regex(await client.ask('INFO stats'), /\r\nexpired_keys:0\r\n/);
});

test('TIME is in seconds and microseconds', async (t) => {
  const client = await t.context.connect();
  const [, seconds, microseconds] =
    /^\*2\r\n\$\d+\r\n(\d+)\r\n\$\d+\r\n(\d+)\r\n$/.exec(await client.ask('TIME')) ?? [];
  const now = Number(seconds) * 1000 + Number(microseconds) / 1000;
  t.true(Math.abs(now - Date.now()) < 60_000);
});

test('SHUTDOWN asks the process to stop and answers nothing', async (t) => {
  const client = await t.context.connect();
  t.is(await client.ask('SHUTDOWN NOSAVE NOW\r\nCLIENT REPLY ON'), '+OK\r\n');
  t.is(t.context.stopsAsked, 1);
});
