import { createServer } from 'node:net';
import test from 'ava';
import { ask, countConnected } from '../../../../scripts/processes/ask.js';
import { freePorts, portFault } from '../../../../scripts/processes/ports.js';

const NODES = [
  'a 127.0.0.1:7001@17001 myself,master - 0 0 1 connected 0-99',
  'b 127.0.0.1:7002@17002 master - 0 0 1 connected 100-199',
  'c 127.0.0.1:7003@17003 master,fail - 0 0 1 connected 200-299',
  'd 127.0.0.1:7004@17004 master - 0 0 1 disconnected 300-399',
  '',
].join('\n');

test('connected are the other nodes whose link stands and that are not failing', (t) => {
  t.is(countConnected(NODES), 1);
  t.is(countConnected(''), 0);
});

test('free ports are different and can be listened on', async (t) => {
  const ports = await freePorts(5);
  t.is(new Set(ports).size, 5);
  t.deepEqual(await Promise.all(ports.map(portFault)), [undefined, undefined, undefined, undefined, undefined]);
});

test('a port that somebody listens on has a fault', async (t) => {
  const [port = 0] = await freePorts(1);
  const server = createServer().listen(port, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  t.is(await portFault(port), 'EADDRINUSE');
});

test('a server that closes without an answer, or that nobody runs, is an error', async (t) => {
  const [open = 0, closed = 0] = await freePorts(2);
  const server = createServer((socket) => socket.end()).listen(open, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  await t.throwsAsync(ask(open, 'PING'));
  await t.throwsAsync(ask(closed, 'PING'), { message: /ECONNREFUSED/ });
});
