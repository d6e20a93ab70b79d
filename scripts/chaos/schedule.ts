/**
 * When what happens to which node, drawn from the seed: faults that end again, several at a time, and changes of the
 * members amid them. Some nodes are always left alone, so that W of them can take writes; a node suffers one fault at a time.
 *
 * The loss of a disk (a folder that is emptied, a node that is dead for good) comes only when all faults are over and the
 * cluster has healed, and nothing else happens before it has healed again: with W = 2 an acknowledged write is on the disks of two
 * nodes when its client hears of it, and one of them may lose it. The next one may only once the write is on another again.
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
const LOSS_PERIOD_MS = 20_000;
/** How long it takes until a lost disk is full again: what the first one is given, at least. */
const LOSS_MS = 15_000;
const CHANGE_PERIOD_MS = 7000;
/** Nodes that suffer nothing at any time. */
const SPARED = 2;

/** What can happen besides faults. */
export interface Happenings {
  /** Each loses the disk of a node and resolves when the node, or its successor, is up. May be empty. */
  readonly losses: readonly Happening[];
  /** Each begins a change of the members. May be empty. */
  readonly changes: readonly Happening[];
}

export interface Happening {
  /** In the plural, for the report. */
  readonly name: string;
  /** Whether there are nodes for it now. */
  readonly isPossible: (stage: Stage) => boolean;
  readonly run: (stage: Stage) => Promise<void>;
}

/** A node dies with its disk, and comes back with an empty one. */
export const EMPTIED: Happening = { name: 'emptied folders', isPossible: () => true, run: emptyFolder };

/** Random faults. `emptiesFolders`: whether data folders are emptied too. */
export function faultsMode(emptiesFolders: boolean): Mode {
  const happenings = { losses: emptiesFolders ? [EMPTIED] : [], changes: [] };
  return {
    name: `nodes are killed, stopped, frozen, cut off${emptiesFolders ? ' and emptied' : ''}`,
    nodeArgs: NODE_ARGS,
    mix: ALL_KEYS,
    settleMs: 15_000,
    disturb: (stage) => runSchedule(stage, happenings),
  };
}

/** Runs faults and happenings until the time is over and all has ended; gives how often each thing was done. */
export function runSchedule(stage: Stage, happenings: Happenings): Promise<ReadonlyMap<string, number>> {
  return new Schedule(stage, happenings).run();
}

class Schedule {
  readonly #stage: Stage;
  readonly #happenings: Happenings;
  readonly #counts = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #failure: unknown;
  #lossMs = LOSS_MS;
  #lostMs: number;
  #changedMs: number;

  constructor(stage: Stage, happenings: Happenings) {
    this.#stage = stage;
    this.#happenings = happenings;
    this.#lostMs = stage.nowMs();
    this.#changedMs = stage.nowMs();
  }

  async run(): Promise<ReadonlyMap<string, number>> {
    const { nowMs, untilMs, prng } = this.#stage;
    while (nowMs() < untilMs && this.#failure === undefined) {
      await pause(prng.between(PAUSE_MS_MIN, PAUSE_MS_MAX));
      const loss = this.#drawn(this.#happenings.losses);
      if (loss && nowMs() - this.#lostMs >= LOSS_PERIOD_MS && nowMs() + this.#lossMs <= untilMs) {
        await this.#lose(loss);
        continue;
      }
      const change = this.#drawn(this.#happenings.changes);
      if (change && nowMs() - this.#changedMs >= CHANGE_PERIOD_MS) {
        this.#changedMs = nowMs();
        this.#count(change.name);
        this.#keep(change.run(this.#stage));
      }
      this.#strike();
    }
    await this.#finished();
    return this.#counts;
  }

  #drawn(happenings: readonly Happening[]): Happening | undefined {
    const possible = happenings.filter(({ isPossible }) => isPossible(this.#stage));
    return possible.length === 0 ? undefined : this.#stage.prng.pick(possible);
  }

  async #lose(loss: Happening): Promise<void> {
    const { nowMs, healed } = this.#stage;
    const beganMs = nowMs();
    await this.#finished();
    await healed();
    this.#count(loss.name);
    await loss.run(this.#stage);
    await healed();
    this.#lostMs = nowMs();
    this.#lossMs = this.#lostMs - beganMs;
  }

  /** Lets a node suffer for a while, if enough are left. */
  #strike(): void {
    const { fleet, prng, print } = this.#stage;
    if (fleet.free.length <= SPARED) return;
    const calm = fleet.targets.filter(({ suffering }) => suffering === undefined);
    const target = prng.pick(calm);
    const others = calm.filter((other) => other !== target);
    this.#count('faults');
    this.#keep(suffer(target, others, prng.between(FAULT_MS_MIN, FAULT_MS_MAX), prng, print));
  }

  #keep(task: Promise<void>): void {
    const kept = task.catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#running.add(kept);
    void kept.finally(() => this.#running.delete(kept));
  }

  async #finished(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
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
  await target.back();
  target.suffering = undefined;
}

async function emptyFolder({ fleet, prng, print, healed }: Stage): Promise<void> {
  const target = prng.pick(fleet.staying);
  print(`${target.port}: kill -9, and its data folder is emptied`);
  target.suffering = 'emptied';
  await target.kill();
  target.emptyFolder();
  target.launch();
  await healed();
  target.suffering = undefined;
}
