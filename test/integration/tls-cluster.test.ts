/** Nodes talk over TLS: who is not of their authority is kept out, and a cluster that runs is moved over without a pause. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { Redis } from 'ioredis';
import { ask, connectedPeers, infoField } from '../../scripts/processes/ask.js';
import { localNodes } from '../../scripts/processes/local-nodes.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { TestAuthority } from './certificates.js';
import { portPairs, TestCluster } from './processes.js';

const NOTICED_MS = 180_000;

/** The files of a node that serves no client over TLS. */
async function peerFiles(authority: TestAuthority, name: string): Promise<string[]> {
  const { cert, key } = await authority.issue(name);
  const ca = ['--tls-cluster-ca-cert-file', authority.ca];
  return ['--tls-cluster-cert-file', cert, '--tls-cluster-key-file', key, ...ca];
}

test.serial(
  'nodes without TLS or of another authority are refused, though they know the secret; both sides log it',
  async (t) => {
    const authority = await TestAuthority.make();
    t.teardown(() => authority.close());
    const foreign = await TestAuthority.make();
    t.teardown(() => foreign.close());
    const cluster = await TestCluster.start({
      nodeCount: 2,
      args: ['--tls-cluster', 'yes', ...(await peerFiles(authority, 'node'))],
    });
    t.teardown(() => cluster.close());
    const [port = 0] = cluster.ports;
    t.is(await ask(port, 'SET', 'key', 'value'), 'OK');
    t.true(Number(await infoField(port, 'tls', 'tls_cluster_handshakes')) > 0);

    const peersOf = cluster.node(0).start.args;
    const [, peerPort] = peersOf;
    const kinds: readonly (readonly [string[], string, string])[] = [
      [[], 'it speaks no TLS', 'the other end speaks TLS, which is not spoken here'],
      [
        ['--tls-cluster', 'yes', ...(await peerFiles(foreign, 'stranger'))],
        'TLS: ',
        'its certificate is of a CA that is not trusted here',
      ],
    ];
    for (const [args, here, there] of kinds) {
      const [ports] = await portPairs(1);
      if (ports === undefined) throw new Error('there are no free ports');
      const pair = [ports, { port, peerPort: Number(peerPort) }];
      const [intruder] = localNodes(cluster.folder, pair, args);
      if (intruder === undefined) throw new Error('there is no intruder');
      void intruder.launch();
      t.teardown(() => intruder.kill());
      await intruder.ready(0, NOTICED_MS);
      const logged = (path: string, text: string) =>
        waitUntil(`${path} says: ${text}`, NOTICED_MS, () => readFileSync(path, 'utf8').includes(text) || 'not yet');
      await logged(intruder.start.logPath, there);
      await logged(cluster.node(0).start.logPath, here);
      t.is(await connectedPeers(intruder.port), 0);
      await intruder.kill();
    }
    t.true(Number(await infoField(port, 'tls', 'tls_cluster_handshakes_failed')) >= 2);
    await waitUntil('the other node is seen, and nobody else', NOTICED_MS, async () => {
      const seen = await connectedPeers(port);
      return seen === 1 || `${seen} are`;
    });
    t.is(await ask(cluster.ports[1] ?? 0, 'GET', 'key'), 'value');
  },
);

test.serial(
  'a cluster that runs is moved over to TLS by CONFIG SET, and back, while clients read and write',
  async (t) => {
    const authority = await TestAuthority.make();
    t.teardown(() => authority.close());
    const cluster = await TestCluster.start({ args: await peerFiles(authority, 'node') });
    t.teardown(() => cluster.close());
    const client = new Redis(cluster.ports[0] ?? 0, '127.0.0.1');
    t.teardown(() => client.disconnect());
    let written = 0;
    const failures: string[] = [];
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        const value = `${written}`;
        try {
          await client.set('count', value);
          if ((await client.get('count')) !== value) failures.push(`${value} is not there`);
        } catch (error) {
          failures.push(String(error));
        }
        written++;
      }
    })();
    const toAll = async (mode: string): Promise<void> => {
      for (const port of cluster.ports) {
        t.is(await ask(port, 'CONFIG', 'SET', 'tls-cluster', mode), 'OK');
        await waitUntil(`node ${port} sees the others`, NOTICED_MS, async () => {
          const seen = await connectedPeers(port);
          return seen === 2 || `it sees ${seen}`;
        });
      }
    };
    for (const mode of ['accept', 'prefer']) await toAll(mode);
    for (const port of cluster.ports) {
      await waitUntil(`the links of node ${port} are encrypted`, NOTICED_MS, async () => {
        const left = await infoField(port, 'tls', 'tls_cluster_plaintext_links');
        return left === '0' || `${left} are not`;
      });
    }
    await toAll('yes');
    for (const port of cluster.ports) t.true(Number(await infoField(port, 'tls', 'tls_cluster_handshakes')) >= 2);
    for (const mode of ['prefer', 'accept', 'no']) await toAll(mode);
    isOver = true;
    await writing;
    t.true(written > 0);
    t.deepEqual(failures, []);
  },
);
