/**
 * `npm run background`: what background work costs the clients (Dynamo §6.5). Three nodes under a steady load of about
 * half of what they can take, measured in three settings: no background work; a node being healed as fast as that goes;
 * the same under the governor. In each, a node is away for a while and comes back; the clients are those of the others.
 */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForegroundLoad } from './background/foreground-load.js';
import { HealingCluster } from './background/healing-cluster.js';
import { readWishes, SETTINGS, type Setting, USAGE, type Wishes } from './background/plan.js';
import { ms, type Outcome, outcomeTable } from './background/report.js';
import { orUsage } from './processes/command-line.js';
import { endWith } from './processes/end-with.js';
import type { NodeProcess } from './processes/node-process.js';
import { removeFolder } from './processes/remove-folder.js';
import { pause } from './processes/wait.js';

const CAPACITY_SECONDS = 3;
const CAPACITY_SHARE = 0.5;
/** A process that has just started runs cold code, which is nobody's background work. */
const START_UP_SECONDS = 1;

class Experiment {
  readonly #wishes: Wishes;
  readonly #folder: string;
  readonly #started: NodeProcess[];
  #rate: number | undefined;

  /** Every process that it starts is added to `started`. */
  constructor(wishes: Wishes, folder: string, started: NodeProcess[]) {
    this.#wishes = wishes;
    this.#folder = folder;
    this.#started = started;
    this.#rate = wishes.rate;
  }

  async measure(setting: Setting): Promise<Outcome> {
    const { work, keys } = this.#wishes;
    progress(`${setting.name}: three nodes with ${keys} keys`);
    const cluster = await HealingCluster.make(join(this.#folder, setting.name), setting.nodeArgs, work, keys);
    this.#started.push(...cluster.nodes);
    await cluster.start();
    this.#rate ??= await this.#halfOfCapacity(cluster.staying);
    if (setting.works)
      progress(`${setting.name}: ${work === 'hints' ? 'a node misses every key' : 'a node loses its folder'}`);
    await cluster.depart(setting.works);
    const load = new ForegroundLoad();
    for (const port of cluster.staying) await load.add(port);
    load.start(this.#rate);
    await cluster.comeBack();
    await pause(START_UP_SECONDS * 1000);
    if (!setting.works) await cluster.healed();
    const outcome = await this.#watch(setting, cluster, load);
    load.stop();
    await cluster.stop();
    return outcome;
  }

  async #halfOfCapacity(ports: readonly number[]): Promise<number> {
    const load = new ForegroundLoad();
    for (const port of ports) await load.add(port);
    await load.capacity(1);
    const capacity = await load.capacity(CAPACITY_SECONDS);
    load.stop();
    const rate = Math.max(1, Math.round(capacity * CAPACITY_SHARE));
    progress(`the cluster takes ${Math.round(capacity)} requests a second; half of that is the load`);
    return rate;
  }

  /** Measures until the node is healed, or for as long as wished. */
  async #watch(setting: Setting, cluster: HealingCluster, load: ForegroundLoad): Promise<Outcome> {
    const before = await cluster.healing();
    const startMs = performance.now();
    load.restart();
    for (;;) {
      await pause(1000);
      const now = await cluster.healing();
      const seconds = (performance.now() - startMs) / 1000;
      const backgroundKeys = now.keys - before.keys;
      const { latencies, errors } = load.figures();
      const p99 = ms(latencies.getValueAtPercentile(99));
      progress(`${setting.name}: ${seconds.toFixed(0)} s, p99 ${p99}, ${backgroundKeys} keys in the background`);
      const isHealed = setting.works && now.isDone;
      if (isHealed || seconds >= this.#wishes.seconds) {
        const healing = !setting.works ? 'none' : isHealed ? 'done' : 'unfinished';
        return { setting: setting.name, latencies, errors, seconds, backgroundKeys, healing };
      }
    }
  }
}

function progress(text: string): void {
  console.error(`… ${text}`);
}

async function main(): Promise<void> {
  const wishes = orUsage(readWishes(process.argv.slice(2)), USAGE);
  if (wishes === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-background-'));
  const nodes: NodeProcess[] = [];
  endWith(() => {
    for (const node of nodes) node.signal('SIGKILL');
    removeFolder(folder);
  });
  const experiment = new Experiment(wishes, folder, nodes);
  const outcomes: Outcome[] = [];
  for (const setting of SETTINGS) outcomes.push(await experiment.measure(setting));
  console.log(`\n${outcomeTable(outcomes)}`);
}

await main();
