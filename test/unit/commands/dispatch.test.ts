import testOf, { type TestFn } from 'ava';
import { bulk, LiveServer } from './live-server.js';

const test = testOf as TestFn<LiveServer>;

test.beforeEach(async (t) => {
  t.context = await LiveServer.start();
});
test.afterEach.always((t) => t.context.stop());

/** The value of one line of INFO. */
function field(info: string, name: string): string | undefined {
  return info
    .split('\r\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1);
}

test('an unknown command is quoted with the beginning of its arguments', async (t) => {
  const client = await t.context.connect();
  const [x, y] = ['x'.repeat(150), 'y'.repeat(100)];
  t.is(await client.ask('foo bar "a b"'), "-ERR unknown command 'foo', with args beginning with: 'bar' 'a b' \r\n");
  t.is(
    await client.ask(`${x} ${y} ${y} z`),
    `-ERR unknown command '${x.slice(0, 128)}', with args beginning with: '${y}' '${y.slice(0, 25)}' \r\n`,
  );
  t.is(
    await client.ask(String.raw`"\xff" "\r\n\x80"`),
    "-ERR unknown command '\xff', with args beginning with: '  \x80' \r\n",
  );
});

test('names are taken in any letter case', async (t) => {
  const client = await t.context.connect();
  t.is(await client.ask('pInG'), '+PONG\r\n');
  t.is(await client.ask('cLiEnT iD'), ':1\r\n');
});

test('calls, failures and rejections are counted for each command', async (t) => {
  const client = await t.context.connect();
  for (const line of [
    'PING',
    'PING',
    'PING a b',
    'SELECT x',
    'SELECT',
    'CLIENT LIST x',
    'CONFIG',
    'CONFIG foo',
    'foo',
  ]) {
    await client.ask(line);
  }
  const info = await client.ask('INFO commandstats');
  t.regex(
    field(info, 'cmdstat_ping') ?? '',
    /^calls=3,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=0,failed_calls=1$/,
  );
  t.regex(field(info, 'cmdstat_select') ?? '', /^calls=1,.*rejected_calls=1,failed_calls=1$/);
  t.regex(field(info, 'cmdstat_client|list') ?? '', /^calls=1,.*rejected_calls=0,failed_calls=1$/);
  t.regex(field(info, 'cmdstat_config') ?? '', /^calls=0,usec=0,usec_per_call=0\.00,rejected_calls=2,failed_calls=0$/);
  t.is(field(await client.ask('INFO errorstats'), 'errorstat_ERR'), 'count=7');
  t.is(field(await client.ask('INFO stats'), 'total_error_replies'), '7');
});

test('errors are counted by their codes', async (t) => {
  const client = await t.context.connect();
  await client.ask('HELLO 9');
  await client.ask('AUTH a b');
  const info = await client.ask('INFO errorstats');
  t.is(field(info, 'errorstat_NOPROTO'), 'count=1');
  t.is(field(info, 'errorstat_WRONGPASS'), 'count=1');
});

test('latencies of commands are recorded until that is switched off', async (t) => {
  const client = await t.context.connect();
  await client.ask('SET a 1');
  await client.ask('CONFIG SET latency-tracking no');
  await client.ask('GET a');
  const info = await client.ask('INFO latencystats');
  t.regex(field(info, 'latency_percentiles_usec_set') ?? '', /^p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}$/);
  t.is(field(info, 'latency_percentiles_usec_get'), undefined);
  await client.ask('CONFIG SET latency-tracking yes latency-tracking-info-percentiles "50 100"');
  await client.ask('GET a');
  t.regex(
    field(await client.ask('INFO latencystats'), 'latency_percentiles_usec_get') ?? '',
    /^p50=[\d.]+,p100=[\d.]+$/,
  );
});

test('LATENCY HISTOGRAM has the shape of Redis', async (t) => {
  const client = await t.context.connect();
  for (let i = 0; i < 3; i++) await client.ask('SET a 1');
  const histogram = String.raw`\*4\r\n\$5\r\ncalls\r\n:3\r\n\$14\r\nhistogram_usec\r\n\*\d+\r\n(:\d+\r\n:\d+\r\n)*:\d+\r\n:3\r\n`;
  t.regex(await client.ask('LATENCY HISTOGRAM set nosuch'), new RegExp(`^\\*2\\r\\n\\$3\\r\\nset\\r\\n${histogram}$`));
  t.is(await client.ask('LATENCY HISTOGRAM nosuch'), '*0\r\n');
  t.regex(await client.ask('LATENCY HISTOGRAM latency'), /^\*2\r\n\$17\r\nlatency\|histogram\r\n/);
  t.true((await client.ask('LATENCY HISTOGRAM')).includes(bulk('set')));
  await client.ask('HELLO 3');
  t.regex(await client.ask('LATENCY HISTOGRAM set'), /^%1\r\n\$3\r\nset\r\n%2\r\n/);
  t.is(await client.ask('LATENCY LATEST'), '*0\r\n');
  t.is(await client.ask('LATENCY RESET'), ':0\r\n');
});

test('CONFIG RESETSTAT sets everything back that counts or measures', async (t) => {
  const client = await t.context.connect();
  await client.ask('SET a 1');
  await client.ask('GET a');
  await client.ask('foo');
  t.is(await client.ask('CONFIG RESETSTAT'), '+OK\r\n');
  const info = await client.ask('INFO everything');
  t.is(field(info, 'cmdstat_get'), undefined);
  t.is(field(info, 'latency_percentiles_usec_get'), undefined);
  t.is(field(info, 'errorstat_ERR'), undefined);
  t.is(field(info, 'total_error_replies'), '0');
  t.is(field(info, 'coordinated_gets'), '0');
  t.is(field(info, 'total_connections_received'), '0');
});
