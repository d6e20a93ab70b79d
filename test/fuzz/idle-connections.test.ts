import test from 'ava';
import { openFilesMax, openIdle } from '../../scripts/growth/idle.js';
import { ask } from '../../scripts/processes/ask.js';
import { waitUntil } from '../../scripts/processes/wait.js';
import { TestCluster } from '../integration/processes.js';
import { Prng } from '../simulation/prng.js';
import { Guard } from './guard.js';
import { descriptorsOf, memoryOf } from './vitals.js';

const IDLE_WANTED = 10_000;
/** What this process and the node have open beside the connections. */
const SPARE_DESCRIPTORS = 300;
const AT_ONCE = 100;
const BYTES_EACH_MAX = (200 * 1024 * 1024) / IDLE_WANTED;
const MB = 1024 * 1024;
const DEADLINE_MS = 120_000;

test('ten thousand idle clients take less than 200 MiB, others are served, and one too many is told so', async (t) => {
  t.timeout(900_000);
  const wanted = Math.min(IDLE_WANTED, openFilesMax() - SPARE_DESCRIPTORS);
  if (wanted < IDLE_WANTED) t.log(`this machine lets a process open ${openFilesMax()} files: ${wanted} connections`);
  const cluster = await TestCluster.start({ nodeCount: 1, args: ['--maxclients', `${wanted + 1}`] });
  t.teardown(() => cluster.close());
  const { port, pid } = cluster.node(0);
  if (pid === undefined) return t.fail('the node does not run');
  const guard = await Guard.open(port, new Prng(1), 'guard');
  const watched = guard.run();
  // What a node allocates once for its first clients is not theirs.
  const bare = descriptorsOf(pid);
  const first = await openIdle(port, AT_ONCE);
  // The system has connected them; a node with much to do accepts them later.
  await waitUntil('the first are accepted', DEADLINE_MS, () => {
    const more = descriptorsOf(pid) - bare;
    return more >= AT_ONCE || `${more} descriptors more`;
  });
  const before = { memory: memoryOf(pid).rss, descriptors: descriptorsOf(pid) };
  const idle = [...first, ...(await openIdle(port, wanted - AT_ONCE))];
  t.teardown(() => {
    for (const socket of idle) socket.destroy();
  });
  await waitUntil('all are connected', DEADLINE_MS, () => {
    const more = descriptorsOf(pid) - before.descriptors;
    return more >= wanted - AT_ONCE || `${more} descriptors more`;
  });
  await waitUntil('one too many is told so', DEADLINE_MS, () =>
    ask(port, 'PING').then(
      () => 'it was served',
      ({ message }: Error) => message === 'ERR max number of clients reached' || message,
    ),
  );
  const rss = memoryOf(pid).rss - before.memory;
  const { answered } = guard.report;
  t.log(`${wanted} idle connections take ${Math.round(rss / MB)} MiB, ${Math.round(rss / wanted)} bytes each`);
  t.true(rss < BYTES_EACH_MAX * wanted);
  await waitUntil('others are served', DEADLINE_MS, () => guard.report.answered > answered + 10 || 'no more answers');
  for (const socket of idle) socket.destroy();
  await waitUntil('the descriptors are given back', DEADLINE_MS, () => {
    const more = descriptorsOf(pid) - before.descriptors + AT_ONCE;
    return more < AT_ONCE || `${more} more than before`;
  });
  await waitUntil('new ones are served', DEADLINE_MS, async () => (await ask(port, 'PING')) === 'PONG' || 'no PONG');
  guard.stop();
  await watched;
  t.deepEqual(guard.report.faults, []);
  t.log(`the slowest answer beside them came after ${Math.round(guard.report.worstMs)} ms`);
});
