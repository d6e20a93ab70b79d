import testOf, { type TestFn } from 'ava';
import { bulk, bulks, LiveServer } from '../live-server.js';

const test = testOf as TestFn<LiveServer>;

test.beforeEach(async (t) => {
  t.context = await LiveServer.start();
});
test.afterEach.always((t) => t.context.stop());

/** What redis-server 7.0.15 answers to the same lines on one connection. */
const AS_REDIS: readonly (readonly [line: string, reply: string])[] = [
  ['PING', '+PONG\r\n'],
  ['ping x', bulk('x')],
  ['PING a b', "-ERR wrong number of arguments for 'ping' command\r\n"],
  ['ECHO hi', bulk('hi')],
  ['ECHO', "-ERR wrong number of arguments for 'echo' command\r\n"],
  ['SELECT 15', '+OK\r\n'],
  ['SELECT 16', '-ERR DB index is out of range\r\n'],
  ['SELECT -1', '-ERR DB index is out of range\r\n'],
  ['SELECT abc', '-ERR value is not an integer or out of range\r\n'],
  ['HELLO 4', '-NOPROTO unsupported protocol version\r\n'],
  ['HELLO x', '-ERR Protocol version is not an integer or out of range\r\n'],
  ['HELLO 2 foo', "-ERR Syntax error in HELLO option 'foo'\r\n"],
  ['HELLO 2 setname', "-ERR Syntax error in HELLO option 'setname'\r\n"],
  ['HELLO 2 AUTH a', "-ERR Syntax error in HELLO option 'AUTH'\r\n"],
  ['HELLO 3 AUTH a b', '-WRONGPASS invalid username-password pair or user is disabled.\r\n'],
  ['HELLO 2 SETNAME "a b"', '-ERR Client names cannot contain spaces, newlines or special characters.\r\n'],
  [
    'AUTH secret',
    '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n',
  ],
  ['AUTH default x', '+OK\r\n'],
  ['AUTH someone x', '-WRONGPASS invalid username-password pair or user is disabled.\r\n'],
  ['CLIENT', "-ERR wrong number of arguments for 'client' command\r\n"],
  ['CLIENT foo', "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n"],
  ['CLIENT GETNAME', '$-1\r\n'],
  ['CLIENT SETNAME "a b"', '-ERR Client names cannot contain spaces, newlines or special characters.\r\n'],
  ['CLIENT SETNAME me', '+OK\r\n'],
  ['CLIENT GETNAME', bulk('me')],
  ['CLIENT SETNAME', "-ERR wrong number of arguments for 'client|setname' command\r\n"],
  ['CLIENT KILL foo', '-ERR No such client\r\n'],
  ['CLIENT KILL ID 0', '-ERR client-id should be greater than 0\r\n'],
  ['CLIENT KILL ID 999999', ':0\r\n'],
  ['CLIENT KILL TYPE foo', "-ERR Unknown client type 'foo'\r\n"],
  ['CLIENT KILL USER foo', "-ERR No such user 'foo'\r\n"],
  ['CLIENT KILL ADDR 1.1.1.1:1 LADDR', '-ERR syntax error\r\n'],
  ['CLIENT KILL SKIPME maybe', '-ERR syntax error\r\n'],
  ['CLIENT LIST foo', '-ERR syntax error\r\n'],
  ['CLIENT LIST TYPE foo', "-ERR Unknown client type 'foo'\r\n"],
  ['CLIENT LIST TYPE pubsub', bulk('')],
  ['CLIENT LIST ID a', '-ERR Invalid client ID\r\n'],
  ['CLIENT REPLY foo', '-ERR syntax error\r\n'],
  ['CLIENT NO-EVICT foo', '-ERR syntax error\r\n'],
  ['CLIENT NO-EVICT on', '+OK\r\n'],
  ['RESET', '+RESET\r\n'],
  ['CLIENT GETNAME', '$-1\r\n'],
];

test('connections are served in the words of Redis', async (t) => {
  const client = await t.context.connect();
  for (const [line, reply] of AS_REDIS) t.is(await client.ask(line), reply, line);
});

test('HELLO changes the protocol and tells about the server', async (t) => {
  const client = await t.context.connect();
  const pairs = (proto: number) =>
    `${bulk('server') + bulk('redis') + bulk('version') + bulk('7.0.15') + bulk('proto')}:${proto}\r\n${bulk('id')}:1\r\n` +
    `${bulk('mode') + bulk('cluster') + bulk('role') + bulk('master') + bulk('modules')}*0\r\n`;
  t.is(await client.ask('HELLO'), `*14\r\n${pairs(2)}`);
  t.is(await client.ask('HELLO 3 AUTH default any SETNAME me'), `%7\r\n${pairs(3)}`);
  t.is(await client.ask('CLIENT GETNAME'), bulk('me'));
  t.is(await client.ask('GET nothing'), '_\r\n');
  t.is(await client.ask('HELLO 2'), `*14\r\n${pairs(2)}`);
  t.is(await client.ask('GET nothing'), '$-1\r\n');
});

