import type { TestCluster } from '../processes.js';

/** Rounds that pass before the node is killed, and before it is started again. */
const KILL_AFTER = 50;
const REVIVE_AFTER = 150;
const ROUNDS = 300;
const LANES = 10;

/**
 * Runs `round` 300 times, ten at a time, with the numbers from 0. One node of the cluster is killed on the way and started again. The first
 * round that rejects ends it all.
 */
export async function throughAKill(
  cluster: TestCluster,
  victim: number,
  round: (index: number) => Promise<void>,
): Promise<void> {
  let done = 0;
  let killed: Promise<void> | undefined;
  let revived: Promise<void> | undefined;
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < ROUNDS; index += LANES) {
      await round(index);
      done += 1;
      if (done >= KILL_AFTER) killed ??= cluster.node(victim).kill();
      if (done >= REVIVE_AFTER) revived ??= Promise.resolve(killed).then(() => cluster.revive(victim));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
  await revived;
}
