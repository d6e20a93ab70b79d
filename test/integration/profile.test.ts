import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runLoad } from '../../scripts/bench/load-run.js';
import { removeFolder } from '../../scripts/processes/remove-folder.js';
import { readWishes } from '../../scripts/profile/plan.js';
import { ProfiledCluster } from '../../scripts/profile/profiled-cluster.js';
import { type AllocationNode, allocationCosts, type CpuProfile, cpuCosts } from '../../scripts/profile/self-costs.js';

const REQUESTS = 5000;

test('a node is recorded while clients use it, and its time and memory have cost centres', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-test-'));
  const wishes = readWishes(['--nodes', '1']);
  if (typeof wishes === 'string') throw new Error(wishes);
  // A request may take long where many processes share a core.
  const nodeArgs = [...wishes.nodeArgs, '--request-timeout-ms', '10000'];
  const cluster = await ProfiledCluster.make(folder, { ...wishes, nodeArgs });
  t.teardown(() => {
    cluster.kill();
    removeFolder(folder);
  });
  await cluster.start();
  const load = () => runLoad(cluster.port, wishes.load, 'SET', REQUESTS);
  const [cpuFile, allocationFile] = [join(folder, 'cpu'), join(folder, 'allocations')];
  await cluster.record('cpu', cpuFile, load);
  await cluster.record('allocations', allocationFile, load);
  await cluster.stop();
  const cpu = cpuCosts(JSON.parse(readFileSync(cpuFile, 'utf8')) as CpuProfile);
  const { head } = JSON.parse(readFileSync(allocationFile, 'utf8')) as { readonly head: AllocationNode };
  for (const costs of [cpu, allocationCosts(head)]) {
    const centres = new Set(costs.map(({ centre }) => centre));
    for (const centre of ['dispatch, commands', 'replica, cache']) t.true(centres.has(centre), centre);
  }
});
