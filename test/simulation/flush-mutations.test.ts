/** What the simulator checks of flushes must be able to fail: each rule that is left out is found out. */
import test from 'ava';
import { Watermarks } from '../../cluster/replica/watermarks.js';
import { BUSY_MS } from './busy.js';
import { type Broken, findViolation } from './find-violation.js';
import { simulate } from './simulation.js';

const FLUSHES: Broken = {
  faults: ['flush', 'kill', 'isolate'],
  nodes: 4,
  durability: 'log',
  workload: { keys: 4, readPercent: 5 },
};

test.serial('flushes beside nodes that are down or cut off do what they promise', async (t) => {
  t.timeout(BUSY_MS);
  for (let seed = 7_000; seed < 7_004; seed++) {
    const { violations } = await simulate({ seed, durationMs: 5_000, isElastic: false, ...FLUSHES });
    t.deepEqual(violations, []);
  }
});

test.serial('nodes that are not asked about databases when a link stands are found out', async (t) => {
  t.timeout(BUSY_MS);
  const tampering: Broken['tampering'] = {
    node(_machine, { databases }) {
      databases.greet = () => undefined;
    },
  };
  t.truthy(await findViolation(t, { ...FLUSHES, tampering }, /^(no agreement about databases|no convergence)/));
});

test.serial('a replica that takes what was flushed from others is found out', async (t) => {
  t.timeout(BUSY_MS);
  const { isFlushed, survivorsOf } = Watermarks.prototype;
  let isMerging = false;
  Watermarks.prototype.isFlushed = function (db, object) {
    return !isMerging && isFlushed.call(this, db, object);
  };
  Watermarks.prototype.survivorsOf = function (db, object) {
    return isMerging ? object : survivorsOf.call(this, db, object);
  };
  const tampering: Broken['tampering'] = {
    node(_machine, { replica }) {
      const merge = replica.merge.bind(replica);
      replica.merge = (...write) => {
        isMerging = true;
        const answer = merge(...write);
        isMerging = false;
        return answer;
      };
    },
  };
  try {
    // Who was cut off is brought what is older than a flush, and of many keys some are not written again afterwards.
    const workload = { keys: 60, readPercent: 5 };
    const often: Broken = { ...FLUSHES, faults: ['flush', 'isolate'], workload, tampering };
    t.truthy(await findViolation(t, often, /^(outlived a flush|no convergence)/));
  } finally {
    Object.assign(Watermarks.prototype, { isFlushed, survivorsOf });
  }
});

test.serial('a watermark that is lower than what was acknowledged before is found out', async (t) => {
  t.timeout(BUSY_MS);
  const tampering: Broken['tampering'] = {
    node(_machine, { replica }) {
      const flushUpTo = replica.flushUpTo.bind(replica);
      replica.flushUpTo = (db, counter) => flushUpTo(db, counter - 10_000_000);
    },
  };
  t.truthy(await findViolation(t, { ...FLUSHES, tampering }, /^outlived a flush/));
});

test.serial('a node that goes on minting below what was flushed is found out', async (t) => {
  t.timeout(BUSY_MS);
  const tampering: Broken['tampering'] = {
    node(_machine, { databases, replica }) {
      // Heard of by the replica alone: the clock of the node does not know.
      const { flush } = databases;
      databases.flush = async (dbs) => {
        const upTo = await flush.call(databases, dbs);
        if (typeof upTo === 'number') for (const db of dbs) replica.flushUpTo(db, upTo + 5_000_000);
        return upTo;
      };
    },
  };
  t.truthy(await findViolation(t, { ...FLUSHES, tampering }, /^(lost write|stale read|no convergence)/));
});
