import test from 'ava';
import { bulk, bulks, LiveServer } from '../live-server.js';

const MAX = 1000;
const tooLong = (length: number): string =>
  `-ERR value would be ${length} bytes long; at most ${MAX} are allowed (value-max-len)\r\n`;

test('no command makes a value longer than value-max-len', async (t) => {
  const live = await LiveServer.start({ valueMaxLen: MAX });
  t.teardown(() => live.stop());
  const client = await live.connect();
  t.is(await client.ask(`SET k ${'x'.repeat(MAX - 1)}`), '+OK\r\n');
  t.is(await client.ask('APPEND k ab'), tooLong(MAX + 1));
  t.is(await client.ask('APPEND k a'), `:${MAX}\r\n`);
  t.is(await client.ask('APPEND k ""'), `:${MAX}\r\n`);
  t.is(await client.ask(`SETRANGE k ${MAX - 1} ab`), tooLong(MAX + 1));
  t.is(await client.ask(`SETRANGE k ${MAX - 1} a`), `:${MAX}\r\n`);
  t.is(await client.ask(`SETRANGE k ${MAX} ""`), `:${MAX}\r\n`);
  t.is(await client.ask(`SETBIT k ${MAX * 8} 1`), tooLong(MAX + 1));
  t.is(await client.ask(`SETBIT k ${MAX * 8 - 1} 1`), ':1\r\n');
  t.is(await client.ask(`BITFIELD k SET u8 ${MAX * 8 - 7} 1`), tooLong(MAX + 1));
  t.is(await client.ask(`BITFIELD k SET u8 ${MAX * 8 - 8} 9 GET u8 ${MAX * 8}`), '*2\r\n:97\r\n:0\r\n');
  t.is(await client.ask('STRLEN k'), `:${MAX}\r\n`);
});

test('what Redis itself finds too long is refused in its words', async (t) => {
  const live = await LiveServer.start({ valueMaxLen: MAX });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const text = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n';
  t.is(await client.ask('SETRANGE k 536870912 x'), text);
  t.is(await client.ask('SETRANGE k 9223372036854775807 x'), text);
  t.is(await client.ask('SETBIT k 4294967296 1'), '-ERR bit offset is not an integer or out of range\r\n');
});

test('where siblings are kept, changes make one value of the newest; what sets writes as SET does', async (t) => {
  const live = await LiveServer.start({ reconcile: 'siblings' });
  t.teardown(() => live.stop());
  const client = await live.connect();
  const valuesOf = async (key: string): Promise<string> => {
    const reply = await client.ask(`GET ${key}`);
    // Behind the token.
    return reply.slice(reply.indexOf('*', 1));
  };
  for (const value of ['old', 'new']) t.is(await client.ask(`SET k ${value}`), '+OK\r\n');
  t.is(await valuesOf('k'), bulks('new', 'old'));
  t.is(await client.ask('GETRANGE k 0 -1'), bulk('new'));
  t.is(await client.ask('GETEX k EX 100'), bulk('new'));
  t.is(await valuesOf('k'), bulks('new', 'old'));
  t.is(await client.ask('APPEND k er'), ':5\r\n');
  t.is(await valuesOf('k'), bulks('newer'));
  t.regex(await client.ask('TTL k'), /^:(?:100|9\d)\r\n$/);
  t.is(await client.ask('GETSET k other'), bulk('newer'));
  t.is(await client.ask('SETEX k 100 third'), '+OK\r\n');
  t.is(await client.ask('SETNX k fourth'), ':0\r\n');
  t.is(await valuesOf('k'), bulks('third', 'other', 'newer'));
  t.is(await client.ask('BITOP OR k k k2'), ':5\r\n');
  t.is(await valuesOf('k'), bulks('third', 'third', 'other', 'newer'));
  t.is(await client.ask('GETDEL k'), bulk('third'));
  t.is(await valuesOf('k'), '*0\r\n');
  t.is(await client.ask('MSETNX k 1 k2 2'), ':1\r\n');
  t.is(await valuesOf('k'), bulks('1'));
});
