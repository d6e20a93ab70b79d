/**
 * As `mutations.test.ts`, for what can only be broken in the class itself: one at a time, in a process of its own, so that
 * no other run meets the broken class.
 */
import test from 'ava';
import { MerkleForest } from '../../cluster/anti-entropy/merkle-forest.js';
import { LocalReaping } from '../../cluster/reaping/local-reaping.js';
import { BUSY_MS } from './busy.js';
import { FORGETFUL } from './draw.js';
import { findViolation } from './find-violation.js';

test.serial('a tree that is not updated is found out', async (t) => {
  t.timeout(BUSY_MS);
  const { changed } = MerkleForest.prototype;
  let changes = 0;
  MerkleForest.prototype.changed = function (key, before, after) {
    if (++changes % 5 > 0) changed.call(this, key, before, after);
  };
  t.teardown(() => {
    MerkleForest.prototype.changed = changed;
  });
  t.truthy(await findViolation(t, { faults: ['isolate'], readsRepair: false }, /^stale tree|^no convergence/));
});

test.serial(
  'a reaper that does not mind what the other primaries hold is found to bring deleted values back',
  async (t) => {
    t.timeout(BUSY_MS);
    const { hold, drop } = LocalReaping.prototype;
    LocalReaping.prototype.hold = (_partition, candidates) => Promise.resolve(candidates.map(() => true));
    LocalReaping.prototype.drop = async function (partition, candidates) {
      await drop.call(this, partition, candidates);
      return candidates.map(() => true);
    };
    t.teardown(() => Object.assign(LocalReaping.prototype, { hold, drop }));
    const broken = {
      times: FORGETFUL,
      nodes: 3,
      durability: 'fsync',
      faults: ['isolate', 'stall', 'partition'],
      workload: { keys: 60, readPercent: 5 },
      exchangePeriodMs: 10_000,
      readsRepair: false,
    } as const;
    t.truthy(await findViolation(t, broken, /^resurrection/));
  },
);
