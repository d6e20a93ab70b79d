/** Clients come over TLS: stock ones are served, and who has no good certificate is not. */
import { readFileSync } from 'node:fs';
import anyTest, { type TestFn } from 'ava';
import { Cluster, Redis } from 'ioredis';
import { ask, infoField } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM } from '../../scripts/processes/node-flags.js';
import { freePorts } from '../../scripts/processes/ports.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { type CertificateFiles, shown, TestAuthority, tlsArgs } from './certificates.js';
import { runProgram, TestCluster } from './processes.js';
import { outcome } from './tls-client.js';

const PASSPHRASE = 'the passphrase of this test';
const LOGGED_MS = 60_000;

interface Context {
  authority: TestAuthority;
  readonly cluster: TestCluster;
  readonly tlsPorts: readonly number[];
  readonly client: CertificateFiles;
}

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const authority = await TestAuthority.make();
  t.context.authority = authority;
  const node = await authority.issue('node', { passphrase: PASSPHRASE, days: 20 });
  const client = await authority.issue('client');
  const tlsPorts = await freePorts(3);
  const cluster = await TestCluster.start({
    args: ['--tls-cluster', 'yes', '--tls-key-file-pass', PASSPHRASE],
    argsOf: (index) => tlsArgs(tlsPorts[index] ?? 0, authority, node),
  });
  Object.assign(t.context, { cluster, tlsPorts, client });
});

test.after.always(async (t) => {
  await t.context.cluster?.close();
  t.context.authority?.close();
});

/** The words that make redis-cli show `files`. */
function cliWords({ authority, client }: Context, port: number): (string | number)[] {
  return ['-p', port, '--tls', '--cacert', authority.ca, '--cert', client.cert, '--key', client.key];
}

test('redis-cli reads through one node what it wrote through another, over TLS and without', async (t) => {
  const [first = 0, second = 0] = t.context.tlsPorts;
  t.is((await runProgram('redis-cli', [...cliWords(t.context, first), 'SET', 'cli', 'milk'])).output, 'OK\n');
  t.is((await runProgram('redis-cli', [...cliWords(t.context, second), 'GET', 'cli'])).output, 'milk\n');
  t.is(await ask(t.context.cluster.ports[2] ?? 0, 'GET', 'cli'), 'milk');
});

test('each client is told the ports that speak what it speaks', async (t) => {
  const { cluster, tlsPorts } = t.context;
  const [port = 0] = tlsPorts;
  const over = async (...words: string[]) =>
    (await runProgram('redis-cli', [...cliWords(t.context, port), ...words])).output;
  await waitUntil('the nodes have told their ports', LOGGED_MS, async () => {
    const members = await over('INFO', 'members');
    return tlsPorts.every((known) => members.includes(`tls_port=${known}`)) || members;
  });
  const slots = await over('CLUSTER', 'SLOTS');
  const nodes = await over('CLUSTER', 'NODES');
  const shards = (await over('CLUSTER', 'SHARDS')).split('\n');
  const plainSlots = JSON.stringify(await ask(cluster.ports[0] ?? 0, 'CLUSTER', 'SLOTS'));
  for (const [index, tlsPort] of tlsPorts.entries()) {
    const plain = cluster.ports[index] ?? 0;
    t.true(slots.includes(`\n${tlsPort}\n`) && !slots.includes(`\n${plain}\n`));
    t.true(nodes.includes(`:${tlsPort}@`) && !nodes.includes(`:${plain}@`));
    t.true(plainSlots.includes(`,${plain},`) && !plainSlots.includes(`,${tlsPort},`));
    t.is(shards[shards.indexOf(`${plain}`) - 1], 'port');
    t.is(shards[shards.indexOf(`${tlsPort}`) - 1], 'tls-port');
  }
});

test('ioredis and its Cluster work over TLS', async (t) => {
  const { authority, client, tlsPorts } = t.context;
  const tls = shown(authority, client);
  const [port = 0] = tlsPorts;
  const redis = new Redis({ port, host: '127.0.0.1', tls });
  t.teardown(() => redis.disconnect());
  t.is(await redis.set('ioredis', 'bread'), 'OK');
  t.is(await redis.get('ioredis'), 'bread');
  const whole = 'x'.repeat(1_000_000);
  t.is(await redis.set('large', whole), 'OK');
  t.is(await redis.get('large'), whole);
  const all = new Cluster([{ port, host: '127.0.0.1' }], { redisOptions: { tls } });
  t.teardown(() => all.disconnect());
  const keys = Array.from({ length: 200 }, (_, index) => `cluster:${index}`);
  await Promise.all(keys.map((key) => all.set(key, key)));
  t.deepEqual(await Promise.all(keys.map((key) => all.get(key))), keys);
  t.deepEqual(
    all
      .nodes('all')
      .map(({ options }) => options.port)
      .toSorted(),
    [...tlsPorts].toSorted(),
  );
});

