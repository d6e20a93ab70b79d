/** Nodes that are no part of a cluster are kept out of it, and both sides say why; none serves alone that was part of one. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WAITING_LOG_PERIOD_MS } from '../../cluster/membership/limits.js';
import { ask, infoField } from '../../scripts/processes/ask.js';
import { joiningNode } from '../../scripts/processes/local-nodes.js';
import { NodeProcess } from '../../scripts/processes/node-process.js';
import { waitUntil, within } from '../../scripts/processes/wait.js';
import { type LogLine, logLines } from './log-lines.js';
import { portPairs, READY_MS, TestCluster } from './processes.js';

const ENDED_MS = 120_000;

test.serial(
  'a node of another secret, another name or another number of partitions is refused in both logs',
  async (t) => {
    const strangers = await portPairs(3);
    const cluster = await start(t);
    const first = cluster.node(0);
    const peerPort = peerPortOf(first);
    const rows: [string[], RegExp][] = [
      [['--cluster-secret-file', '', '--cluster-secret', 'another secret of 16 and more'], /different cluster secrets/],
      [['--cluster-name', 'another'], /different cluster names/],
      [['--partitions', '128'], /128 partitions/],
    ];
    for (const [index, [args, reason]] of rows.entries()) {
      const ports = strangers[index];
      if (ports === undefined) return t.fail();
      const stranger = joiningNode(cluster.folder, ports, [{ port: first.port, peerPort }], args);
      t.teardown(() => stranger.kill());
      void stranger.launch();
      const refusal = (node: NodeProcess) =>
        linesOf(node).find(({ what, reason: why }) => what === 'link refused' && reason.test(String(why)));
      const told = (node: NodeProcess) => () => refusal(node) !== undefined || node.logTail();
      await waitUntil('the stranger says so', READY_MS, told(stranger));
      await waitUntil('the seed says so', READY_MS, told(first));
      t.like(refusal(stranger), { audit: true, from: `127.0.0.1:${peerPort}` });
      t.regex(String(refusal(first)?.from), /^127\.0\.0\.1:\d+$/);
      t.regex(String(refusal(first)?.who), /^[0-9a-f]{40}$/);
      // A first attempt may have come to nothing for another reason: a machine that is slow.
      const waits = () => waitsOf(stranger).filter(({ reason: why }) => reason.test(String(why)));
      await waitUntil('it says that it waits', READY_MS, () => waits().length > 0 || stranger.logTail());
      const [, ...again] = waits();
      for (const { waitedMs } of again) t.true(Number(waitedMs) >= WAITING_LOG_PERIOD_MS, 'said again before its time');
    }
    t.is(await infoField(first.port, 'membership', 'members'), '2');
  },
);

test.serial('clusters of the same secret that were founded apart do not unite, and both say so', async (t) => {
  const cluster = await start(t);
  const others = await start(t, ['--cluster-secret-file', join(cluster.folder, 'cluster-secret')]);
  const [first, second] = [cluster.node(0), others.node(0)];
  const peerPort = peerPortOf(second);
  // Again where the machine was too slow for the nodes to talk at all.
  await waitUntil('they are told that they are of different clusters', READY_MS, async () => {
    const meeting = ask(first.port, 'CLUSTER', 'MEET', '127.0.0.1', `${second.port}`, `${peerPort}`);
    const answer = await meeting.catch(String);
    return /different clusters/.test(String(answer)) || String(answer);
  });
  const ids = [await ask(first.port, 'CLUSTER', 'MYID'), await ask(second.port, 'CLUSTER', 'MYID')];
  const refusals = [first, second].map((node) => linesOf(node).filter(({ what }) => what === 'gossip refused'));
  t.is(refusals[0]?.length, 1);
  t.true((refusals[1]?.length ?? 0) >= 1, 'as often as it was asked');
  t.like(refusals[0]?.[0], { audit: true, who: ids[1], from: `127.0.0.1:${peerPort}` });
  t.like(refusals[1]?.[0], { audit: true, who: ids[0] });
  t.regex(String(refusals[1]?.[0]?.from), /^127\.0\.0\.1:\d+$/);
});

test.serial(
  'a joiner whose seed does not run says at once whom it asks and why nothing comes, and joins when it runs',
  async (t) => {
    const cluster = await start(t);
    const first = cluster.node(0);
    await first.kill();
    const [ports] = await portPairs(1);
    if (ports === undefined) return t.fail();
    const peerPort = peerPortOf(first);
    const joiner = joiningNode(cluster.folder, ports, [{ port: first.port, peerPort }], []);
    t.teardown(() => joiner.kill());
    void joiner.launch();
    await waitUntil('it says that it waits', READY_MS, () => waitsOf(joiner).length > 0 || joiner.logTail());
    const [waits] = waitsOf(joiner);
    t.like(waits, { seed: `127.0.0.1:${peerPort}` });
    t.regex(String(waits?.reason), /ECONNREFUSED/);
    await cluster.revive(0);
    await joiner.ready(2, READY_MS);
  },
);

test.serial(
  'a node of a cluster that is started without its secret refuses to serve alone, with exit code 1',
  async (t) => {
    const cluster = await start(t);
    const first = cluster.node(0);
    t.is(await ask(first.port, 'SET', 'k', 'v'), 'OK');
    await first.kill();
    const { port, logPath } = first.start;
    const folder = join(cluster.folder, `${port}`);
    const alone = new NodeProcess({ port, args: ['--dir', folder], environment: {}, logPath });
    t.teardown(() => alone.kill());
    t.deepEqual(await within(alone.launch(), ENDED_MS), { code: 1, signal: null });
    t.regex(alone.logTail(), /belongs to a cluster that 2 nodes have been part of.*'cluster-secret-file'/);
    const secret = join(cluster.folder, 'cluster-secret');
    const named = ['--dir', folder, '--peer-port', `${peerPortOf(first)}`, '--cluster-secret-file', secret];
    const again = new NodeProcess({ port, args: named, environment: {}, logPath });
    t.teardown(() => again.kill());
    void again.launch();
    await again.ready(1, READY_MS);
    t.is(await infoField(port, 'membership', 'members'), '2', 'with the secret it goes on by what its folder says');
    t.is(await ask(port, 'GET', 'k'), 'v');
  },
);

async function start(t: ExecutionContext, args: readonly string[] = []): Promise<TestCluster> {
  const cluster = await TestCluster.start({ nodeCount: 2, args });
  t.teardown(() => cluster.close());
  return cluster;
}

/** What a joiner says of seeds of which nothing comes. */
function waitsOf(joiner: NodeProcess): LogLine[] {
  return linesOf(joiner).filter(({ msg }) => String(msg).startsWith('a seed gave no history'));
}

function linesOf(node: NodeProcess): LogLine[] {
  return logLines(node.start.logPath);
}

function peerPortOf({ start: { args } }: NodeProcess): number {
  return Number(args[args.indexOf('--peer-port') + 1]);
}
