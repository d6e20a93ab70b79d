import test from 'ava';
import { bulk, LiveServer } from './live-server.js';

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
