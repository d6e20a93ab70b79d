import test from 'ava';
import { requestOf } from '../../../commands/request.js';
import { until } from '../../net/loopback.js';
import { bulk, LiveServer } from '../live-server.js';

const MIB = 1024 * 1024;
const MAX = 200_000;
const LONG = Buffer.alloc(4 * MIB, 'x');

const refused = `-ERR value is ${LONG.length} bytes long; at most ${MAX} are allowed (value-max-len)\r\n`;

function request(...words: (string | Buffer)[]): Buffer {
  return requestOf(words.map((word) => (typeof word === 'string' ? Buffer.from(word) : word)));
}

test('a value that is too long is refused by its length, and the requests around it are done', async (t) => {
  const live = await LiveServer.start({ valueMaxLen: MAX });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const refusedWrites = [
    ['SET', 'k', LONG],
    ['set', 'k', LONG, 'no such option'],
    ['SETNX', 'n', LONG],
    ['GETSET', 'k', LONG],
    ['SETEX', 'k', 'no number', LONG],
    ['PSETEX', 'k', '100', LONG],
    ['MSET', 'l', 'short', 'k', LONG],
    ['MSETNX', 'l', LONG, 'm', 'short'],
  ];
  for (const words of refusedWrites) {
    client.socket.write(Buffer.concat([request('SET', 'k', 'v'), request(...words), request('GET', 'k')]));
    t.is(await client.ask('EXISTS l m n'), `+OK\r\n${refused}${bulk('v')}:0\r\n`, String(words[0]));
  }
  client.socket.write(Buffer.concat([request('MULTI'), request('SET', 'k', LONG), request('SET', 'k', 'w')]));
  t.is(await client.ask('EXEC'), `+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n${refused}+OK\r\n`);
  client.socket.write(request('SET', 'k', LONG, 'a', 'b', 'c', 'd'));
  t.is(await client.ask('GET k'), `${refused}${bulk('w')}`);
});

test('a long argument that is no such value is there with all its bytes', async (t) => {
  const live = await LiveServer.start({ valueMaxLen: MAX });
  t.teardown(() => live.stop());
  const client = await live.connect();
  client.socket.write(request('ECHO', LONG));
  const echoed = await client.ask('PING');
  t.true(echoed === `${bulk(LONG.toString())}+PONG\r\n`);
  client.socket.write(request('SET', LONG, 'v'));
  t.regex(await client.ask('PING'), /^-ERR key is 4194304 bytes long.*\r\n\+PONG\r\n$/);
  client.socket.write(request('GETSET', 'k', LONG, LONG));
  t.regex(await client.ask('PING'), /^-ERR wrong number of arguments for 'getset' command\r\n\+PONG\r\n$/);
});

test('of a value that is too long nothing is kept while it comes', async (t) => {
  const live = await LiveServer.start({ valueMaxLen: MAX });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const bytes = request('SET', 'k', LONG);
  client.socket.write(bytes.subarray(0, bytes.length - 1000));
  const [connection] = live.server.clients;
  await until(() => connection?.bytesIn === bytes.length - 1000);
  t.true((connection?.requestBytes ?? MIB) < 1000, `${connection?.requestBytes} bytes`);
  client.socket.write(bytes.subarray(bytes.length - 1000));
  t.is(await client.ask('PING'), `${refused}+PONG\r\n`);
});
