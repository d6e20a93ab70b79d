import test from 'ava';
import { bulks, LiveServer } from '../live-server.js';

test('KEYS is refused where its reply would be too long; SCAN goes on', async (t) => {
  const live = await LiveServer.start({ partitions: 8, clientOutputBufferLimit: 64 * 1024 });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const keys = Array.from({ length: 100 }, (_, index) => `${'k'.repeat(1_000)}${index}`);
  for (const key of keys) await client.ask(`SET ${key} v`);
  t.is(
    await client.ask('KEYS *'),
    '-ERR the reply would be over 65536 bytes long (client-output-buffer-limit); use SCAN\r\n',
  );
  t.regex(await client.ask('SCAN 0 COUNT 10'), /^\*2\r\n\$\d+\r\n[1-9]\d*\r\n\*10\r\n/);
  t.is(await client.ask(`KEYS ${keys[7]}`), bulks(keys[7] ?? ''));
});

test('a long reply of KEYS is whole, and the replies behind it follow', async (t) => {
  const live = await LiveServer.start({ partitions: 8 });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const count = 12_000;
  for (let at = 0; at < count; at += 1_000) {
    const pairs = Array.from({ length: 1_000 }, (_, index) => `key:${at + index} v`);
    await client.ask(`MSET ${pairs.join(' ')}`);
  }
  const reply = await client.ask('KEYS key:*\r\nPING');
  t.true(reply.startsWith(`*${count}\r\n`) && reply.endsWith('+PONG\r\n'));
  t.is(new Set(reply.match(/key:\d+/g)).size, count);
});
