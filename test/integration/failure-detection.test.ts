/** What operators see of nodes that die, stand still and come back. Deadlines are generous: how soon is told by unit tests. */
import test from 'ava';
import { ask } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { type LogLine, logLines } from './log-lines.js';
import { TestCluster } from './processes.js';
import { redisCli } from './redis-cli.js';

const NOTICED_MS = 120_000;

let cluster: TestCluster;

test.before(async () => {
  cluster = await TestCluster.start();
});
test.after.always(() => cluster?.close());

const VERSIONS = ['VERSIONS', 'cart:42'];

/** Waits until the first node answers DYNAMO with these words so. */
async function waitUntilSays(what: string, expected: RegExp, words: readonly string[]): Promise<void> {
  await waitUntil(what, NOTICED_MS, async () => {
    const reply = JSON.stringify(await redisCli(cluster.node(0).port, '-3', 'DYNAMO', ...words));
    return expected.test(reply) || reply;
  });
}

/** The line of CLUSTER NODES at node `observer` about node `observed`, as its flags and its link. */
async function seen(observer: number, observed: number): Promise<string> {
  const text = String(await ask(cluster.node(observer).port, 'CLUSTER', 'NODES'));
  const line = text.split('\n').find((candidate) => candidate.includes(`:${cluster.node(observed).port}@`));
  const [, , flags, , , , , link] = line?.split(' ') ?? [];
  return `${flags} ${link}`;
}

async function waitUntilSeen(observer: number, observed: number, expected: string): Promise<void> {
  await waitUntil(`node ${observer} sees ${observed} as ${expected}`, NOTICED_MS, async () => {
    const found = await seen(observer, observed);
    return found === expected || found;
  });
}

/** What node `observer` has logged about whether node `observed` can be reached. */
function changes(observer: number, observed: number): LogLine[] {
  const { args } = cluster.node(observed).start;
  const peerPort = args[args.indexOf('--peer-port') + 1];
  return logLines(cluster.node(observer).start.logPath).filter(
    ({ msg, peer }) => peer === `127.0.0.1:${peerPort}` && / reachable$/.test(String(msg)),
  );
}

const UP = 'master connected';
const DOWN = 'master,fail? disconnected';

test.serial('a node that is killed is seen as failing by the others, and as well once it is back', async (t) => {
  const before = changes(0, 2).length;
  await cluster.node(2).kill();
  for (const observer of [0, 1]) await waitUntilSeen(observer, 2, DOWN);
  const told = () => changes(0, 2).slice(before);
  await waitUntil('the log says so', NOTICED_MS, () => told().length > 0 || 'not yet');
  t.regex(String(told()[0]?.reason), /./);
  await cluster.revive(2);
  for (const observer of [0, 1]) await waitUntilSeen(observer, 2, UP);
  await waitUntil('the log says that it is back', NOTICED_MS, () => told().length > 1 || 'not yet');
  // What a slow machine makes of the links later is another matter.
  t.deepEqual(
    told()
      .slice(0, 2)
      .map(({ msg }) => msg),
    ['the peer is not reachable', 'the peer is reachable'],
  );
});

test.serial('a node that stands still is named by all commands that tell of nodes', async (t) => {
  const { port } = cluster.node(0);
  t.is(await ask(port, 'SET', 'cart:42', 'milk'), 'OK');
  cluster.node(1).signal('SIGSTOP');
  await waitUntilSeen(0, 1, DOWN);
  await waitUntilSeen(2, 1, DOWN);
  const lastReason = () => changes(0, 1).at(-1)?.reason;
  await waitUntil('the log says why', NOTICED_MS, () => lastReason() === 'silent for 1000 ms' || String(lastReason()));

  t.regex(String(await ask(port, 'INFO', 'peers')), new RegExp(`port=${cluster.node(1).port},zone=,state=unreachable`));
  t.regex(String(await ask(port, 'CLUSTER', 'INFO')), /^cluster_state:ok/);
  await waitUntilSays('both others hold the key', /"equal":true,"unreachable":\["[0-9a-f]{40}"\]/, VERSIONS);
  const owners = JSON.stringify(await redisCli(port, '-3', 'DYNAMO', 'OWNERS', 'cart:42'));
  t.is(owners.match(/"reachable":true/g)?.length, 2);

  t.is(await ask(port, 'SET', 'cart:42', 'milk,eggs'), 'OK');
  const hint = `"address":"127.0.0.1:${cluster.node(1).port}","reachable":false,"hints":1`;
  await waitUntil('there is a hint', NOTICED_MS, async () => {
    const hinted = await Promise.all(
      [0, 2].map((index) => redisCli(cluster.node(index).port, '-3', 'DYNAMO', 'HINTS')),
    );
    return JSON.stringify(hinted).includes(hint) || JSON.stringify(hinted);
  });

  cluster.node(2).signal('SIGSTOP');
  await waitUntilSeen(0, 2, DOWN);
  t.regex(
    String(await ask(port, 'CLUSTER', 'INFO')),
    /^cluster_state:fail\r\n(?:.*\r\n){2}cluster_slots_pfail:16384\r\n/,
  );

  for (const stopped of [1, 2]) cluster.node(stopped).signal('SIGCONT');
  for (const stopped of [1, 2]) await waitUntilSeen(0, stopped, UP);
  await waitUntilSays('all replicas hold the key', /"equal":true,"unreachable":\[\]/, VERSIONS);
  await waitUntilSays('no hints wait', /"hints":0/, ['HINTS']);
  const [, partition] = /"partition":(\d+)/.exec(owners) ?? [];
  await waitUntil('the key is compared with both other nodes', NOTICED_MS, async () => {
    const reply = JSON.stringify(await redisCli(port, '-3', 'DYNAMO', 'SYNC', partition ?? ''));
    return reply.match(/"failed":0,"fault":null/g)?.length === 2 || reply;
  });
});
