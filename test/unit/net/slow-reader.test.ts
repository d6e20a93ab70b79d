import test from 'ava';
import { ALL_OUTPUT_BYTES_MAX, OUTPUT_HOLD_BYTES, OUTPUT_STALL_US } from '../../../server/net/limits.js';
import type { ReplySlot } from '../../../server/net/reply-slot.js';
import { RUN_REQUESTS_MAX } from '../../../server/resp/limits.js';
import { Loopback, type TestClient, until } from './loopback.js';

const KB = 1024;
const MB = 1024 * KB;
const VALUE = Buffer.alloc(256 * KB, 'v');
const REPLY_BYTES = VALUE.length + `$${VALUE.length}\r\n\r\n`.length;
/** What may come on top of a bound: the requests of one run. */
const RUN_BYTES = (RUN_REQUESTS_MAX + 2) * REPLY_BYTES;

function answerAtOnce(slot: ReplySlot): void {
  slot.out.bulk(VALUE);
  slot.complete();
}

test('a client that does not read is held back, and gets every reply in order once it reads', async (t) => {
  let asked = 0;
  const loopback = await Loopback.start((slot) => {
    slot.out.integer(asked++);
    slot.complete();
    answerAtOnce(slot.connection.openSlot());
  });
  const client = await loopback.connect();
  client.socket.pause();
  const count = 200;
  client.send('*1\r\n$3\r\nGET\r\n'.repeat(count));
  const connection = loopback.newest();
  await until(() => connection.isHeld && asked > 0);
  t.true(asked < count);
  t.true(connection.queuedBytes <= OUTPUT_HOLD_BYTES + RUN_BYTES, `${connection.queuedBytes} bytes`);
  client.socket.resume();
  let expectedBytes = 0;
  for (let i = 0; i < count; i++) expectedBytes += `:${i}\r\n`.length + REPLY_BYTES;
  await until(() => client.receivedBytes === expectedBytes);
  const received = Buffer.concat(client.chunks);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const head = `:${i}\r\n$${VALUE.length}\r\nvvv`;
    t.is(received.toString('latin1', at, at + head.length), head);
    at += `:${i}\r\n`.length + REPLY_BYTES;
  }
  t.is(connection.queuedBytes, 0);
  t.false(connection.isHeld);
  t.is(loopback.clients.totals.queuedBytes, 0);
  await loopback.stop();
});

test('a client that is held and goes on not reading is closed after a while', async (t) => {
  const loopback = await Loopback.start(answerAtOnce);
  const client = await loopback.connect();
  client.socket.pause();
  client.send('*1\r\n$3\r\nGET\r\n'.repeat(200));
  const connection = loopback.newest();
  await until(() => connection.isHeld);
  // The kernel may go on taking bytes for a while, and the time begins anew with each lot.
  let passes = 0;
  await until(() => {
    loopback.pass(OUTPUT_STALL_US / 1_000_000 - 1);
    passes++;
    return connection.isClosed;
  });
  t.true(passes > 1);
  t.is(loopback.clients.totals.outputBufferCloses, 1);
  t.is(loopback.clients.totals.queuedBytes, 0);
  t.true(loopback.logged.some(({ message }) => message === 'A client that does not read is closed'));
  await loopback.stop();
});

test('a client whose replies outgrow the hard bound is closed at once', async (t) => {
  const waiting: ReplySlot[] = [];
  const loopback = await Loopback.start(
    (slot, args) => {
      if (args.length > 1) waiting.push(slot);
      else {
        slot.out.ok();
        slot.complete();
      }
    },
    { outputBytesMax: 4 * MB },
  );
  const client = await loopback.connect();
  // Short replies first: what comes then can't be known beforehand.
  client.send('PING\r\n'.repeat(200));
  await client.receives('+OK\r\n'.repeat(200));
  client.socket.pause();
  client.send('GET k\r\n'.repeat(200));
  await until(() => waiting.length === 200);
  const connection = loopback.newest();
  let most = 0;
  for (const slot of waiting.reverse()) {
    answerAtOnce(slot);
    most = Math.max(most, connection.queuedBytes);
  }
  t.true(connection.isClosed);
  t.true(most <= 4 * MB + REPLY_BYTES, `${most} bytes`);
  t.is(loopback.clients.totals.outputBufferCloses, 1);
  await until(() => client.isClosed || client.socket.destroyed || loopback.clients.count === 0);
  await loopback.stop();
});

test('many clients that do not read share one bound', async (t) => {
  const loopback = await Loopback.start(answerAtOnce);
  const clients: TestClient[] = [];
  for (let i = 0; i < 8; i++) {
    const client = await loopback.connect();
    clients.push(client);
    client.socket.pause();
    client.send('*1\r\n$3\r\nGET\r\n'.repeat(100));
    await until(() => loopback.newest().isHeld);
  }
  const queued = loopback.clients.totals.queuedBytes;
  t.true(queued <= ALL_OUTPUT_BYTES_MAX + OUTPUT_HOLD_BYTES + clients.length * RUN_BYTES, `${queued} bytes`);
  for (const client of clients) client.socket.resume();
  await until(() => clients.every((client) => client.receivedBytes === 100 * REPLY_BYTES));
  t.is(loopback.clients.totals.queuedBytes, 0);
  await loopback.stop();
});

test('replies as long as a value may be come whole', async (t) => {
  const value = Buffer.alloc(20 * MB, 'z');
  const loopback = await Loopback.start((slot) => {
    slot.out.bulk(value);
    slot.complete();
  });
  const client = await loopback.connect();
  client.send('GET\r\nGET\r\n');
  await until(() => client.receivedBytes === 2 * (value.length + '$20971520\r\n\r\n'.length));
  t.is(loopback.newest().bytesOut, client.receivedBytes);
  await loopback.stop();
});
