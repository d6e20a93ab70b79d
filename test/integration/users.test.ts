/** Users and passwords, as unmodified clients use them on a cluster of which each node has the same users. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { Cluster, Redis } from 'ioredis';
import { ask } from '../../scripts/processes/ask.js';
import { NODE_PROGRAM, nodeFlags } from '../../scripts/processes/node-flags.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { RawConnection } from '../commands/raw-connection.js';
import { RedisProcess } from '../commands/redis-process.js';
import { requestOf, wordsOf } from '../commands/request.js';
import { READY_MS, runProgram, TestCluster } from './processes.js';

const STATUS = [...nodeFlags(), NODE_PROGRAM, 'status'];
const ALICE = { username: 'alice', password: 'wonderland' };
const SECRETS = ['wonderland', 'sesame', 'simsim'];
const NO_RIGHT = /NOPERM this user has no permissions to access one of the keys/;

let cluster: TestCluster;

test.before(async () => {
  const rules = ['on', '>wonderland', '~cart:*', '+@read', '+@write', '+@connection', '+cluster', '+command', '+info'];
  cluster = await TestCluster.start({ args: ['--user', ALICE.username, ...rules, '--login-delay-max-ms', '400'] });
  for (const port of cluster.ports) await ask(port, 'CONFIG', 'SET', 'requirepass', 'sesame');
});
test.after.always(() => cluster?.close());

test.serial('a client that has not logged in is told so, whatever it asks, and is let in once it has', async (t) => {
  const client = await RawConnection.open(cluster.node(0).port);
  t.teardown(() => client.close());
  const answer = async (line: string): Promise<string> => (await client.exchange(requestOf(wordsOf(line)))).bytes;
  for (const line of ['GET cart:1', 'PING', 'INFO', 'CONFIG GET requirepass', 'DYNAMO TRANSFERS', 'ACL LIST']) {
    t.is(await answer(line), '-NOAUTH Authentication required.\r\n');
  }
  t.is(await answer('AUTH simsim'), '-WRONGPASS invalid username-password pair or user is disabled.\r\n');
  t.is(await answer('AUTH sesame'), '+OK\r\n');
  t.is(await answer('CONFIG GET requirepass'), '*2\r\n$11\r\nrequirepass\r\n$8\r\n********\r\n');
});

test.serial(
  'ioredis logs in by name and password, plain and as Cluster, and gets what its user may have',
  async (t) => {
    const clients: (Redis | Cluster)[] = [
      new Redis(cluster.node(0).port, '127.0.0.1', ALICE),
      new Redis(cluster.node(1).port, '127.0.0.1', { ...ALICE, protocol: 2 }),
      new Cluster(
        cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
        { redisOptions: ALICE },
      ),
    ];
    for (const [index, client] of clients.entries()) {
      t.teardown(() => client.disconnect());
      await client.set(`cart:${index}`, 'milk');
      t.is(await client.get(`cart:${index}`), 'milk');
      await t.throwsAsync(client.set('other', 'x'), { message: NO_RIGHT });
      await t.throwsAsync(client.config('GET', '*'), { message: /NOPERM .* 'config\|get' command/ });
    }
  },
);

test.serial('ioredis is told of a wrong password', async (t) => {
  const client = new Redis(cluster.node(0).port, '127.0.0.1', { password: 'simsim', retryStrategy: () => null });
  t.teardown(() => client.disconnect());
  const error = await new Promise<Error>((resolve) => client.once('error', resolve));
  t.regex(error.message, /WRONGPASS/);
});

test.serial('redis-cli logs in with --user and --pass, with -a, and by REDISCLI_AUTH', async (t) => {
  const { port } = cluster.node(2);
  const words = ['-p', port, '--no-auth-warning'];
  const asAlice = await runProgram('redis-cli', [...words, '--user', 'alice', '--pass', 'wonderland', 'ACL', 'WHOAMI']);
  t.regex(asAlice.output, /NOPERM this user has no permissions to run the 'acl\|whoami' command/);
  const cart = await runProgram('redis-cli', [
    ...words,
    '--user',
    'alice',
    '--pass',
    'wonderland',
    'SET',
    'cart:9',
    'x',
  ]);
  t.is(cart.output.trim(), 'OK');
  t.is((await runProgram('redis-cli', [...words, '-a', 'sesame', 'ACL', 'WHOAMI'])).output.trim(), 'default');
  t.regex((await runProgram('redis-cli', [...words, 'GET', 'cart:9'])).output, /NOAUTH/);
});

test.serial('cartwheel status logs in at all nodes', async (t) => {
  const { port } = cluster.node(0);
  const words = [...STATUS, '--port', port, '--json'];
  await waitUntil('all nodes answer', READY_MS, async () => {
    const { code, output, errorOutput } = await runProgram(process.execPath, [...words, '--pass', 'sesame']);
    if (code !== 0) return errorOutput;
    return (JSON.parse(output) as { nodes: { answered: boolean }[] }).nodes.every(({ answered }) => answered) || output;
  });
  t.pass();
  const refused = await runProgram(process.execPath, words);
  t.is(refused.code, 1);
  const hint = /NOAUTH Authentication required\. Give the password .* REDISCLI_AUTH, or by --pass/;
  t.regex(refused.errorOutput, hint);
  t.regex((JSON.parse(refused.output) as { error: string }).error, hint);
  const wrong = await runProgram(process.execPath, [...STATUS, '--port', port, '--pass', 'simsim']);
  t.deepEqual([wrong.code, wrong.output], [1, '']);
  t.regex(wrong.errorOutput, /WRONGPASS .* Give the password/);
});

test.serial(
  'who keeps failing waits longer and longer, the connections of others do not, and the log has no password',
  async (t) => {
    const { port, start } = cluster.node(1);
    const failing = await RawConnection.open(port);
    const inside = await RawConnection.open(port);
    t.teardown(() => failing.close());
    t.teardown(() => inside.close());
    await inside.exchange(requestOf(wordsOf('AUTH sesame')));
    const denied = async (): Promise<number> => {
      const { bytes } = await inside.exchange(requestOf(wordsOf('INFO stats')));
      return Number(/acl_access_denied_auth:(\d+)/.exec(bytes)?.[1]);
    };
    const startMs = performance.now();
    const attempts = failing.exchange(
      Buffer.concat(Array.from({ length: 12 }, () => requestOf(wordsOf('AUTH simsim')))),
    );
    await waitUntil('some logins have failed', READY_MS, async () => (await denied()) >= 5 || `${await denied()}`);
    const { bytes } = await attempts;
    t.is(bytes.split('-WRONGPASS').length - 1, 12);
    // Four cost nothing, and then each waits for the one before: 50, 100, 200 and 400 ms, if none is forgotten meanwhile.
    t.true(performance.now() - startMs >= 700);
    t.is(await denied(), 12);
    const log = readFileSync(start.logPath, 'utf8');
    t.regex(log, /"audit":true,"who":"default","from":"127\.0\.0\.1:\d+","what":"login failed"/);
    await inside.exchange(requestOf(wordsOf('ACL SETUSER bob >simsim')));
    t.regex(readFileSync(start.logPath, 'utf8'), /"audit":true,"who":"default",.*"what":"user set","user":"bob"/);
    await inside.exchange(requestOf(wordsOf('CONFIG SET requirepass sesame timeout 0')));
    t.regex(
      readFileSync(start.logPath, 'utf8'),
      /"audit":true,"who":"default","from":"127\.0\.0\.1:\d+","what":"options set","options":"timeout 0, requirepass \*{8}"/,
    );
    for (const node of cluster.nodes) {
      const text = readFileSync(node.start.logPath, 'utf8');
      for (const secret of SECRETS) t.false(text.includes(secret));
    }
  },
);

test.serial('without a password a client from elsewhere is turned away in the words of Redis', async (t) => {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  // A machine that has no other address than loopback has nobody to turn away.
  const host = outside ?? '127.0.0.1';
  const redis = await RedisProcess.start(['--bind', '*']);
  t.teardown(() => redis.stop());
  const open = await TestCluster.start({ nodeCount: 1, args: ['--bind', '*', '--announce-host', '127.0.0.1'] });
  t.teardown(() => open.close());
  const greeting = async (port: number): Promise<string> => {
    const client = await RawConnection.open(port, host);
    const { bytes } =
      outside === undefined ? await client.exchange(Buffer.alloc(0)) : await client.exchangeLast(Buffer.alloc(0));
    client.close();
    return bytes;
  };
  t.is(await greeting(open.node(0).port), await greeting(redis.port));
  await ask(open.node(0).port, 'CONFIG', 'SET', 'protected-mode', 'no');
  const client = await RawConnection.open(open.node(0).port, host);
  t.is((await client.exchange(requestOf(wordsOf('PING')))).bytes, '+PONG\r\n');
  client.close();
});
