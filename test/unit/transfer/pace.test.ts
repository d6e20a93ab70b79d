/** A transfer takes the share of its receiver that the foreground leaves it. */
import test from 'ava';
import { ForegroundGovernor } from '../../../cluster/background/foreground-governor.js';
import { AT_REST } from '../../../cluster/background/strain.js';
import { MERGE_ROWS } from '../../../cluster/transfer/limits.js';
import { TransferCluster } from './transfer-cluster.js';
import type { TransferMachine } from './transfer-machine.js';

const TARGET_MS = 20;
const RATE_MIN = 50;
const RATE_MAX = 1_000;
const KEYS = 8_000;
const REQUEST_TIMEOUT_MS = 1_000;
const SECONDS = 8;
/** How long the pace may take to follow what the foreground is like. */
const FOLLOW_SECONDS = 20;
const GETS_A_STEP = 10;
const STEP_MS = 50;

test.serial(
  'a transfer slows down while the tail of gets is over the target, and hurries when all is quiet',
  async (t) => {
    let record: (us: number) => void = () => undefined;
    const cluster = await TransferCluster.open({
      partitionCount: 2,
      governor: (world) => {
        const pace = { targetMs: TARGET_MS, rateMin: RATE_MIN, rateMax: RATE_MAX };
        const peers = { askAll: () => undefined, worst: () => AT_REST };
        const governor = new ForegroundGovernor(world, pace, REQUEST_TIMEOUT_MS, peers, () => 0);
        const gets = governor.watching({ record: () => undefined });
        // The last that starts is the one that receives.
        record = (us) => gets.record(us);
        return governor;
      },
    });
    await cluster.fill(KEYS, 'x');
    const joined = await cluster.join('n3');
    /** Keys a second that come while each get takes so long; undefined: there are none. */
    const rateOf = async (machine: TransferMachine, seconds: number, getMs: number | undefined): Promise<number> => {
      const before = machine.counters.transfer_keys_received;
      for (let ms = 0; ms < seconds * 1_000; ms += STEP_MS) {
        for (let i = 0; i < GETS_A_STEP && getMs !== undefined; i++) record(getMs * 1_000);
        await cluster.advance(STEP_MS);
      }
      return (machine.counters.transfer_keys_received - before) / seconds;
    };
    await rateOf(joined, FOLLOW_SECONDS, 2 * TARGET_MS);
    const strained = await rateOf(joined, SECONDS, 2 * TARGET_MS);
    const left = joined.transfer.figures().receiving;
    t.true(left > 0, 'it is not over');
    const quiet = await rateOf(joined, SECONDS, undefined);
    t.log(`${strained} keys a second, then ${quiet}`);
    t.true(strained > 0 && strained <= RATE_MIN + 2 * (512 / SECONDS));
    t.true(quiet > 3 * strained);
    t.true(quiet <= RATE_MAX + MERGE_ROWS);
  },
);
