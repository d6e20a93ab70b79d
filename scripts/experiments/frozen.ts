/**
 * Replicas that stand still: five nodes, clients at two of them, and the others are frozen at random (SIGSTOP), one at a time.
 * Clients of a frozen node itself wait for it whatever the cluster does: there are none.
 */
import { textTable } from '../bench/text-table.js';
import { infoField } from '../processes/ask.js';
import type { NodeProcess } from '../processes/node-process.js';
import { pause } from '../processes/wait.js';
import { barChart } from './chart.js';
import { type Ground, MeasuredCluster, quorumText } from './cluster.js';
import { Clients, Figures, runLoad, SHOWN_HEADER } from './open-load.js';
import type { Plan } from './plan.js';
import { Dice, KEYS, keyAt, readOf, writeOf } from './requests.js';
import type { Result } from './result.js';

const NODES = 5;
const CLIENTS_AT = 2;
const QUORUM = { n: 3, r: 2, w: 2 };
const FROZEN_MS = 200;
/** From the end of one freeze to the beginning of the next: at the least, and drawn on top. */
const GAP_MS = { least: 300, drawn: 1_400 };
const CONNECTIONS = 8;
/** With and without freezes in turn, so long each: what else the machine does meets both. */
const TURN_S = 4;

interface Setting {
  readonly name: string;
  readonly reads: Figures;
  readonly writes: Figures;
  freezes: number;
}

export async function frozen(ground: Ground, { seconds, rate }: Plan): Promise<Result> {
  const cluster = await MeasuredCluster.start(ground, 'frozen', NODES, QUORUM);
  const clientPorts = cluster.ports.slice(0, CLIENTS_AT);
  const clients = await Clients.open(clientPorts, CONNECTIONS);
  const dice = new Dice(6);
  const measure = async (setting: Setting, freezing: boolean, forSeconds: number): Promise<void> => {
    const stop = { asked: false };
    const freezer = freezing ? freeze(cluster.nodes.slice(CLIENTS_AT), setting, dice, stop) : Promise.resolve();
    await runLoad(clients, rate, forSeconds, () => {
      const isRead = dice.below(2) === 0;
      const key = keyAt(dice.below(KEYS));
      return {
        request: isRead ? readOf(key) : writeOf(key),
        port: dice.of(clientPorts),
        figures: isRead ? setting.reads : setting.writes,
      };
    });
    stop.asked = true;
    await freezer;
  };
  await measure(settingOf('warm-up'), false, Math.min(2, seconds));
  const [still, freezes] = [settingOf('none'), settingOf(`${FROZEN_MS} ms at random`)];
  for (let measured = 0; measured < seconds; measured += TURN_S) {
    const turn = Math.min(TURN_S, seconds - measured);
    await measure(still, false, turn);
    await measure(freezes, true, turn);
  }
  const hedged = await Promise.all(['hedged_reads', 'hedged_puts'].map((name) => sumOfInfo(clientPorts, name)));
  clients.close();
  await cluster.stop();
  return { report: reportOf([still, freezes], hedged, rate), svg: chartOf([still, freezes]), faults: [] };
}

function settingOf(name: string): Setting {
  return { name, reads: new Figures(), writes: new Figures(), freezes: 0 };
}

/** Stops one of the nodes for a while, again and again. */
async function freeze(
  nodes: readonly NodeProcess[],
  setting: Setting,
  dice: Dice,
  stop: { readonly asked: boolean },
): Promise<void> {
  while (!stop.asked) {
    await pause(GAP_MS.least + dice.below(GAP_MS.drawn));
    const node = dice.of(nodes);
    node.signal('SIGSTOP');
    await pause(FROZEN_MS);
    node.signal('SIGCONT');
    setting.freezes++;
  }
}

async function sumOfInfo(ports: readonly number[], name: string): Promise<number> {
  const values = await Promise.all(ports.map((port) => infoField(port, 'dynamo', name)));
  return values.reduce((sum, value) => sum + Number(value), 0);
}

function reportOf(settings: readonly Setting[], [reads, puts]: readonly number[], rate: number): string {
  const rows = settings.flatMap(({ name, reads, writes, freezes }) => [
    [name, 'reads', ...reads.cells, String(reads.slow), String(reads.errors), String(freezes)],
    [name, 'writes', ...writes.cells, String(writes.slow), String(writes.errors), String(freezes)],
  ]);
  return [
    `Replicas that stand still: ${NODES} nodes, ${quorumText(QUORUM)}, ${rate} requests a second in an open loop through ${CLIENTS_AT} of`,
    `them; one of the others is frozen for ${FROZEN_MS} ms now and then. Latencies in ms.`,
    '',
    textTable(['frozen', '', ...SHOWN_HEADER, 'over 100', 'errors', 'freezes'], rows),
    '',
    `Reads that asked one more replica because one was late: ${reads}; puts that another node ran too: ${puts}.`,
  ].join('\n');
}

function chartOf(settings: readonly Setting[]): string {
  const titles = {
    title: 'What clients see of replicas that stand still for 200 ms',
    subtitle: `${NODES} nodes, ${quorumText(QUORUM)}; the clients' own nodes are not frozen`,
    across: '',
    up: 'ms',
  };
  const groups = ['reads p50', 'reads p99', 'reads p99.9', 'writes p50', 'writes p99', 'writes p99.9'];
  const series = settings.map(({ name, reads, writes }) => ({
    name,
    values: [reads, writes].flatMap((figures) => [50, 99, 99.9].map((percent) => figures.percentileMs(percent))),
  }));
  return barChart(titles, groups, series);
}
