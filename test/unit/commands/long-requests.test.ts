import test from 'ava';
import { requestOf } from '../../commands/request.js';
import { LiveServer, type RawClient } from './live-server.js';

const MANY = 20_000;

/** `words`, and behind them the words that `word` gives. */
function longRequest(words: readonly string[], word: (at: number) => string, count = MANY): Buffer {
  const more = Array.from({ length: count }, (_, at) => Buffer.from(word(at)));
  return requestOf([...words.map((text) => Buffer.from(text)), ...more]);
}

/** Notes in `order` when the first byte of a reply arrives. */
function noteFirst(client: RawClient, name: string, order: string[]): Promise<void> {
  return new Promise((resolve) => {
    client.socket.once('data', () => {
      order.push(name);
      resolve();
    });
  });
}

const LONG: readonly (readonly [words: string, word: (at: number) => string])[] = [
  ['MGET', (at) => `k${at}`],
  ['EXISTS', (at) => `k${at}`],
  ['TOUCH', (at) => `k${at}`],
  ['DEL', (at) => `k${at}`],
  ['UNLINK', (at) => `k${at}`],
  ['MSET', (at) => `k${at}`],
  ['MSETNX', (at) => `n${at}`],
  ['BITOP OR target', (at) => `k${at}`],
  ['COMMAND DOCS', () => 'nothing'],
  ['COMMAND INFO', () => 'nothing'],
  ['COMMAND GETKEYS MGET', (at) => `k${at}`],
  ['CONFIG GET', (at) => `x${at}*`],
];

for (const [words, word] of LONG) {
  test.serial(`while ${words} with very many words runs, another client's PING is answered first`, async (t) => {
    const live = await LiveServer.start();
    t.teardown(() => live.stop());
    const hostile = await live.connect();
    const other = await live.connect();
    const order: string[] = [];
    const answered = noteFirst(hostile, 'long', order);
    const { commands, clients } = live.server;
    const [name = '', subcommand = ''] = words.split(' ');
    const command = commands.findFull(`${name}|${subcommand}`) ?? commands.findFull(name);
    hostile.socket.write(longRequest(words.split(' '), word));
    // From here on all of it has arrived: it is being run.
    while (command?.calls === 0) await new Promise((resolve) => setImmediate(resolve));
    const ponged = noteFirst(other, 'PING', order);
    other.socket.write('PING\r\n');
    await Promise.all([answered, ponged]);
    t.deepEqual(order, ['PING', 'long']);
    t.is(clients.count, 2);
  });
}

const VALUE_BYTES = 1024 * 1024;
/** Few words, and much to do. */
const COSTLY: readonly (readonly [what: string, request: Buffer])[] = [
  ['MGET', longRequest(['MGET'], () => 'value', 60)],
  ['BITOP', longRequest(['BITOP', 'XOR', 'target'], (at) => (at % 2 === 0 ? 'value' : 'absent'), 60)],
  ['MSET', longRequest(['MSET'], (at) => (at % 2 === 0 ? `k${at}` : 'v'.repeat(VALUE_BYTES)), 40)],
  ['DUMP', requestOf([Buffer.from('DUMP'), Buffer.from('value')])],
  ['LCS', requestOf(['LCS', 'text', 'text', 'LEN'].map((word) => Buffer.from(word)))],
];

for (const [what, request] of COSTLY) {
  test.serial(
    `while ${what} of long values runs, another client's PING is answered first, and what was sent behind it after it`,
    async (t) => {
      const live = await LiveServer.start();
      t.teardown(() => live.stop());
      const hostile = await live.connect();
      const other = await live.connect();
      const value = Buffer.from(Array.from({ length: VALUE_BYTES }, (_, at) => Math.imul(at, 2_654_435_761) >>> 13));
      hostile.socket.write(requestOf([Buffer.from('SET'), Buffer.from('value'), value]));
      await hostile.ask('PING');
      await hostile.ask(`SET text ${'text'.repeat(2500)}`);
      const command = live.server.commands.findFull(what.toLowerCase());
      const before = command?.calls ?? 0;
      const order: string[] = [];
      const answered = noteFirst(hostile, what, order);
      hostile.socket.write(Buffer.concat([request, Buffer.from('SET value new\r\n')]));
      while (command?.calls === before) await new Promise((resolve) => setImmediate(resolve));
      const ponged = noteFirst(other, 'PING', order);
      other.socket.write('PING\r\n');
      await Promise.all([answered, ponged]);
      t.deepEqual(order, ['PING', what]);
    },
  );
}

test.serial('what a client sends around a request for many long values takes effect in its order', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const value = 'v'.repeat(VALUE_BYTES / 2);
  const count = 40;
  const requests = Buffer.concat([
    requestOf([Buffer.from('SET'), Buffer.from('value'), Buffer.from(value)]),
    longRequest(['MGET'], () => 'value', count),
    Buffer.from('SET value new\r\nGET value\r\n'),
  ]);
  const received = await exchange(client, requests, '$3\r\nnew\r\n');
  const bulk = `$${value.length}\r\n${value}\r\n`;
  t.true(received === `+OK\r\n*${count}\r\n${bulk.repeat(count)}+OK\r\n$3\r\nnew\r\n`);
});

