/**
 * When which fault strikes which node, drawn from the seed. Some nodes are always left alone, so that W of them can take
 * writes; a node suffers one fault at a time.
 *
 * A data folder is emptied only when all other faults are over and the cluster has healed, and nothing else happens before
 * it has healed again: with W = 2 an acknowledged write is on the disks of two nodes when its client hears of it, and one
 * of them may lose it. The next one may only once the write is on another again.
 */
import type { Prng } from '../../test/simulation/prng.js';
import { pause } from '../processes/wait.js';
import { drawFault } from './faults.js';
import { type Mode, NODE_ARGS, type Stage } from './mode.js';
import type { Target } from './target.js';
import { ALL_KEYS } from './workload.js';

const PAUSE_MS_MIN = 200;
const PAUSE_MS_MAX = 2500;
const FAULT_MS_MIN = 200;
const FAULT_MS_MAX = 6000;
const EMPTY_PERIOD_MS = 20_000;
/** How long it takes until a node that was emptied has everything again: what the first one is given, at least. */
const EMPTYING_MS = 15_000;
/** Nodes that suffer nothing at any time. */
const SPARED = 2;

/** Random faults, several at a time. `emptiesFolders`: whether data folders are emptied too. */
export function faultsMode(emptiesFolders: boolean): Mode {
  return {
    name: `nodes are killed, stopped, frozen, cut off${emptiesFolders ? ' and emptied' : ''}`,
    nodeArgs: NODE_ARGS,
    mix: ALL_KEYS,
    disturb: (stage) => runFaults(stage, emptiesFolders),
  };
}

async function runFaults(stage: Stage, emptiesFolders: boolean): Promise<number> {
  const { fleet, prng, nowMs, untilMs, healed, print } = stage;
  const { targets } = fleet;
  const running = new Set<Promise<void>>();
  let failure: unknown;
  let count = 0;
  let emptiedMs = nowMs();
  let emptyingMs = EMPTYING_MS;
  const finished = async () => {
    await Promise.all(running);
    if (failure !== undefined) throw failure;
  };
  while (nowMs() < untilMs && failure === undefined) {
    await pause(prng.between(PAUSE_MS_MIN, PAUSE_MS_MAX));
    if (emptiesFolders && nowMs() - emptiedMs >= EMPTY_PERIOD_MS && nowMs() + emptyingMs <= untilMs) {
      const beganMs = nowMs();
      await finished();
      await healed();
      const target = prng.pick(targets);
      print(`${target.port}: kill -9, and its data folder is emptied`);
      count++;
      target.suffering = 'emptied';
      await target.kill();
      target.emptyFolder();
      target.launch();
      await healed();
      target.suffering = undefined;
      emptiedMs = nowMs();
      emptyingMs = emptiedMs - beganMs;
      continue;
    }
    const free = targets.filter(({ suffering }) => suffering === undefined);
    if (free.length <= SPARED) continue;
    const target = prng.pick(free);
    const ms = prng.between(FAULT_MS_MIN, FAULT_MS_MAX);
    count++;
    const others = targets.filter((other) => other !== target);
    const task = suffer(target, others, ms, prng, print).catch((error: unknown) => {
      failure ??= error;
    });
    running.add(task);
    void task.finally(() => running.delete(task));
  }
  await finished();
  return count;
}

async function suffer(
  target: Target,
  others: readonly Target[],
  ms: number,
  prng: Prng,
  print: (line: string) => void,
): Promise<void> {
  const fault = drawFault(target, others, ms, prng);
  target.suffering = fault.text;
  print(`${target.port}: ${fault.text} for ${ms} ms`);
  await fault.begin();
  await pause(ms);
  await fault.end();
  // A node that is starting needs a moment before it can be told to suffer more.
  await target.ready(0);
  target.suffering = undefined;
}