test('what a HELLO that is refused said before the bad option holds, as in Redis, but its protocol does not', async (t) => {
  const client = await t.context.connect();
  await client.ask('HELLO 3 SETNAME me AUTH a b');
  t.is(await client.ask('CLIENT GETNAME'), bulk('me'));
  t.is(await client.ask('GET nothing'), '$-1\r\n');
});

test('RESET brings back protocol, database and name', async (t) => {
  const client = await t.context.connect();
  await client.ask('HELLO 3 SETNAME me');
  await client.ask('SELECT 3');
  await client.ask('READONLY');
  t.is(await client.ask('RESET'), '+RESET\r\n');
  const line = await client.ask('CLIENT INFO');
  t.regex(line, / name= .* flags=N db=0 .* resp=2 /);
});

test('databases are apart, and as many as configured', async (t) => {
  const few = await LiveServer.start({ databases: 2 });
  try {
    const client = await few.connect();
    await client.ask('SET a 1');
    t.is(await client.ask('SELECT 1'), '+OK\r\n');
    t.is(await client.ask('GET a'), '$-1\r\n');
    t.is(await client.ask('SELECT 2'), '-ERR DB index is out of range\r\n');
  } finally {
    await few.stop();
  }
});

test('QUIT answers what came before it and closes', async (t) => {
  const client = await t.context.connect();
  t.is(await client.askLast('PING\r\nQUIT now\r\nPING'), '+PONG\r\n+OK\r\n');
});

test('CLIENT LIST and INFO describe connections in the fields of Redis and of their libraries', async (t) => {
  const [one, two] = [await t.context.connect(), await t.context.connect()];
  t.is(await one.ask('CLIENT SETINFO lib-name ioredis'), '+OK\r\n');
  t.is(await one.ask('CLIENT SETINFO LIB-VER 6.0.0'), '+OK\r\n');
  t.is(
    await one.ask('CLIENT SETINFO LIB-NAME "a b"'),
    '-ERR lib-name cannot contain spaces, newlines or special characters.\r\n',
  );
  t.is(await one.ask('CLIENT SETINFO foo bar'), "-ERR Unrecognized option 'foo'\r\n");
  const list = await two.ask('CLIENT LIST');
  const lines = list.split('\r\n')[1]?.trim().split('\n') ?? [];
  t.is(lines.length, 2);
  t.regex(lines[0] ?? '', /^id=1 addr=127\.0\.0\.1:\d+ laddr=127\.0\.0\.1:\d+ .* lib-name=ioredis lib-ver=6\.0\.0$/);
  t.regex(lines[1] ?? '', / cmd=client\|list user=default redir=-1 resp=2 /);
  t.regex(await two.ask('CLIENT LIST ID 2 77'), /^\$\d+\r\nid=2 [^\n]*\n\r\n$/);
  t.is(await two.ask('CLIENT ID'), ':2\r\n');
  await two.ask('HELLO 3');
  t.regex(await two.ask('CLIENT INFO'), /^=\d+\r\ntxt:id=2 [^\n]*\n\r\n$/);
});

test('CLIENT KILL closes those that all filters name, and spares the caller unless told otherwise', async (t) => {
  const [killer, one, two, three] = await Promise.all([1, 2, 3, 4].map(() => t.context.connect()));
  const idOf = async (client: typeof killer) => (await client?.ask('CLIENT ID'))?.slice(1).trim() ?? '';
  t.is(await killer?.ask(`CLIENT KILL ID ${await idOf(one)}`), ':1\r\n');
  await one?.ended();
  const address = /addr=(\S+)/.exec((await two?.ask('CLIENT INFO')) ?? '')?.[1] ?? '';
  t.is(await killer?.ask(`CLIENT KILL ADDR ${address} ID ${await idOf(three)}`), ':0\r\n');
  t.is(await killer?.ask(`CLIENT KILL ${address}`), '+OK\r\n');
  await two?.ended();
  t.is(await killer?.ask('CLIENT KILL TYPE normal'), ':1\r\n');
  await three?.ended();
  t.is(await killer?.askLast('CLIENT KILL SKIPME no'), ':1\r\n');
});

test('CLIENT REPLY skips one answer, or all until it is on again', async (t) => {
  const client = await t.context.connect();
  t.is(await client.ask('CLIENT REPLY SKIP\r\nPING\r\nECHO a'), bulk('a'));
  t.is(await client.ask('CLIENT REPLY OFF\r\nPING\r\nNOSUCH\r\nCLIENT REPLY ON'), '+OK\r\n');
});

test('HELP of a container is a list of lines', async (t) => {
  const client = await t.context.connect();
  for (const container of ['CLIENT', 'CONFIG', 'COMMAND', 'LATENCY']) {
    t.regex(await client.ask(`${container} HELP`), new RegExp(`^\\*\\d+\r\n\\+${container} <subcommand> `));
  }
  t.not(await client.ask('CLIENT HELP'), bulks());
});
