import test from 'ava';
import { bulk, LiveServer } from '../live-server.js';

test('a reply that would be longer than a client may have waiting is refused before it is built', async (t) => {
  const live = await LiveServer.start({ clientOutputBufferLimit: 1024 * 1024 });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const value = 'x'.repeat(60_000);
  t.is(await client.ask(`SET k ${value}`), '+OK\r\n');
  t.is(await client.ask('MGET k k'), `*2\r\n${bulk(value)}${bulk(value)}`);
  t.is(
    await client.ask(`MGET${' k'.repeat(20)}`),
    '-ERR the reply would be over 1048576 bytes long (client-output-buffer-limit)\r\n',
  );
  t.is(await client.ask('PING'), '+PONG\r\n');
});

test('what has expired does not give way to an older value that it was written beside', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const client = await live.connect();
  const token = String(await client.ask('GET k CONTEXT')).split('\r\n')[2] ?? '';
  t.is(await client.ask('SET k old'), '+OK\r\n');
  // With a token of before: the two stand beside each other.
  t.regex(String(await client.ask(`SET k new PX 1 CONTEXT ${token}`)), /^\$/);
  let shown = await client.ask('GET k');
  while (shown === bulk('new')) shown = await client.ask('GET k');
  t.is(shown, '$-1\r\n');
  t.is(await client.ask('EXISTS k'), ':0\r\n');
  t.is(await client.ask('TTL k'), ':-2\r\n');
  t.is(await client.ask('STRLEN k'), ':0\r\n');
  t.is(await client.ask('MGET k'), '*1\r\n$-1\r\n');
  t.is(await client.ask('SET k again NX'), '+OK\r\n');
});