test('who has no certificate, one of another authority, an expired one or an old TLS is refused, counted and logged', async (t) => {
  const { authority, cluster, tlsPorts } = t.context;
  const [port = 0] = tlsPorts;
  const [plainPort = 0] = cluster.ports;
  const strange = await TestAuthority.make();
  t.teardown(() => strange.close());
  const { ca } = shown(authority);
  const stranger = { ...shown(strange, await strange.issue('stranger')), ca };
  const expired = shown(authority, await authority.issue('expired', { days: -1 }));
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const before = Number(await infoField(plainPort, 'tls', 'tls_handshakes_failed'));

  t.is(await outcome(port, shown(authority, t.context.client)), '+PONG');
  t.not(await outcome(port, { ca }), '+PONG');
  t.not(await outcome(port, stranger), '+PONG');
  t.not(await outcome(port, expired), '+PONG');
  t.regex(await outcome(port, { ...shown(authority, t.context.client), ...old }), /PROTOCOL|ECONNRESET/);
  await t.throwsAsync(ask(port, 'PING'), undefined, 'without TLS');

  const log = cluster.node(0).start.logPath;
  for (const reason of [
    'shows no certificate',
    'CA that is not trusted',
    'has expired',
    'no version of TLS',
    'no TLS',
  ]) {
    await waitUntil(
      `the log says: ${reason}`,
      LOGGED_MS,
      () => readFileSync(log, 'utf8').includes(reason) || 'not yet',
    );
  }
  await waitUntil('all of them are counted', LOGGED_MS, async () => {
    const failed = Number(await infoField(plainPort, 'tls', 'tls_handshakes_failed'));
    return failed >= before + 5 || `${failed - before} are`;
  });
  t.is(await ask(plainPort, 'PING'), 'PONG');
});

test('a node that asks for no certificate serves who has none; one that leaves it open, all but bad ones', async (t) => {
  const { authority, cluster, tlsPorts } = t.context;
  const port = tlsPorts[1] ?? 0;
  const plainPort = cluster.ports[1] ?? 0;
  const { ca } = shown(authority);
  const expired = shown(authority, await authority.issue('ended', { days: -1 }));
  t.is(await ask(plainPort, 'CONFIG', 'SET', 'tls-auth-clients', 'optional'), 'OK');
  t.is(await outcome(port, { ca }), '+PONG');
  t.not(await outcome(port, expired), '+PONG');
  t.is(await ask(plainPort, 'CONFIG', 'SET', 'tls-auth-clients', 'no'), 'OK');
  t.is(await outcome(port, { ca }), '+PONG');
  t.is(await outcome(port, expired), '+PONG');
  t.is(await ask(plainPort, 'CONFIG', 'SET', 'tls-auth-clients', 'yes'), 'OK');
  t.not(await outcome(port, { ca }), '+PONG');
});

test('cartwheel status asks all nodes over TLS', async (t) => {
  const { authority, client, tlsPorts } = t.context;
  const words = ['-p', tlsPorts[0] ?? 0, '--tls', '--cacert', authority.ca, '--cert', client.cert, '--key', client.key];
  await waitUntil('all nodes answer', LOGGED_MS, async () => {
    const { code, output, errorOutput } = await runProgram('node', [NODE_PROGRAM, 'status', ...words, '--json']);
    if (code !== 0) return errorOutput;
    const { nodes } = JSON.parse(output) as { nodes: { answered: boolean; tlsPort: number }[] };
    const told = nodes.map(({ tlsPort }) => tlsPort).toSorted();
    return (nodes.every(({ answered }) => answered) && told.join() === tlsPorts.toSorted().join()) || output;
  });
  t.pass();
});

test('no passphrase and no key is shown or logged; that a certificate ends soon is', async (t) => {
  const { cluster } = t.context;
  const [port = 0] = cluster.ports;
  const shownOptions = (await ask(port, 'CONFIG', 'GET', 'tls-*')) as string[];
  t.is(shownOptions[shownOptions.indexOf('tls-key-file-pass') + 1], '********');
  const everything = [JSON.stringify(shownOptions), String(await ask(port, 'INFO', 'everything'))];
  const log = readFileSync(cluster.node(0).start.logPath, 'utf8');
  for (const text of [...everything, log]) t.false(text.includes(PASSPHRASE) || text.includes('PRIVATE KEY'));
  t.is(await infoField(port, 'tls', 'tls_certificate_days_left'), '19');
  t.regex(log, /"daysLeft":19,"msg":"the TLS certificate of this node expires soon"/);
});
