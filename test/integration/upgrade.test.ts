/** Nodes that speak different versions of the peer protocol serve together, and are brought to the highest one by one. */
import { inspect, isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { Redis } from 'ioredis';
import { VERSION_MAX } from '../../cluster/wire/versions.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { ElasticLoad, healed } from './elastic-load.js';
import { logLines } from './log-lines.js';
import { READY_MS, TestCluster } from './processes.js';

const LANES = 12;
const LATEST = ['--protocol-version-max', `${VERSION_MAX}`];
const ONE_LESS = ['--protocol-version-max', `${VERSION_MAX - 1}`];
const ARGS = ['--enable-debug-command', 'local', '--exchange-period-ms', '2000'];

// Which nodes are the older ones decides who dials, coordinates and stores in which version: both halves are both.
for (const old of [
  [0, 1],
  [2, 3],
]) {
  test.serial(
    `four nodes, of which ${old.join(' and ')} speak one version less, serve as one, and are upgraded one by one under load`,
    async (t) => {
      t.timeout(900_000);
      const argsOf = (index: number) => (old.includes(index) ? ONE_LESS : LATEST);
      const cluster = await TestCluster.start({ nodeCount: 4, args: ARGS, argsOf });
      t.teardown(() => cluster.close());
      const clients = cluster.ports.map((port) => new Redis(port, '127.0.0.1'));
      const load = new ElasticLoad(clients, LANES);
      t.teardown(() => load.end());
      await load.moreRounds(1000);
      const versions = cluster.nodes.map((_, index) => (old.includes(index) ? VERSION_MAX - 1 : VERSION_MAX));
      await waitUntilSpoken(cluster, versions);
      for (const [index, client] of clients.entries()) {
        await load.remove(client);
        await cluster.restart(index, LATEST);
        load.add(new Redis(cluster.node(index).port, '127.0.0.1'));
        await load.moreRounds(200);
      }
      await healed(t, cluster, load);
      await load.end();
      t.deepEqual(load.errors, []);
      t.deepEqual(load.wrong, []);
      for (const port of cluster.ports) t.deepEqual(await load.wrongThrough(port), [], `through port ${port}`);
      await waitUntilSpoken(
        cluster,
        cluster.nodes.map(() => VERSION_MAX),
      );
    },
  );
}

/** Waits until each link that a node has made last, by its log, is of the version that both ends speak. */
async function waitUntilSpoken(cluster: TestCluster, highest: readonly number[]): Promise<void> {
  for (const [index] of cluster.nodes.entries()) {
    const expected = expectedVersions(cluster, index, highest);
    await waitUntil(`the links of node ${index} are of the right versions`, READY_MS, () => {
      const versions = lastVersions(cluster, index);
      return isDeepStrictEqual(versions, expected) || `${inspect(versions)} in place of ${inspect(expected)}`;
    });
  }
}

/** By the peer port of each other node: the version of the link that the node has made to it last, from its log. */
function lastVersions(cluster: TestCluster, index: number): Record<string, unknown> {
  const made = logLines(cluster.node(index).start.logPath).filter(({ msg }) => msg === 'the peer is reachable');
  return Object.fromEntries(made.map(({ peer, version }) => [String(peer), version]));
}

/** The lesser of the highest versions of both ends. */
function expectedVersions(cluster: TestCluster, index: number, highest: readonly number[]): Record<string, number> {
  const own = highest[index] ?? 0;
  const others = [...cluster.nodes.entries()].filter(([other]) => other !== index);
  return Object.fromEntries(
    others.map(([other, { start }]) => {
      const peerPort = start.args[start.args.indexOf('--peer-port') + 1];
      return [`127.0.0.1:${peerPort}`, Math.min(own, highest[other] ?? 0)];
    }),
  );
}
