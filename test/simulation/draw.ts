/** What a run is made of, drawn from its seed: keyspaces with their quorums, keys, and the nature of the cluster. */
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import type { ClusterOptions, Times } from './cluster.js';
import type { Prng } from './prng.js';

type Quorum = readonly [n: number, r: number, w: number];

const NODE_COUNTS = [3, 3, 3, 4, 5, 6];
const QUORUMS: readonly Quorum[] = [
  [3, 2, 2],
  [3, 2, 2],
  [3, 2, 2],
  [3, 3, 2],
  [3, 2, 3],
  [3, 3, 1],
];
const OTHER_QUORUMS: readonly Quorum[] = [
  [1, 1, 1],
  [2, 2, 1],
  [4, 2, 3],
  [5, 3, 3],
];
const SIBLINGS_PREFIX = 'cart:';
const OTHER_PREFIX = 'other:';

export const USUAL: Times = {
  tombstoneGraceMs: 86_400_000,
  hintWindowMs: 10_800_000,
  clockDriftMaxMs: 60_000,
  skewMsMax: 20_000,
};
/** Reaped is what is older than the grace and twice the drift. */
export const FORGETFUL: Times = {
  tombstoneGraceMs: 4_000,
  hintWindowMs: 2_000,
  clockDriftMaxMs: 1_000,
  skewMsMax: 400,
};
/** A world in which nothing is slow of itself, and no clock is cut: replicas differ only by what faults did. */
export const GENTLE = {
  temper: { delayUs: 500, jitterUs: 0, grainUs: 1, slowChance: 0, refuseChance: 0, cutChance: 0 },
  diskMs: () => 1,
  diskMsMax: 1,
  requestTimeoutMs: 1_000,
  clockEntriesMax: 100,
} as const;
/** The same, but that replicas hear of a put far apart: what rests on the first of them alone shows. */
export const UNEVEN = {
  ...GENTLE,
  temper: { ...GENTLE.temper, jitterUs: 20_000 },
  requestTimeoutMs: 5_000,
  // A receiver begins to serve a sixth of this after it has heard of the change: by then all have.
  retireAfterMs: 12_000,
} as const;
/** Where things are forgotten that soon, a run is as long as it takes. */
const FORGETFUL_PACE = 4;

export function drawNodeCount(random: Prng): number {
  return random.pick(NODE_COUNTS);
}

/**
 * How many times longer than usual all takes in a run: then faults last till they are noticed, and what follows from that
 * has time to happen.
 */
export function drawPace(random: Prng, times: Times): number {
  return times === FORGETFUL ? FORGETFUL_PACE : random.pick([1, 1, 1, 4]);
}

/** Whether nodes may come and go. */
export function drawElastic(random: Prng): boolean {
  return random.chance(0.5);
}

/** As it is in life, where no run lasts long enough for anything to be forgotten; or so short that much is. */
export function drawTimes(random: Prng): Times {
  return random.chance(0.25) ? FORGETFUL : USUAL;
}

/** The default keyspace, one that keeps siblings, and now and then one with another number of replicas. */
export function drawKeyspaces(
  random: Prng,
  nodes: number,
  durability: KeyspaceRow['durability'] | undefined,
): KeyspaceRow[] {
  const drawn = random.pick(['buffer', 'log', 'log', 'fsync-one', 'fsync'] as const);
  const common = { durability: durability ?? drawn, sloppy: random.chance(0.7) };
  const quorum = quorumOf(random.pick(QUORUMS), nodes);
  const rows: KeyspaceRow[] = [
    { prefix: '', reconcile: 'newest', ...quorum, ...common },
    { prefix: SIBLINGS_PREFIX, reconcile: 'siblings', ...quorum, ...common },
  ];
  if (random.chance(0.3)) {
    const reconcile = random.pick(['newest', 'siblings'] as const);
    rows.push({ prefix: OTHER_PREFIX, reconcile, ...quorumOf(random.pick(OTHER_QUORUMS), nodes), ...common });
  }
  return rows;
}

/** `count` keys, of all keyspaces in turn. */
export function keysOf(rows: readonly KeyspaceRow[], count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${rows[i % rows.length]?.prefix ?? ''}${i}`);
}

function quorumOf([n, r, w]: Quorum, nodes: number): Pick<KeyspaceRow, 'n' | 'r' | 'w'> {
  return { n: Math.min(n, nodes), r: Math.min(r, nodes), w: Math.min(w, nodes) };
}

export function drawCluster(
  random: Prng,
  nodes: number,
  keyspaces: readonly KeyspaceRow[],
  times: Times,
  isElastic: boolean,
): ClusterOptions {
  const diskMsUsual = random.pick([0, 1, 20]);
  const grainUs = random.pick([1, 100, 1_000]);
  return {
    nodes,
    times,
    isElastic,
    partitionCount: isElastic ? 16 : 8,
    keyspaces,
    temper: {
      delayUs: random.pick([50, 500, 5_000]),
      jitterUs: random.pick([0, 500, 20_000]),
      grainUs,
      slowChance: random.pick([0, 0.01, 0.1]),
      refuseChance: random.pick([0, 0.05]),
      cutChance: random.pick([0, 0.1, 0.5]),
    },
    diskMs: (disk) => (disk.chance(0.01) ? disk.below(diskMsUsual * 10 + 1) : disk.below(diskMsUsual + 1)),
    diskMsMax: diskMsUsual * 10,
    exchangePeriodMs: random.pick([500, 2_000]),
    requestTimeoutMs: random.pick([250, 1_000]),
    clockEntriesMax: random.pick([3, 10]),
    memoryBytesMax: random.pick([2 ** 20, 2 ** 26]),
    flushPeriodMs: random.pick([100, 1_000]),
    retireAfterMs: 2_000,
  };
}
