/**
 * Nodes are killed and come back, one after the other, with tombstones that are forgotten after a few seconds and hints
 * that are kept for one: some are away for less than the grace and go on with what they have, some for longer and start over.
 * Whoever comes back may still hold what the others have deleted and forgotten meanwhile; it must not return.
 *
 * Before a node goes away for longer, and before anything else happens after that, the cluster has healed: what only
 * such a node had is gone by design, and with W = 2 that is at most what another one has too. An absence counts from the kill
 * until the node answers again.
 */
import { pause } from '../processes/wait.js';
import { type Mode, NODE_ARGS, type Stage } from './mode.js';
import { FEW_KEYS } from './workload.js';

const GRACE_MS = 3000;
const HINT_WINDOW_MS = 1000;
const CLOCK_DRIFT_MS = 100;
/** So few that a node which starts over is done soon. */
const PARTITIONS = 64;
/** One of so many absences is to be around or above the grace. */
const LONG_ONE_IN = 3;
const AWAY_MS_MIN = 100;
const AWAY_MS_SHORT = 1500;
const AWAY_MS_MAX = 5000;
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

async function killOneAfterTheOther({
  fleet,
  prng,
  nowMs,
  untilMs,
  healed,
  print,
}: Stage): Promise<ReadonlyMap<string, number>> {
  let count = 0;
  for (; nowMs() < untilMs; count++) {
    const target = prng.pick(fleet.targets);
    const isLong = prng.below(LONG_ONE_IN) === 0 && nowMs() + AWAY_MS_MAX < untilMs;
    const ms = isLong ? prng.between(AWAY_MS_SHORT + 1, AWAY_MS_MAX) : prng.between(AWAY_MS_MIN, AWAY_MS_SHORT);
    if (isLong) await healed();
    else await pause(prng.below(BETWEEN_MS_MAX));
    const isClean = prng.chance(0.25);
    const grace = isLong ? `: the grace is ${GRACE_MS} ms` : '';
    print(`${target.port}: ${isClean ? 'clean stop' : 'kill -9'} for ${ms} ms${grace}`);
    target.suffering = 'away';
    const goneMs = nowMs();
    if (isClean) await target.stop();
    else await target.kill();
    await pause(ms);
    target.launch();
    await target.ready(fleet.targets.length - 1);
    if (isLong || nowMs() - goneMs > GRACE_MS / 2) await healed();
    target.suffering = undefined;
  }
  return new Map([['absences', count]]);
}
