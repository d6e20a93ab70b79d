/** How the cluster of `npm start` grows and shrinks, by the commands that it prints and the README tells. */
import test, { type ExecutionContext } from 'ava';
import { ask } from '../../scripts/processes/ask.js';
import { removeFolder } from '../../scripts/processes/remove-folder.js';
import { waitUntil, within } from '../../scripts/processes/wait.js';
import type { ClusterStatus } from '../../server/status/cluster-status.js';
import { gatherStatus } from '../../server/status/gather.js';
import { basePort, type Launched, launchLine, launchLocalCluster } from './launched.js';
import { READY_MS, temporaryFolder } from './processes.js';

const MOVED_MS = 240_000;
const TEST_MS = 900_000;
const KEYS = 200;
/** What a person waits half a minute for. */
const ENVIRONMENT = { CARTWHEEL_TRANSFER_SETTLE_MS: '1s' };

interface Grown extends Launched {
  readonly base: number;
  readonly folder: string;
  /** The printed command. */
  readonly joining: string;
}

async function started(t: ExecutionContext): Promise<Grown> {
  t.timeout(TEST_MS);
  const folder = temporaryFolder();
  const base = await basePort();
  const cluster = launchLocalCluster(t, ['--base-port', base, '--dir', folder], ENVIRONMENT);
  t.teardown(async () => {
    cluster.child.kill('SIGINT');
    await within(cluster.ended, READY_MS);
    removeFolder(folder);
  });
  await waitUntil('it is ready', READY_MS, () => cluster.printed().includes('Ctrl-C') || cluster.printed());
  const [, joining] = /joins,.*\n +(.*)\n/.exec(cluster.printed()) ?? [];
  if (joining === undefined) throw new Error(cluster.printed());
  for (let k = 0; k < KEYS; k++) await ask(base, 'SET', `key:${k}`, `value ${k}`);
  return { ...cluster, base, folder, joining };
}

/** Waits until the cluster has so many members, all of them reached, each key is counted, and nothing is on its way. */
async function settled(port: number, members: number): Promise<ClusterStatus> {
  let status: ClusterStatus | undefined;
  await waitUntil(`${members} members, and nothing moves`, MOVED_MS, async () => {
    status = await gatherStatus('127.0.0.1', port);
    const isDone =
      status.nodes.length === members &&
      status.agreed &&
      status.keys === KEYS &&
      status.nodes.every((node) => node.reachable && node.state === 'member' && node.toReceive + node.toHandOver === 0);
    return isDone || JSON.stringify(status);
  });
  if (status === undefined) throw new Error('it was never asked');
  return status;
}

async function allThere(t: ExecutionContext, port: number): Promise<void> {
  for (let k = 0; k < KEYS; k++) t.is(await ask(port, 'GET', `key:${k}`), `value ${k}`);
  // A replica that is late is counted as it is.
  await waitUntil('all keys are counted', MOVED_MS, async () => {
    const count = await ask(port, 'DBSIZE');
    return count === KEYS || `${count} are`;
  });
}

test.serial(
  'by the printed commands a node joins and takes its share, a founder leaves, one that knows nobody meets the cluster, and a dead one is forgotten',
  async (t) => {
    const { base, joining, printed } = await started(t);
    launchLine(t, joining, ENVIRONMENT);
    const status = await settled(base, 4);
    t.deepEqual(
      status.nodes.map(({ share }) => share),
      [0.25, 0.25, 0.25, 0.25],
    );
    await allThere(t, base + 3);
    t.is(await ask(base + 1, 'DYNAMO', 'LEAVE'), 'OK');
    // It says so only of a process that ended with exit code 0.
    await waitUntil('it has stopped', MOVED_MS, () => printed().includes(`Node ${base + 1} has stopped`) || printed());
    await settled(base, 3);
    await allThere(t, base);
    await allThere(t, base + 3);
    const next = joining.replaceAll(`${base + 3}`, `${base + 4}`).replaceAll(`${base + 10_003}`, `${base + 10_004}`);
    const lonely = next.replace(/--seeds \S+/, '');
    t.not(lonely, next);
    launchLine(t, lonely, ENVIRONMENT);
    await waitUntil('it answers', READY_MS, async () => (await ask(base + 4, 'PING')) === 'PONG' || 'no PONG');
    // Again where the machine was too slow for the nodes to talk.
    await waitUntil('they meet', READY_MS, async () => {
      const answer = await ask(base + 4, 'CLUSTER', 'MEET', '127.0.0.1', String(base));
      return answer === 'OK' || String(answer);
    });
    await settled(base, 4);
    const id = String(await ask(base + 2, 'CLUSTER', 'MYID'));
    await t.throwsAsync(ask(base, 'CLUSTER', 'FORGET', id), { message: /^ERR the node is up/ });
    process.kill(Number(new RegExp(`${base + 2} +process (\\d+)`).exec(printed())?.[1]), 'SIGKILL');
    const forget = async () => (await ask(base, 'CLUSTER', 'FORGET', id)) === 'OK' || 'not yet';
    await waitUntil('it is forgotten', READY_MS, forget);
    await settled(base, 3);
    await allThere(t, base + 4);
  },
);
