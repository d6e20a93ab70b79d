/**
 * `npm run growth`: lets one thing grow after the other (keys, values, connections, pipelines) for a cluster of ours and for
 * redis-server, and looks for the step at which throughput breaks. Also what idle connections and keys take of memory, and
 * how long a node with many keys takes to stop and to be back.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Axis } from './growth/axes.js';
import { GrowingArena } from './growth/growing-arena.js';
import { idleTable, measureIdle } from './growth/idle.js';
import { keyMemoryTable, measureKeyMemory } from './growth/key-memory.js';
import { axisTable, marked, type Outcome } from './growth/report.js';
import { measureRestarts, type Restart, restartTable } from './growth/restart.js';
import { type OtherName, readWishes, USAGE, type Wishes } from './growth/wishes.js';
import { orUsage } from './processes/command-line.js';
import { quorum } from './profile/plan.js';

const FEW_KEYS = 1_000;
const MS_A_SECOND = 1000;

/** A table, and the figures in it. */
interface Measured {
  readonly table: string;
  readonly figures: unknown;
}

const startedMs = performance.now();

function progress(text: string): void {
  const seconds = Math.round((performance.now() - startedMs) / MS_A_SECOND);
  console.error(`… ${String(seconds).padStart(4)} s  ${text}`);
}

async function measureAxis(folder: string, axis: Axis, wishes: Wishes): Promise<Measured> {
  const tell = (text: string): void => progress(`${axis.name}, ${text}`);
  const arena = await GrowingArena.make(folder, axis.name, wishes, tell);
  const kill = (): void => arena.kill();
  process.on('exit', kill);
  await arena.start();
  const outcomes: Outcome[] = await arena.measure(axis);
  await arena.stop();
  process.off('exit', kill);
  return { table: axisTable(axis, outcomes), figures: marked(outcomes) };
}

const OTHERS: Readonly<Record<OtherName, (folder: string, wishes: Wishes) => Promise<Measured>>> = {
  idle: async (folder, { idleConnections }) => {
    const costs = await measureIdle(folder, idleConnections, progress);
    return { table: idleTable(costs), figures: costs };
  },
  memory: async (folder, { keys }) => {
    const measured = await measureKeyMemory(folder, keys, progress);
    return { table: keyMemoryTable(measured), figures: measured };
  },
  restart: async (folder, { keys, nodes, durability, nodeArgs }) => {
    const restarts: Restart[] = [];
    const alone = { nodes: 1, nodeArgs: [...quorum(1), '--durability', durability] };
    for (const cluster of nodes === 1 ? [alone] : [alone, { nodes, nodeArgs }]) {
      for (const count of [FEW_KEYS, keys]) {
        restarts.push(...(await measureRestarts(folder, cluster, count, progress)));
      }
    }
    return { table: restartTable(restarts), figures: restarts };
  },
};

async function run(wishes: Wishes): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwheel-growth-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
  const figures: Record<string, unknown> = {};
  const show = (name: string, measured: Measured): void => {
    console.log(`\n${measured.table}`);
    figures[name] = measured.figures;
  };
  for (const axis of wishes.axes) show(axis.name, await measureAxis(folder, axis, wishes));
  for (const name of wishes.others) show(name, await OTHERS[name](folder, wishes));
  if (wishes.jsonPath !== undefined) writeFileSync(wishes.jsonPath, `${JSON.stringify(figures, undefined, 2)}\n`);
}

const wishes = orUsage(readWishes(process.argv.slice(2)), USAGE);
if (wishes !== undefined) await run(wishes);
