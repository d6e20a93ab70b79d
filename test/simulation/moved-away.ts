/**
 * Nodes write to keys, lose them to a node that joins, and write to them again: as fallbacks, while none of the primaries can be
 * reached, or as primaries, once the partition has come back. Between the two they have held nothing of the key. A fallback
 * writes on top of nothing, so a dot of its old actor would claim to have seen the first write, and merges would drop that
 * (riak_kv#679). A primary has the first write back before it is one.
 */
import type { Machine, Tampering } from './machine.js';
import { Staged } from './staged.js';

const NODES = 5;
const KEYS = 32;

/** A machine that was a primary of the key and is none any more. */
interface Displaced {
  readonly key: string;
  readonly machine: Machine;
}

export interface MovedAway {
  /** Puts of nodes that had held the key and had lost it. */
  readonly again: number;
  /** What was acknowledged and is nowhere. */
  readonly lost: readonly string[];
}

/** A node that a key was moved away from stands in for its primaries, all of which it can't reach. */
export async function putAsFallback(tampering: Tampering): Promise<MovedAway> {
  const staged = await Staged.begin({ nodes: NODES, keys: KEYS, sloppy: true, tampering });
  const displaced = (await moveAway(staged)).filter((each) => isFirstFallback(staged, each));
  for (const { key, machine } of displaced) {
    const primaries = primariesOf(staged, key);
    const others = staged.cluster.machines.filter((each) => !primaries.includes(each));
    await staged.cut(others, primaries);
    await staged.put(machine, key);
    await staged.heal();
  }
  await staged.settle();
  return { again: displaced.length, lost: staged.lost() };
}

/** The node that joined leaves again, and each node that gets a key back coordinates a put of it as soon as it is a primary. */
export async function putAsPrimary(tampering: Tampering): Promise<MovedAway> {
  const staged = await Staged.begin({ nodes: NODES, keys: KEYS, sloppy: true, tampering });
  const displaced = await moveAway(staged);
  const joiner = staged.cluster.machines.at(-1);
  if (joiner === undefined) throw new Error('nobody has joined');
  staged.leave(joiner);
  const left = new Set(displaced);
  while (left.size > 0) {
    await staged.until('a partition to come back', () => [...left].some((each) => isPrimary(staged, each)));
    for (const each of [...left].filter((one) => isPrimary(staged, one))) {
      left.delete(each);
      await staged.put(each.machine, each.key);
    }
  }
  await staged.until(`${joiner.host} to go`, () => joiner.standing === 'out');
  await staged.settle();
  return { again: displaced.length, lost: staged.lost() };
}

/** Every primary writes to every key; then another node joins, and takes partitions with all their rows. */
async function moveAway(staged: Staged): Promise<Displaced[]> {
  const before = new Map(staged.keys.map((key) => [key, primariesOf(staged, key)]));
  for (const [key, primaries] of before) for (const machine of primaries) await staged.put(machine, key);
  await staged.join();
  await staged.settle();
  return [...before].flatMap(([key, primaries]) => {
    const now = primariesOf(staged, key);
    return primaries.filter((machine) => !now.includes(machine)).map((machine) => ({ key, machine }));
  });
}

function primariesOf(staged: Staged, key: string): readonly Machine[] {
  return staged.cluster.primariesOf(key, staged.row.n);
}

/** Whether the others ask it first of all where no primary can be reached. */
function isFirstFallback(staged: Staged, { key, machine }: Displaced): boolean {
  const placement = machine.node?.routes.placement(staged.cluster.partitionOf(key), staged.row.n);
  return placement?.targets[placement.n]?.id === machine.id;
}

function isPrimary(staged: Staged, { key, machine }: Displaced): boolean {
  return machine.node?.routes.placement(staged.cluster.partitionOf(key), staged.row.n).isPrimary === true;
}
