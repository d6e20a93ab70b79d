/**
 * As `mutations.test.ts`, where nodes come and go: each way to lose a partition that moves must be found out within a few
 * seeds.
 */
import test from 'ava';
import { type ElasticMembership, isElastic } from '../../cluster/membership/membership.js';
import type { ClusterNode } from '../../cluster/node.js';
import type { WriteWaiter } from '../../cluster/replica/replica.js';
import type { Partition } from '../../cluster/ring/slots.js';
import { versionFingerprint } from '../../cluster/version/encoded.js';
import { BUSY_MS } from './busy.js';
import { type Broken, findViolation } from './find-violation.js';
import type { Tampering } from './machine.js';
import { putAsFallback, putAsPrimary } from './moved-away.js';
import { simulate } from './simulation.js';

const FIRST_SEED = 7_000;
const NOBODY: WriteWaiter = { stored: () => undefined };

const MOVES: Broken = {
  isElastic: true,
  nodes: 4,
  durability: 'fsync',
  gentle: true,
  pace: 1,
  faults: ['join', 'leave'],
  workload: { keys: 60, readPercent: 5 },
  durationMs: 6_000,
};

/** Nobody is left to hand over what a receiver lacks, and nothing mends it later. */
const LOSSES: Broken = { ...MOVES, faults: ['forget', 'replace', 'join'], exchangePeriodMs: 0, readsRepair: false };

/** What of the places of this node is wanted of it and held by it; called after each change. */
function afterChanges(
  node: ClusterNode,
  act: (membership: ElasticMembership, partition: Partition, n: number, isWanted: boolean, holds: boolean) => void,
): void {
  const { membership } = node;
  if (!isElastic(membership)) return;
  const ns = new Set(node.keyspaces.rows().map(({ n }) => n));
  membership.onChange(() => {
    if (membership.state() !== 'member') return;
    const ring = membership.ring();
    for (let i = 0; i < ring.partitionCount; i++) {
      const partition = i as Partition;
      const list = ring.preferenceList(partition);
      for (const n of ns) {
        const isWanted = list.slice(0, n).includes(membership.self.id);
        act(membership, partition, n, isWanted, membership.holds(membership.self.id, partition, n));
      }
    }
  });
}

for (const [name, moves] of Object.entries({ MOVES, LOSSES })) {
  test.serial(`where nothing is broken the same seeds pass: ${name}`, async (t) => {
    t.timeout(BUSY_MS);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 3; seed++) {
      const { violations } = await simulate({ seed, durationMs: 5_000, ...moves });
      t.deepEqual(violations, []);
    }
  });
}

test.serial('a receiver that declares without having pulled is found out', async (t) => {
  t.timeout(BUSY_MS);
  const broken: Broken = {
    ...LOSSES,
    tampering: {
      node: (_machine, node) =>
        afterChanges(node, (membership, partition, n, isWanted, holds) => {
          if (isWanted && !holds) void membership.declare([{ partition, n, holds: true }]);
        }),
    },
  };
  t.truthy(await findViolation(t, broken, /^(no convergence|lost write)/));
});

test.serial(
  'a holder that is not wanted any more, and drops what it has without a look, is found to lose writes',
  async (t) => {
    t.timeout(BUSY_MS);
    const broken: Broken = {
      ...MOVES,
      tampering: {
        node: (_machine, node) =>
          afterChanges(node, (membership, partition, n, isWanted, holds) => {
            if (isWanted || !holds) return;
            void membership.declare([{ partition, n, holds: false }]);
            void node.replica.scans.scanPartition(partition, (rows) => {
              for (const { db, key, record } of rows)
                node.replica.drop(partition, db, key, versionFingerprint(record), NOBODY);
              return true;
            });
          }),
      },
    };
    t.truthy(await findViolation(t, broken, /^lost write/));
  },
);

test.serial('puts that are not sent to a receiver are found out', async (t) => {
  t.timeout(BUSY_MS);
  const broken: Broken = {
    ...LOSSES,
    tampering: {
      node(_machine, { routes }) {
        const placement = routes.placement.bind(routes);
        routes.placement = (partition, n) => {
          const placed = placement(partition, n);
          const targets = placed.targets.filter((_, place) => place < placed.n || place >= placed.n + placed.receivers);
          return { ...placed, targets, receivers: 0, written: placed.written - placed.receivers };
        };
      },
    },
  };
  t.truthy(await findViolation(t, broken, /^no convergence/));
});

/** A node mints all its dots under the actor of its first one: what left it does not begin another epoch. */
const ONE_ACTOR: Tampering = {
  node(_machine, { replica }) {
    const minting = replica.mintingActor.bind(replica);
    let first: Buffer | undefined;
    replica.mintingActor = (object) => {
      first ??= minting(object);
      return first;
    };
  },
};

test.serial(
  'a node stands in for the primaries of a key that was moved away from it, and nothing is lost',
  async (t) => {
    t.timeout(BUSY_MS);
    const { again, lost } = await putAsFallback({});
    t.true(again > 0);
    t.deepEqual(lost, []);
  },
);

test.serial('an actor that is used again for a key that was moved away is found to lose writes', async (t) => {
  t.timeout(BUSY_MS);
  const { again, lost } = await putAsFallback(ONE_ACTOR);
  t.is(lost.length, again);
});

test.serial(
  'a partition that has come back loses nothing by the old actor: its rows are there before it is written',
  async (t) => {
    t.timeout(BUSY_MS);
    for (const tampering of [{}, ONE_ACTOR]) {
      const { again, lost } = await putAsPrimary(tampering);
      t.true(again > 0);
      t.deepEqual(lost, []);
    }
  },
);
