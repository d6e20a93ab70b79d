import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test from 'ava';
import { Generation } from '../../../../scripts/load/generation.js';
import { decode } from '../../../../scripts/load/latencies.js';

test('a closed loop goes on once a server that closed all connections takes new ones', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('+OK\r\n'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const generation = new Generation({
    addresses: [{ host: '127.0.0.1', port: address.port }],
    connections: 2,
    mix: { keys: 10, valueBytes: 1, getShare: 0 },
    rate: undefined,
    arrivals: 'even',
    warmUpSeconds: 0,
    seconds: 3,
    fill: false,
    logPath: undefined,
  });
  const tally = await generation.run(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });
  for (const socket of sockets) socket.destroy();
  server.close();
  t.true(decode(tally.latencies).totalCount > 2 * tally.lost, `${decode(tally.latencies).totalCount} answered`);
});
