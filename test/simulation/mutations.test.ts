/**
 * Each check must be able to fail. These runs break the nodes of the simulated world in one way each, and the check that
 * is there for it must find it within a few seeds. The same seeds pass where nothing is broken.
 */
import test from 'ava';
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import type { Store } from '../../cluster/ports/store.js';
import { STORED } from '../../cluster/replica/replica.js';
import { STORAGE_KIND } from '../../cluster/storage/layout.js';
import { decodeObject, encodeObject } from '../../cluster/version/codec.js';
import type { VersionedObject } from '../../cluster/version/object.js';
import { VERSION_OF_COUNTERS } from '../../cluster/wire/versions.js';
import { BUSY_MS } from './busy.js';
import { type Broken, findViolation } from './find-violation.js';
import type { Machine, Tampering } from './machine.js';
import { Prng } from './prng.js';
import { type SimulationOptions, simulate } from './simulation.js';

const FIRST_SEED = 7_000;
const DURATION_MS = 5_000;

const DATA_KINDS: readonly number[] = [STORAGE_KIND.data, STORAGE_KIND.journal];

/** Writes that are lost with a buffer show where nobody touches their key before it is written again elsewhere. */
const QUIET_KEYS_AND_KILLS: Broken = {
  durability: 'buffer',
  faults: ['kill'],
  workload: { keys: 60, readPercent: 5 },
  nodes: 3,
  durationMs: 20_000,
};

function finds(title: string, broken: Broken, expected: RegExp): void {
  test.serial(title, async (t) => {
    t.timeout(BUSY_MS);
    t.truthy(await findViolation(t, broken, expected));
  });
}

/** What other nodes send to a replica is changed on the way in. */
function merging(change: (object: VersionedObject) => VersionedObject): Tampering {
  return {
    node(_machine, { replica }) {
      const merge = replica.merge.bind(replica);
      replica.merge = (partition, db, key, object, durability, waiter) =>
        merge(partition, db, key, encodeObject(change(decodeObject(object))), durability, waiter);
    },
  };
}

function quorums(change: Partial<KeyspaceRow>): SimulationOptions['keyspaces'] {
  return (rows) => rows.map((row) => ({ ...row, ...change }));
}

finds(
  'a store that acknowledges without writing is found to lose writes',
  {
    ...QUIET_KEYS_AND_KILLS,
    durability: 'log',
    // All three nodes must lose the same key.
    firstSeed: 7_007,
    tampering: {
      store(_machine, store) {
        const write: Store['write'] = store.write.bind(store);
        store.write = (writes, sync, done) => {
          write(
            writes.filter(({ key }) => !DATA_KINDS.includes(key.readUInt8(0))),
            sync,
            done,
          );
        };
        return store;
      },
    },
  },
  /^lost write/,
);

finds(
  'a merge that keeps only the newest sibling is found to lose writes',
  { tampering: merging(({ clock, siblings }) => ({ clock, siblings: siblings.slice(0, 1) })) },
  /^lost write/,
);

finds(
  'a merge that forgets what was superseded is found out by replicas that stay apart, or by deleted values that come back',
  {
    tampering: merging(({ clock, siblings }) => ({
      clock: new Map([...clock].filter(([actor]) => siblings.some(({ dot }) => dot.actor === actor))),
      siblings,
    })),
  },
  /^(resurrection|no convergence)/,
);

finds(
  'an actor that is used again after its memory was lost is found to lose writes',
  {
    ...QUIET_KEYS_AND_KILLS,
    tampering: {
      world: (machine, world) => ({
        ...world,
        random: { ...world.random, bytes: (count) => (count === 6 ? lifeOf(machine) : world.random.bytes(count)) },
      }),
    },
  },
  /^lost write/,
);

finds(
  'an actor that is used again after its disk was emptied is found to lose writes',
  {
    durability: 'fsync',
    faults: ['empty'],
    workload: { keys: 60, readPercent: 5 },
    nodes: 3,
    durationMs: 20_000,
    tampering: {
      world: (machine, world) => ({
        ...world,
        random: { ...world.random, bytes: (count) => (count === 6 ? lifeOf(machine) : world.random.bytes(count)) },
      }),
    },
  },
  /^lost write/,
);

const HINTS_ALONE: Broken = {
  isElastic: false,
  nodes: 3,
  faults: ['stop'],
  exchangePeriodMs: 0,
  readsRepair: false,
  gentle: true,
};

test.serial('hints alone bring restarted nodes what they have missed', async (t) => {
  t.timeout(BUSY_MS);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 5; seed++) {
    const { violations } = await simulate({ seed, durationMs: DURATION_MS, ...HINTS_ALONE });
    t.deepEqual(violations, []);
  }
});

finds(
  'hints that are forgotten are found out by replicas that stay apart',
  {
    ...HINTS_ALONE,
    tampering: {
      node(_machine, { hints }) {
        hints.keep = () => STORED;
      },
    },
  },
  /^no convergence/,
);

finds(
  'a coordinator that waits for one acknowledgement too few is found to lose writes',
  { ...QUIET_KEYS_AND_KILLS, keyspaces: quorums({ w: 1 }) },
  /^lost write/,
);

finds(
  'a coordinator that waits for one acknowledgement too few is found to serve stale reads',
  { durability: 'fsync', keyspaces: quorums({ w: 1, r: 2 }) },
  /^stale read/,
);

finds(
  'a coordinator that asks one replica too few is found to serve stale reads',
  { firstSeed: 7_012, durability: 'fsync', keyspaces: quorums({ w: 2, r: 1 }) },
  /^stale read/,
);

finds(
  'a replica that acknowledges without storing is found to diverge',
  {
    tampering: {
      node(machine, { replica }) {
        if (machine.host === 'n2') replica.merge = () => STORED;
      },
    },
  },
  /^no convergence/,
);

finds(
  'a replica that changes a value is found out',
  {
    tampering: merging(({ clock, siblings }) => ({
      clock,
      siblings: siblings.map((sibling) => ({ ...sibling, value: Buffer.from(sibling.value.toString().toUpperCase()) })),
    })),
  },
  /^invention/,
);

finds(
  'a replica that forgets to answer is found out',
  {
    tampering: {
      node(_machine, { replica }) {
        let stores = 0;
        const store = replica.store.bind(replica);
        replica.store = (partition, db, key, record, durability, waiter) => {
          const heard = ++stores % 10 === 0 ? { stored: () => undefined } : waiter;
          return store(partition, db, key, record, durability, heard);
        };
      },
    },
    durability: 'fsync-one',
  },
  /^no answer/,
);

test.serial('the same seeds pass where nothing is broken', async (t) => {
  t.timeout(BUSY_MS);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 10; seed++) {
    const { violations } = await simulate({ seed, durationMs: DURATION_MS, isElastic: false });
    t.deepEqual(violations, []);
  }
});

/** The life that a machine gets each time: what decision 4 forbids. */
function lifeOf({ host }: Machine): Buffer {
  return new Prng(Number(host.slice(1))).bytes(6);
}

finds(
  'increments that are written as plain values are found not to add up',
  {
    nodes: 5,
    durationMs: 20_000,
    faults: ['partition', 'isolate'],
    workload: { keys: 2, readPercent: 5 },
    tampering: {
      node(_machine, node) {
        node.peers.onAdded((peer) => {
          peer.version = () => VERSION_OF_COUNTERS - 1;
        });
      },
    },
  },
  /^wrong sum/,
);
