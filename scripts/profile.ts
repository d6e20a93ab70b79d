/**
 * `npm run profile`: what a node's time and memory go to under load. Starts a cluster, drives it with redis-benchmark, and records
 * one node twice: its CPU time, then its allocations. Prints both by cost centre and by function, and keeps the recordings.
 */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runLoad } from './bench/load-run.js';
import { orUsage } from './processes/command-line.js';
import { endWith } from './processes/end-with.js';
import { removeFolder } from './processes/remove-folder.js';
import { readWishes, USAGE, type Wishes } from './profile/plan.js';
import { ProfiledCluster } from './profile/profiled-cluster.js';
import { asCpuTime, centreTable, functionTable, idleShare, threadTable } from './profile/report.js';
import { type AllocationNode, allocationCosts, type CpuProfile, cpuCosts } from './profile/self-costs.js';
import { MAIN_THREAD } from './profile/threads.js';

const TOP = 25;
const PROBE_REQUESTS = 10_000;

/** Runs all tests of the load at once, with so many requests each. Gives the least rate of them. */
async function drive(port: number, { load }: Wishes, requests: number): Promise<number> {
  const measured = await Promise.all(load.tests.map((test) => runLoad(port, load, test, requests)));
  return Math.min(...measured.map(({ operationsPerSecond }) => operationsPerSecond));
}

async function profile(wishes: Wishes, cluster: ProfiledCluster): Promise<void> {
  const { load, nodes, profiled, seconds, warmUpRequests } = wishes;
  progress(`starting ${nodes} nodes`);
  await cluster.start();
  progress('warming up');
  // Reads have to find something.
  await runLoad(cluster.port, load, 'SET', warmUpRequests);
  await drive(cluster.port, wishes, warmUpRequests);
  const rate = await drive(cluster.port, wishes, PROBE_REQUESTS * Math.min(load.pipeline, 4));
  const requestsEach = Math.max(PROBE_REQUESTS, Math.round(rate * seconds));
  const requests = requestsEach * load.tests.length;
  const run = (): Promise<number> => drive(cluster.port, wishes, requestsEach);
  const file = resolve(wishes.folder, `${load.name}-node${profiled + 1}`);
  mkdirSync(resolve(wishes.folder), { recursive: true });
  progress(`recording CPU time for ${requests} requests`);
  const threads = await cluster.record('cpu', `${file}.cpuprofile`, run);
  progress(`recording allocations for ${requests} requests`);
  await cluster.record('allocations', `${file}.heapprofile`, run);
  await cluster.stop();

  const times = cpuCosts(JSON.parse(readFileSync(`${file}.cpuprofile`, 'utf8')) as CpuProfile);
  const heap = JSON.parse(readFileSync(`${file}.heapprofile`, 'utf8')) as { readonly head: AllocationNode };
  const cpu = { costs: asCpuTime(times, threads.get(MAIN_THREAD)), requests };
  const allocations = { costs: allocationCosts(heap.head), requests };
  console.log(
    `\nNode ${profiled + 1} of ${nodes} (${wishes.nodeArgs.join(' ')}), ${load.name}, ${requests} requests\n`,
  );
  console.log(`${centreTable(cpu, allocations)}\nidle: ${idleShare(times)} of the time\n`);
  console.log(`${threadTable(threads, requests)}\n`);
  console.log(`${functionTable(cpu, 'µs', TOP)}\n`);
  console.log(`${functionTable(allocations, 'bytes', TOP)}\n`);
  console.log(`For Chrome's DevTools or a flame graph: ${file}.cpuprofile and .heapprofile`);
}

function progress(text: string): void {
  console.error(`… ${text}`);
}

async function run(wishes: Wishes): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-profile-'));
  const cluster = await ProfiledCluster.make(folder, wishes);
  endWith(() => {
    cluster.kill();
    removeFolder(folder);
  });
  await profile(wishes, cluster);
}

const wishes = orUsage(readWishes(process.argv.slice(2)), USAGE);
if (wishes !== undefined) await run(wishes);
