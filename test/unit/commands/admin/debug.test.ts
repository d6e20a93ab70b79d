import test from 'ava';
import { LiveServer } from '../live-server.js';

const NOT_ALLOWED =
  '-ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.\r\n';

for (const line of ['DEBUG SLEEP 0', 'DEBUG HELP', 'DEBUG foo']) {
  test(`without enable-debug-command ${line} is answered in the words of Redis`, async (t) => {
    const live = await LiveServer.start();
    t.teardown(() => live.stop());
    const client = await live.connect();
    t.is(await client.ask(line), NOT_ALLOWED);
  });
}

/** What redis-server 7.0.15 answers to the same lines, where it has the subcommand. */
const ALLOWED: readonly (readonly [line: string, reply: string])[] = [
  ['DEBUG', "-ERR wrong number of arguments for 'debug' command\r\n"],
  ['DEBUG foo', "-ERR unknown subcommand or wrong number of arguments for 'foo'. Try DEBUG HELP.\r\n"],
  ['DEBUG sleep', "-ERR unknown subcommand or wrong number of arguments for 'sleep'. Try DEBUG HELP.\r\n"],
  ['DEBUG sleep 1 2', "-ERR unknown subcommand or wrong number of arguments for 'sleep'. Try DEBUG HELP.\r\n"],
  ['DEBUG sleep 0.001', '+OK\r\n'],
  ['DEBUG sleep abc', '+OK\r\n'],
  ['DEBUG sleep -1', '+OK\r\n'],
  ['DEBUG PEER-DROP abc both 1', '-ERR no other node has this id\r\n'],
  ['DEBUG STORE-FAIL all 1', '-ERR what fails must be reads, writes or both\r\n'],
  ['DEBUG STORE-FAIL both -1', '-ERR a fault lasts from 0 to 3600000 milliseconds\r\n'],
  ['DEBUG STORE-FAIL both 3600001', '-ERR a fault lasts from 0 to 3600000 milliseconds\r\n'],
  [
    'CONFIG SET enable-debug-command no',
    "-ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set immutable config\r\n",
  ],
];

for (const [line, reply] of ALLOWED) {
  test(`with enable-debug-command ${line} is answered as by Redis`, async (t) => {
    const live = await LiveServer.start({ enableDebugCommand: 'yes' });
    t.teardown(() => live.stop());
    t.is(await (await live.connect()).ask(line), reply);
  });
}

test('enable-debug-command local lets clients of this machine in', async (t) => {
  const live = await LiveServer.start({ enableDebugCommand: 'local' });
  t.teardown(() => live.stop());
  t.is(await (await live.connect()).ask('DEBUG SLEEP 0'), '+OK\r\n');
});

test('DEBUG STORE-FAIL lets writes fail until it is over', async (t) => {
  const live = await LiveServer.start({ enableDebugCommand: 'yes' });
  t.teardown(() => live.stop());
  const client = await live.connect();
  t.is(await client.ask('DEBUG STORE-FAIL writes 3600000'), '+OK\r\n');
  t.regex(await client.ask('SET k v'), /^-IOERR .*DEBUG STORE-FAIL/);
  t.is(await client.ask('DEBUG STORE-FAIL writes 0'), '+OK\r\n');
  t.is(await client.ask('SET k v'), '+OK\r\n');
});

test('DEBUG DIGEST-VALUE tells versions apart and shows nothing as zeros', async (t) => {
  const live = await LiveServer.start({ enableDebugCommand: 'yes' });
  t.teardown(() => live.stop());
  const client = await live.connect();
  await client.ask('SET k v');
  const first = await client.ask('DEBUG DIGEST-VALUE k none');
  t.regex(first, /^\*2\r\n\+[0-9a-f]{40}\r\n\+0{40}\r\n$/);
  t.is(await client.ask('DEBUG DIGEST-VALUE k none'), first);
  await client.ask('SET k v');
  t.not(await client.ask('DEBUG DIGEST-VALUE k none'), first);
});