/** Sends bytes, and gives what has arrived once it ends with `end`. */
async function exchange(client: RawClient, request: Buffer | string, end: string): Promise<string> {
  let received = '';
  const keep = (text: string): void => {
    received += text;
  };
  client.socket.on('data', keep);
  client.socket.write(request);
  while (!received.endsWith(end)) await new Promise((resolve) => client.socket.once('data', resolve));
  client.socket.off('data', keep);
  return received;
}

test.serial('what a client sends around a long request takes effect in its order', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const requests = Buffer.concat([
    Buffer.from('SET k1999 old\r\nGET k1999\r\n'),
    longRequest(['MSET'], (at) => (at % 2 === 0 ? `k${at / 2}` : 'v'), 4000),
    Buffer.from('GET k1999\r\n'),
    longRequest(['DEL'], (at) => `k${at}`, 2000),
    Buffer.from('GET k1999\r\nSET k1999 new\r\n'),
    longRequest(['EXISTS'], (at) => `k${at}`, 2000),
    Buffer.from('ECHO end\r\n'),
  ]);
  t.is(
    await exchange(client, requests, 'end\r\n'),
    '+OK\r\n$3\r\nold\r\n+OK\r\n$1\r\nv\r\n:2000\r\n$-1\r\n+OK\r\n:1\r\n$3\r\nend\r\n',
  );
});

test.serial('a transaction takes a long request as any other', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const long = longRequest(['EXISTS'], (at) => `k${at}`, 2000);
  const requests = Buffer.concat([Buffer.from('MULTI\r\nSET k7 v\r\n'), long, Buffer.from('EXEC\r\nECHO end\r\n')]);
  t.is(await exchange(client, requests, 'end\r\n'), '+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n$3\r\nend\r\n');
});

test.serial('a long request is refused where one of its keys is not the user’s', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  t.is(await client.ask('ACL SETUSER u on nopass ~k* +@all'), '+OK\r\n');
  t.is(await client.ask('AUTH u any'), '+OK\r\n');
  client.socket.write(longRequest(['EXISTS'], (at) => (at === 1999 ? 'other' : `k${at}`), 2000));
  t.is(
    await client.ask('PING'),
    '-NOPERM this user has no permissions to access one of the keys used as arguments\r\n+PONG\r\n',
  );
  client.socket.write(longRequest(['EXISTS'], (at) => `k${at}`, 2000));
  t.is(await client.ask('PING'), ':0\r\n+PONG\r\n');
});

test.serial(
  'while a transaction of very many commands runs, others are answered, and what comes behind it waits',
  async (t) => {
    const live = await LiveServer.start();
    t.teardown(() => live.stop());
    const hostile = await live.connect();
    const other = await live.connect();
    const count = 20_000;
    // What is behind the commands is refused at once, and says that all of them are queued.
    await exchange(hostile, `MULTI\r\n${'GET k\r\n'.repeat(count)}MULTI\r\n`, 'can not be nested\r\n');
    const [echo, get] = ['echo', 'get'].map((name) => live.server.commands.findFull(name));
    hostile.socket.write('EXEC\r\nECHO behind\r\n');
    while (get?.calls === 0) await new Promise((resolve) => setImmediate(resolve));
    const before = echo?.calls ?? 0;
    t.is(await other.ask('PING'), '+PONG\r\n');
    t.true((get?.calls ?? 0) < count, 'the transaction has not ended');
    t.is(echo?.calls, before + 1, 'only the other client was answered');
  },
);

test.serial('a long request of a client that goes is not run to its end', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const hostile = await live.connect();
  hostile.socket.write(longRequest(['MGET'], (at) => `k${at}`));
  const command = live.server.commands.find(Buffer.from('mget'));
  while (command?.calls === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const client of live.server.clients) client.close('the test says so');
  const { statistics } = live.server;
  let misses = -1;
  while (statistics.keyspaceMisses !== misses) {
    misses = statistics.keyspaceMisses;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  t.true(misses < MANY);
});

test.serial('what can only be done at once is refused in great number', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const requests: [words: string[], word: string, count: number][] = [
    [['HELLO', '3'], 'AUTH', 100],
    [['BITFIELD', 'key'], 'GET', 20_000],
    [['ACL', 'SETUSER', 'u'], '~k', 2000],
  ];
  for (const [words, word, count] of requests) {
    client.socket.write(longRequest(words, () => word, count));
    t.regex(await client.ask('PING'), /^-ERR .* takes at most \d+ arguments\r\n\+PONG\r\n$/);
  }
});

test.serial('while many costly requests of one client run, another is answered between them', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const hostile = await live.connect();
  const other = await live.connect();
  const count = 60;
  hostile.socket.write(Buffer.concat(Array.from({ length: count }, () => requestOf([Buffer.from('COMMAND')]))));
  const calls = Number(/cmdstat_command:calls=(\d+)/.exec(await other.ask('INFO commandstats'))?.[1] ?? 0);
  t.true(calls < count, `${calls} of them were run before`);
});
