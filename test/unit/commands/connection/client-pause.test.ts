import type { Socket } from 'node:net';
import test from 'ava';
import { LISTENING_BYTES_MAX } from '../../../../server/net/limits.js';
import { LiveServer } from '../live-server.js';

test('commands that wait go on in order when the pause is ended, and those behind them too', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const [admin, client] = await Promise.all([live.connect(), live.connect()]);
  t.is(await admin.ask('CLIENT PAUSE 600000 WRITE'), '+OK\r\n');
  t.is(await client.ask('GET k'), '$-1\r\n');
  const replies = client.ask('SET k 1\r\nAPPEND k 2\r\nGET k');
  while (!/flags=b.* cmd=set /.test(await admin.ask('CLIENT LIST'))) await admin.ask('PING');
  t.regex(await admin.ask('INFO clients'), /blocked_clients:1\r\n/);
  t.is(await admin.ask('CLIENT UNPAUSE'), '+OK\r\n');
  t.is(await replies, '+OK\r\n:2\r\n$2\r\n12\r\n');
});

test('of two pauses the longer and the stricter holds', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const admin = await live.connect();
  await admin.ask('CLIENT PAUSE 600000 WRITE');
  await admin.ask('CLIENT PAUSE 1 WRITE');
  t.true(live.server.pause.isOn);
  const client = await live.connect();
  t.true(live.server.pause.concerns([...live.server.clients][0] ?? t.fail('no client'), true));
  await client.ask('PING');
  live.server.pause.begin(1, false);
  const reply = client.ask('PING');
  live.server.pause.end();
  t.is(await reply, '+PONG\r\n');
});

test('nothing is done for a client that was killed while its command waited', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const [admin, client] = await Promise.all([live.connect(), live.connect()]);
  await admin.ask('CLIENT PAUSE 600000 WRITE');
  client.socket.write('SET k 1\r\n');
  while (!/flags=b/.test(await admin.ask('CLIENT LIST'))) await admin.ask('PING');
  const id = /id=(\d+) .* flags=b/.exec(await admin.ask('CLIENT LIST'))?.[1];
  t.is(await admin.ask(`CLIENT KILL ID ${id}`), ':1\r\n');
  await admin.ask('CLIENT UNPAUSE');
  t.is(await admin.ask('GET k'), '$-1\r\n');
});

for (const [how, go] of [
  ['closes its connection', (socket: Socket) => socket.destroy()],
  ['shuts down its side of it', (socket: Socket) => socket.end()],
  ['resets it', (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`a client that ${how} while its command waits is released, and nothing is done for it`, async (t) => {
    const live = await LiveServer.start();
    t.teardown(() => live.stop());
    const [admin, client] = await Promise.all([live.connect(), live.connect()]);
    await admin.ask('CLIENT PAUSE 600000 WRITE');
    client.socket.write('SET k 1\r\nSET k 2\r\n');
    while (live.server.pause.heldCount === 0) await admin.ask('PING');
    go(client.socket);
    while (/cmd=set /.test(await admin.ask('CLIENT LIST'))) await admin.ask('PING');
    t.is(live.server.pause.heldCount, 0);
    t.regex(await admin.ask('INFO clients'), /connected_clients:1\r\n[\s\S]*blocked_clients:0\r\n/);
    await admin.ask('CLIENT UNPAUSE');
    t.is(await admin.ask('GET k'), '$-1\r\n');
  });
}

test('what a client sends on while its command waits is bounded, and all of it is done afterwards', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const [admin, client] = await Promise.all([live.connect(), live.connect()]);
  await admin.ask('CLIENT PAUSE 600000 WRITE');
  const value = 'v'.repeat(30_000);
  const appends = 200;
  const replies = client.ask(Array.from({ length: appends }, () => `APPEND k ${value}`).join('\r\n'));
  while (live.server.pause.heldCount === 0) await admin.ask('PING');
  const held = [...live.server.clients].find(({ block }) => block !== undefined);
  for (let i = 0; i < 100; i++) await admin.ask('PING');
  t.true((held?.requestBytes ?? 0) < 3 * LISTENING_BYTES_MAX, `${held?.requestBytes}`);
  await admin.ask('CLIENT UNPAUSE');
  t.true((await replies).startsWith(':30000\r\n:60000\r\n'));
});

test('a WAIT is ended by CLIENT UNBLOCK', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const [admin, client] = await Promise.all([live.connect(), live.connect()]);
  const id = (await client.ask('CLIENT ID')).slice(1, -2);
  for (const [reason, reply] of [
    ['TIMEOUT', /^:\d+\r\n$/],
    ['ERROR', /^-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n$/],
  ] as const) {
    const answer = client.ask('WAIT 9 0');
    while ((await admin.ask(`CLIENT UNBLOCK ${id} ${reason}`)) !== ':1\r\n') await admin.ask('PING');
    t.regex(await answer, reply);
  }
});
