/**
 * Nodes are killed and come back, one after the other, with tombstones that are forgotten after a few seconds and hints
 * that are kept for one: some are away for less than the grace and go on with what they have, some for longer and start over,
 * some come back with an old copy of their folder. Who was away, and who stood in for them, may still hold what the others have deleted
 * and forgotten meanwhile; it must not return.
 *
 * Before a node goes away for longer, and before anything else happens after that, the cluster has healed: what only
 * such a node had is gone by design, and with W = 2 that is at most what another one has too. An absence counts from the kill
 * until the node answers again.
 */
import { infoField } from '../processes/ask.js';
import { pause } from '../processes/wait.js';
import { type Mode, NODE_ARGS, type Stage } from './mode.js';
import type { Target } from './target.js';
import { FEW_KEYS } from './workload.js';

const GRACE_MS = 4000;
const HINT_WINDOW_MS = 1000;
const CLOCK_DRIFT_MS = 100;
/** So few that a node which starts over is done soon. */
const PARTITIONS = 128;
/** One of so many absences is to be around or above the grace, until an old copy is put back. */
const LONG_ONE_IN = 3;
const AWAY_MS_MIN = 500;
const AWAY_MS_SHORT = 2500;
const AWAY_MS_MAX = 6000;
/** A copy of a folder is put back when it is older than this: its node has to start over. */
const COPY_AGE_MS = 2 * GRACE_MS;
/** An absence that took longer than this may have been above the grace. */
const SURELY_SHORT_MS = 0.8 * GRACE_MS;
/** Longer than the grace, so that what was deleted is sometimes forgotten before the next one goes. */
const BETWEEN_MS_MAX = 8000;

export const ROLLING: Mode = {
  name: `nodes are away one after the other, for ${AWAY_MS_MIN / 1000} to ${AWAY_MS_MAX / 1000} s; deletes are forgotten after ${GRACE_MS / 1000} s`,
  nodeArgs: [
    ...NODE_ARGS,
    ...['--tombstone-grace-ms', `${GRACE_MS}`, '--hint-window-ms', `${HINT_WINDOW_MS}`, '--hint-bytes-max', '1mb'],
    ...['--clock-drift-max-ms', `${CLOCK_DRIFT_MS}`, '--exchange-period-ms', '500', '--partitions', `${PARTITIONS}`],
  ],
  mix: FEW_KEYS,
  settleMs: 8000,
  disturb: killOneAfterTheOther,
};

type Absence = 'short' | 'long' | 'old copy';

function killOneAfterTheOther(stage: Stage): Promise<ReadonlyMap<string, number>> {
  return new Rolling(stage).run();
}

class Rolling {
  readonly #stage: Stage;
  readonly #counts = new Map<string, number>();
  /** A node of which there is a copy of the folder, and when that was taken. */
  #copied: { readonly target: Target; readonly atMs: number } | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async run(): Promise<ReadonlyMap<string, number>> {
    const { fleet, nowMs, untilMs, prng } = this.#stage;
    while (nowMs() < untilMs) {
      const absence = this.#draw();
      const target = absence === 'old copy' && this.#copied ? this.#copied.target : prng.pick(fleet.targets);
      await this.#beAway(target, absence);
    }
    for (const target of fleet.targets) await this.#countForgotten(target);
    return this.#counts;
  }

  #draw(): Absence {
    const { nowMs, untilMs, prng } = this.#stage;
    if (nowMs() + AWAY_MS_MAX > untilMs) return 'short';
    if (this.#copied && nowMs() - this.#copied.atMs > COPY_AGE_MS) return 'old copy';
    return this.#copied && prng.below(LONG_ONE_IN) === 0 ? 'long' : 'short';
  }

  async #beAway(target: Target, absence: Absence): Promise<void> {
    const { fleet, healed, nowMs, print, prng } = this.#stage;
    if (absence === 'short') await pause(prng.below(BETWEEN_MS_MAX));
    else await healed();
    const keepsCopy = absence === 'short' && this.#copied === undefined;
    const isClean = keepsCopy || prng.chance(0.25);
    const ms = absence === 'long' ? prng.between(AWAY_MS_SHORT, AWAY_MS_MAX) : prng.between(AWAY_MS_MIN, AWAY_MS_SHORT);
    const copyAge =
      this.#copied && absence === 'old copy' ? `, and its folder is that of ${ago(nowMs() - this.#copied.atMs)}` : '';
    print(
      `${target.port}: ${isClean ? 'clean stop' : 'kill -9'} for ${ms} ms${copyAge}; deletes are forgotten after ${GRACE_MS} ms`,
    );
    await this.#countForgotten(target);
    this.#count(NAMES[absence], 1);
    target.suffering = 'away';
    const goneMs = nowMs();
    if (isClean) await target.stop();
    else await target.kill();
    if (keepsCopy) {
      target.copyFolder();
      this.#copied = { target, atMs: nowMs() };
    }
    if (absence === 'old copy') {
      target.restoreFolder();
      this.#copied = undefined;
    }
    await pause(ms);
    target.launch();
    await target.ready(fleet.targets.length - 1);
    if (absence !== 'short' || nowMs() - goneMs > SURELY_SHORT_MS) await healed();
    target.suffering = undefined;
  }

  /** A node counts from its start on. */
  async #countForgotten({ port }: Target): Promise<void> {
    this.#count('keys forgotten by a node', Number(await infoField(port, 'healing', 'reaped_keys')));
  }

  #count(name: string, more: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + more);
  }
}

const NAMES: Readonly<Record<Absence, string>> = {
  short: 'short absences',
  long: 'long absences',
  'old copy': 'old folders',
};

function ago(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s ago`;
}
