import test from 'ava';
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
