import { Socket } from 'node:net';
import test from 'ava';
import { SocketWriter } from '../../../server/net/socket-writer.js';

test('a socket that has failed takes nothing: what is written stays unsent, and nobody hears that it was sent', async (t) => {
  const socket = new Socket();
  const errored = new Promise((resolve) => socket.once('error', resolve));
  socket.destroy(new Error('reset'));
  const writer = new SocketWriter(socket, { nowMs: () => 0, monotonicUs: () => 0 }, () => t.fail('it was sent'));
  t.false(writer.write(Buffer.alloc(1_000_000)));
  t.is(writer.unsentBytes, 1_000_000);
  await errored;
  t.is(writer.unsentBytes, 1_000_000);
});
