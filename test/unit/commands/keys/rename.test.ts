import test, { type ExecutionContext } from 'ava';
import { bulk, bulks, LiveServer, type RawClient } from '../live-server.js';

async function connected(t: ExecutionContext): Promise<RawClient> {
  const live = await LiveServer.start({ enableDebugCommand: 'yes', keyspace: 'cart: reconcile=siblings' });
  t.teardown(() => live.stop());
  return live.connect();
}

/** The values of a reply `[token, [value, ...]]`, as RESP. */
function siblingsIn(reply: string): string {
  return reply.slice(reply.indexOf('\r\n*') + 2);
}

test('where the new key can not be written, the old one stays as it is', async (t) => {
  const client = await connected(t);
  await client.ask('SET k v');
  await client.ask('DEBUG STORE-FAIL writes 3600000');
  for (const command of ['RENAME k k2', 'RENAMENX k k3', 'MOVE k 1']) {
    t.regex(await client.ask(command), /^-IOERR /, command);
  }
  await client.ask('DEBUG STORE-FAIL writes 0');
  t.is(await client.ask('GET k'), bulk('v'));
});

test('all values of a key whose values an application merges go with it, the newest as the newest', async (t) => {
  const client = await connected(t);
  await client.ask('SET cart:1 milk');
  await client.ask('SET cart:1 bread PX 1000000');
  t.is(await client.ask('RENAME cart:1 cart:2'), '+OK\r\n');
  t.is(siblingsIn(await client.ask('GET cart:2')), bulks('bread', 'milk'));
  t.is(siblingsIn(await client.ask('GET cart:1')), '*0\r\n');
  t.is(await client.ask('RENAMENX cart:2 plain'), ':1\r\n');
  t.is(await client.ask('GET plain'), bulk('bread'));
});

test('nothing is overwritten where an application merges values', async (t) => {
  const client = await connected(t);
  await client.ask('SET cart:1 milk');
  await client.ask('SET plain bread');
  t.is(await client.ask('RENAME plain cart:1'), '+OK\r\n');
  t.is(siblingsIn(await client.ask('GET cart:1')), bulks('bread', 'milk'));
  t.is(await client.ask('COPY cart:1 cart:2'), ':1\r\n');
  t.is(siblingsIn(await client.ask('GET cart:2')), bulks('bread', 'milk'));
  t.is(await client.ask('COPY cart:1 cart:2'), ':0\r\n');
});

test('commands behind a RENAME in a pipeline see what it did', async (t) => {
  const client = await connected(t);
  const lines = ['SET a 1', 'RENAME a b', 'GET a', 'GET b', 'RENAME b a', 'INCR a', 'RENAMENX a b', 'GET b'];
  t.is(await client.ask(lines.join('\r\n')), '+OK\r\n+OK\r\n$-1\r\n$1\r\n1\r\n+OK\r\n:2\r\n:1\r\n$1\r\n2\r\n');
});
