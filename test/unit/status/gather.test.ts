import net from 'node:net';
import test from 'ava';
import { bytesText, countText, durationText, latencyText, progressBar } from '../../../server/status/amounts.js';
import { askNode, type Credentials, type Reply } from '../../../server/status/ask-node.js';
import type { ClusterStatus } from '../../../server/status/cluster-status.js';
import { gatherStatus } from '../../../server/status/gather.js';
import { readStatusOptions } from '../../../server/status/status-options.js';
import { LiveServer } from '../commands/live-server.js';
import { memberAt, PARTITIONS, ToldMembership } from '../commands/told-membership.js';

/** Asks again where there was no answer in time: asker and node are one process here, and it may stand still for seconds. */
async function inTime<T>(asking: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await asking();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.endsWith('does not answer')) throw error;
    }
  }
}

function gather(port: number, credentials?: Credentials): Promise<ClusterStatus> {
  return inTime(() => gatherStatus('127.0.0.1', port, credentials));
}

function ask(port: number, commands: readonly (readonly string[])[], credentials?: Credentials): Promise<Reply[]> {
  return inTime(() => askNode('127.0.0.1', port, commands, credentials));
}

test('a node is asked about the cluster and about itself', async (t) => {
  const members = new ToldMembership([memberAt(1), memberAt(2), memberAt(3)]);
  const live = await LiveServer.start({ partitions: PARTITIONS }, members);
  t.teardown(() => live.stop());
  const client = await live.connect();
  await client.ask('PING');
  const status = await gather(live.port);
  t.deepEqual([status.asked, status.askedId], [`127.0.0.1:${live.port}`, memberAt(1).id]);
  t.deepEqual(
    status.nodes.map(({ id, reachable, answered }) => ({ id, reachable, answered })),
    [1, 2, 3].map((k) => ({ id: memberAt(k).id, reachable: k === 1, answered: k === 1 })),
  );
  t.deepEqual([status.partitions, status.events, status.state], [PARTITIONS, 5, 'fail']);
  t.deepEqual([status.transfers, status.differingKeyspaces], [[], []]);
});

test('errors stand among the replies, in the order of the commands', async (t) => {
  const live = await LiveServer.start();
  t.teardown(() => live.stop());
  const [pong, refusal, again] = await ask(live.port, [['PING'], ['NOSUCH'], ['PING']]);
  t.deepEqual([pong, again], ['PONG', 'PONG']);
  t.regex(refusal instanceof Error ? refusal.message : '', /^ERR unknown command/);
});

test('a node that is not there, or hangs up, is named', async (t) => {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const message = new RegExp(`^127.0.0.1:${port} (can't be reached|has closed the connection)`);
  await t.throwsAsync(gather(port), { message });
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await t.throwsAsync(gather(port), { message: /can't be reached/ });
});

test('what speaks another protocol is named: a port for TLS sends an alert', async (t) => {
  const server = net.createServer((socket) => socket.end(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46])));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const message = `127.0.0.1:${port} does not speak the Redis protocol; --tls where this is its port for TLS`;
  await t.throwsAsync(gather(port), { message });
});

test('a node that wants a password is asked with one, and tells who has a wrong one', async (t) => {
  const live = await LiveServer.start({ requirepass: 'sesame' });
  t.teardown(() => live.stop());
  const credentials = { user: 'default', password: 'sesame' };
  t.deepEqual(await ask(live.port, [['PING']], credentials), ['PONG']);
  t.is((await gather(live.port, credentials)).nodes.length, 1);
  await t.throwsAsync(gather(live.port), { message: /NOAUTH Authentication required/ });
  const wrong = { user: 'default', password: 'simsim' };
  await t.throwsAsync(gather(live.port, wrong), { message: /WRONGPASS/ });
});

test('a word that status does not know is named, with the one that may have been meant', (t) => {
  t.is(readStatusOptions(['--wach'], {}), "unknown option '--wach'; did you mean '--watch'?");
  t.is(readStatusOptions(['--nothing-like-it'], {}), "unknown option '--nothing-like-it'");
  t.is(readStatusOptions(['7001'], {}), "unexpected word '7001': options begin with --");
});

test('the options of status have defaults and bounds', (t) => {
  t.deepEqual(readStatusOptions([], {}), {
    host: '127.0.0.1',
    port: 6379,
    watch: false,
    json: false,
    credentials: undefined,
    tls: undefined,
  });
  t.deepEqual(readStatusOptions(['-p', '7001', '--host', 'a', '--watch', '--json'], {}), {
    host: 'a',
    port: 7001,
    watch: true,
    json: true,
    credentials: undefined,
    tls: undefined,
  });
  const passwordOf = (argv: readonly string[], environment = {}) => {
    const options = readStatusOptions(argv, environment);
    return typeof options === 'string' ? options : options.credentials;
  };
  t.deepEqual(passwordOf(['--pass', 'x']), { user: 'default', password: 'x' });
  t.deepEqual(passwordOf(['--user', 'u'], { REDISCLI_AUTH: 'y' }), { user: 'u', password: 'y' });
  t.is(passwordOf(['--user', 'u']), '--user: expected a password, by --pass or REDISCLI_AUTH');
  t.is(readStatusOptions(['--help'], {}), '');
  t.is(readStatusOptions(['--port', '0'], {}), '--port: expected 1 to 65535');
  t.regex(String(readStatusOptions(['--nosuch'], {})), /nosuch/);
  t.regex(String(readStatusOptions(['7001'], {})), /7001/);
});

test('amounts are written for people', (t) => {
  t.deepEqual([0, 999, 1000, 3_200_000].map(bytesText), ['0 B', '999 B', '1.0 kB', '3.2 MB']);
  t.deepEqual([850.4, 1210, 2_340_000].map(latencyText), ['850 µs', '1.21 ms', '2.3 s']);
  t.deepEqual([0.2, 59.5, 185, 7440].map(durationText), ['1 s', '1 min 0 s', '3 min 5 s', '2 h 4 min']);
  t.is(countText(1_234_567), '1,234,567');
  t.deepEqual(
    [-1, 0.5, 0.999, 2].map((done) => progressBar(done, 4)),
    ['░░░░', '██░░', '███░', '████'],
  );
});
