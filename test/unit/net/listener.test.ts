import net from 'node:net';
import test from 'ava';
import { ListenError } from '../../../server/net/listener.js';
import type { ReplySlot } from '../../../server/net/reply-slot.js';
import { Loopback, until } from './loopback.js';

function pong(slot: ReplySlot): void {
  slot.out.simple('PONG');
  slot.complete();
}

async function ping(host: string, port: number): Promise<string> {
  const socket = net.connect({ host, port });
  socket.end('PING\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('an address in use is named', async (t) => {
  const first = await Loopback.start(pong);
  const second = await Loopback.start(pong);
  const { port } = first.listener;
  const error = await t.throwsAsync(second.listener.listen({ bind: ['127.0.0.1'], port, backlog: 10 }), {
    instanceOf: ListenError,
  });
  t.is(error?.message, `cannot listen on 127.0.0.1:${port}: the address is in use`);
  await first.stop();
  await second.stop();
});

test('an address that this machine has not got is named, or passed over where it may be missing', async (t) => {
  const loopback = await Loopback.start(pong);
  const listen = (bind: string[]) => loopback.listener.listen({ bind, port: 0, backlog: 10 });
  await t.throwsAsync(listen(['192.0.2.1']), {
    message: 'cannot listen on 192.0.2.1:0: this machine has no such address',
  });
  await t.throwsAsync(listen(['-192.0.2.1']), { message: 'cannot listen: none of the bind addresses exists' });
  const port = await listen(['-192.0.2.1', '127.0.0.1']);
  t.is(await ping('127.0.0.1', port), '+PONG\r\n');
  await loopback.stop();
});

test('several addresses share one port', async (t) => {
  const loopback = await Loopback.start(pong);
  const port = await loopback.listener.listen({ bind: ['127.0.0.2', '127.0.0.3'], port: 0, backlog: 10 });
  t.is(await ping('127.0.0.2', port), '+PONG\r\n');
  t.is(await ping('127.0.0.3', port), '+PONG\r\n');
  await loopback.stop();
});

test('closing answers what is under way, and cuts off who dallies', async (t) => {
  const waiting: ReplySlot[] = [];
  const loopback = await Loopback.start((slot) => waiting.push(slot));
  const [served, dallying] = [await loopback.connect(), await loopback.connect()];
  served.send('PING\r\n');
  dallying.send('PING\r\n');
  await until(() => waiting.length === 2);
  const { port } = loopback.listener;
  const closing = loopback.listener.close(200);
  const [first] = waiting;
  if (first !== undefined) pong(first);
  await closing;
  t.is(loopback.clients.count, 0);
  await until(() => served.isClosed && dallying.isClosed);
  t.is(served.received + dallying.received, '+PONG\r\n');
  await t.throwsAsync(ping('127.0.0.1', port), { code: 'ECONNREFUSED' });
});
