import test from 'ava';
import { clientLine } from '../../../server/net/client-line.js';
import { LINGER_US } from '../../../server/net/limits.js';
import type { ReplySlot } from '../../../server/net/reply-slot.js';
import { Loopback, until } from './loopback.js';

function pong(slot: ReplySlot): void {
  slot.out.simple('PONG');
  slot.complete();
}

test('a client too many is told so and closed; when one leaves, the next may come', async (t) => {
  const loopback = await Loopback.start(pong, { clientsMax: 2 });
  const [first, second] = [await loopback.connect(), await loopback.connect()];
  const third = await loopback.connect();
  await until(() => third.isClosed);
  t.is(third.received, '-ERR max number of clients reached\r\n');
  t.is(loopback.clients.count, 2);
  t.is(loopback.clients.totals.connectionsRefused, 1);
  first.socket.destroy();
  await until(() => loopback.clients.count === 1);
  const fourth = await loopback.connect();
  for (const client of [second, fourth]) {
    client.send('PING\r\n');
    await client.receives('+PONG\r\n');
  }
  await loopback.stop();
});

test('clients are found by ids that rise and are not used again', async (t) => {
  const loopback = await Loopback.start(pong);
  const first = await loopback.connect();
  await loopback.connect();
  const ids = [...loopback.clients].map((connection) => connection.id);
  t.deepEqual(ids, [1, 2]);
  t.is(loopback.clients.byId(1)?.address, `127.0.0.1:${first.socket.localPort}`);
  loopback.clients.byId(1)?.close('it was killed');
  t.is(loopback.clients.byId(1), undefined);
  await until(() => first.isClosed);
  await loopback.connect();
  t.deepEqual(
    [...loopback.clients].map((connection) => connection.id),
    [2, 3],
  );
  t.true(loopback.logged.some(({ fields }) => fields.reason === 'it was killed'));
  await loopback.stop();
});

test('a client is not idle while what it has sent waits or is being read', async (t) => {
  const loopback = await Loopback.start(pong, { idleTimeoutS: 10 });
  const client = await loopback.connect();
  const [connection] = loopback.clients;
  connection?.requests.suspend();
  loopback.pass(11);
  t.is(loopback.clients.count, 1);
  t.false(connection?.isAwaited);
  connection?.requests.resume();
  connection?.flush();
  loopback.pass(11);
  await until(() => client.isClosed);
  await loopback.stop();
});

test('an idle client is closed after the timeout, and not while a command of it is under way', async (t) => {
  const waiting: ReplySlot[] = [];
  const loopback = await Loopback.start((slot, args) => (args.length > 1 ? waiting.push(slot) : pong(slot)), {
    idleTimeoutS: 10,
  });
  const [idle, busy, waits] = [await loopback.connect(), await loopback.connect(), await loopback.connect()];
  loopback.pass(6);
  busy.send('PING\r\n');
  await busy.receives('+PONG\r\n');
  waits.send('PING later\r\n');
  await until(() => waiting.length === 1);
  loopback.pass(5);
  await until(() => idle.isClosed);
  t.deepEqual(
    [...loopback.clients].map((connection) => connection.id),
    [2, 3],
  );
  loopback.pass(6);
  await until(() => busy.isClosed);
  t.is(loopback.clients.count, 1);
  waiting.forEach(pong);
  await waits.receives('+PONG\r\n');
  loopback.pass(1);
  await until(() => waits.isClosed);
  await loopback.stop();
});

test('without a timeout no client is closed for being idle', async (t) => {
  const loopback = await Loopback.start(pong);
  const client = await loopback.connect();
  loopback.pass(1_000_000);
  client.send('PING\r\n');
  await client.receives('+PONG\r\n');
  t.is(loopback.clients.count, 1);
  await loopback.stop();
});

test('a client that was told goodbye and does not close its end is cut off', async (t) => {
  const loopback = await Loopback.start((slot) => {
    pong(slot);
    slot.connection.closeAfterReplies();
  });
  const client = await loopback.connect();
  client.socket.removeAllListeners('end');
  client.send('QUIT\r\n');
  await client.receives('+PONG\r\n');
  await until(() => loopback.clients.count === 0);
  t.false(client.isClosed);
  loopback.pass(LINGER_US / 1_000_000 + 1);
  // Who sends to a closed socket is told by a reset.
  await until(() => {
    client.send('anyone there?\r\n');
    return client.isClosed;
  });
  await loopback.stop();
});

test('a client is described by the fields of Redis 7.0, in its order', async (t) => {
  const loopback = await Loopback.start((slot) => {
    const { connection } = slot;
    connection.lastCommand = 'client|list';
    slot.out.verbatim('txt', `${clientLine(connection, connection.createdUs + 3_500_000)}\n`);
    slot.complete();
  });
  const client = await loopback.connect();
  const connection = loopback.newest();
  connection.name = 'cart';
  connection.selected = 3;
  connection.isReadonly = true;
  connection.libraryName = 'ioredis';
  client.send('CLIENT LIST\r\n');
  await until(() => client.received.endsWith('\n\r\n'));
  const line = client.received.split('\r\n')[1] ?? '';
  const { localPort } = client.socket;
  t.is(
    line,
    `id=1 addr=127.0.0.1:${localPort} laddr=127.0.0.1:${loopback.listener.port} fd=-1 name=cart age=3 idle=3 flags=r ` +
      'db=3 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=1 omem=0 ' +
      'tot-mem=0 events=r cmd=client|list user=default redir=-1 resp=2 lib-name=ioredis lib-ver=\n',
  );
  await loopback.stop();
});
