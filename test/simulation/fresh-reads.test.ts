/**
 * Nodes come and go and nothing else happens, so that a get must find every write that was acknowledged before it began,
 * whoever is asked (R + W > N). Clients read back what they have written, at once and elsewhere, while replicas hear of it far
 * apart.
 */
import test from 'ava';
import type { Placement } from '../../cluster/coordinator/placement.js';
import { BUSY_MS } from './busy.js';
import { USUAL } from './draw.js';
import { type Broken, findViolation } from './find-violation.js';
import { simulate } from './simulation.js';

const FIRST_SEED = 7_000;
const SEEDS = 4;

const ORDERLY: Broken = {
  isElastic: true,
  uneven: true,
  nodes: 4,
  durability: 'fsync',
  times: USUAL,
  pace: 0.25,
  faults: ['join', 'leave'],
  workload: { keys: 4, readPercent: 50 },
  readsRepair: false,
  durationMs: 24_000,
};

/** A put is over when one node has it, the coordinator, and those that are to have it besides. */
const ONE_WRITTEN: Broken = { ...ORDERLY, keyspaces: (rows) => rows.map((row) => ({ ...row, r: row.n, w: 1 })) };

for (const [name, orderly] of Object.entries({ ORDERLY, ONE_WRITTEN })) {
  test.serial(`reads are fresh while partitions move: ${name}`, async (t) => {
    t.timeout(BUSY_MS);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const { violations } = await simulate({ seed, durationMs: 24_000, ...orderly });
      t.deepEqual(violations, []);
    }
  });
}

/** As if the partition did not move: nobody is written to but the primaries. */
function withoutBeside({ targets, written, n, ...rest }: Placement): Placement {
  const left = targets.filter((_, place) => place < n || place >= written);
  const ownPlace = left.findIndex(({ peer }) => peer === undefined);
  return { ...rest, targets: left, n, receivers: 0, retiring: 0, written: n, ownPlace, isOwn: rest.isPrimary };
}

test.serial(
  'puts that go to those alone that a coordinator takes for the primaries are found to be missed by reads',
  async (t) => {
    t.timeout(BUSY_MS);
    const broken: Broken = {
      ...ONE_WRITTEN,
      tampering: {
        node(_machine, { routes }) {
          const placement = routes.placement.bind(routes);
          routes.placement = (partition, n) => withoutBeside(placement(partition, n));
        },
      },
    };
    t.truthy(await findViolation(t, broken, /^stale read/));
  },
);
